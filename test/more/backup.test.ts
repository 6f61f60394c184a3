import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BACKUP_FOLDER, SPARE_BYTES } from '#gateway/backup/backups.ts'
import type { Restored } from '#gateway/backup/restore.ts'
import { openState } from '#gateway/state/database.ts'
import { requestBackup, restoreArchive, takeBackup } from '#test/support/backup.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const BACKUPS = 4
/** Of usage records that are there from the beginning, so that a backup has something to copy. */
const ROWS = 20_000
const PRICE = 1e-6
const climate = (n: number) => JSON.stringify({ temperature: 10 + n / 1e6, battery: 90 })
const numberIn = ({ content }: any): number => Math.round((content.temperature.value - 10) * 1e6)
const micro = (amount: string): number => Math.round(Number(amount) * 1e6)

/** Fills a state that no gateway holds with what a long life leaves in it. */
function age(data: string, rows: number, ballastBytes = 0): void {
  const database = openState(data), insert = database.prepare("INSERT INTO meta VALUES (?, 'of nobody, and of no book')")
  database.exec('BEGIN')
  for (let row = 0; row < rows; row++) insert.run(`of-a-long-life-${row}`)
  if (ballastBytes > 0) database.prepare("INSERT INTO meta VALUES ('ballast', ?)").run('x'.repeat(ballastBytes))
  database.exec('COMMIT')
  database.close()
}

/** What was certain before a backup was asked for. */
interface Taken {
  readonly archive: Buffer
  readonly acknowledged: ReadonlySet<number>
  readonly delivered: number
  readonly withdrawn: readonly string[]
  readonly given: readonly string[]
}

describe('A backup under load', () => {
  const data = temporaryFolder(), taken: Taken[] = []
  let gateway: GatewayProcess | undefined, operatorKey: string, owner: PartyKey, city: PartyKey, credentials: { username: string, password: string }
  let streamId: string, flippedId: string, closedId: string, lastSeen: any, lastNumber = 0
  const withdrawn: string[] = [], given: string[] = []
  after(() => gateway?.kill())

  it('is taken again and again, while devices publish, subscribers read, and consents and offers come and go', async function () {
    this.timeout(120_000)
    gateway = await GatewayProcess.start(data)
    operatorKey = gateway.ready.operatorKey!
    await gateway.kill('SIGTERM')
    age(data, ROWS)
    gateway = await GatewayProcess.start(data)
    const users = new Users({ ...gateway.ready, operatorKey });
    [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    const source = credentials = await users.pair(owner), device = await users.device(source)
    for (const name of ['k', 'flipped', 'closed']) await device.publishAsync(`zigbee2mqtt/${name}`, climate(0), { qos: 1 })
    const streams = await users.streamsOf<{ streamId: string, device: string }>(owner)
    const idOf = (name: string) => streams.find(({ device }) => device === name)!.streamId;
    [streamId, flippedId, closedId] = [idOf('k'), idOf('flipped'), idOf('closed')]
    await users.deal(owner, city, streamId, { price: '0.000001', budget: '1' })
    const closed = await users.deal(owner, city, closedId)
    for (let n = 1; n <= 5; n++) await device.publishAsync('zigbee2mqtt/closed', climate(n), { qos: 1 })
    await users.ok(owner.key, 'POST', `/v1/consents/${closed.consentId}/withdraw`)

    const acknowledged = new Set<number>(), watcher = users.subscribe(city, streamId)
    let isOver = false, sent = 0, longest = 0
    await watcher.opened
    const publish = async () => {
      while (!isOver) {
        for (let n = 0; n < 10; n++) { const number = ++sent; device.publish('zigbee2mqtt/k', climate(number), { qos: 1 }, error => { if (!error) acknowledged.add(number) }) }
        device.publish('zigbee2mqtt/flipped', climate(sent), { qos: 1 })
        await delay(4)
      }
    }
    const flip = async () => {
      while (!isOver) {
        const { consentId, offerId } = await users.deal(owner, city, flippedId)
        given.push(consentId)
        await users.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
        withdrawn.push(consentId)
        await users.ok(owner.key, 'POST', `/v1/offers/${offerId}/withdraw`)
      }
    }
    const probe = async () => {
      while (!isOver) {
        const asked = performance.now()
        await fetch(`${users.http}/livez`)
        longest = Math.max(longest, performance.now() - asked)
        await delay(2)
      }
    }
    const work = [publish(), flip(), probe()]
    await delay(500)
    const before = longest, times: number[] = []
    longest = 0
    for (let n = 0; n < BACKUPS; n++) {
      await delay(200 + Math.random() * 400)
      const certain = { acknowledged: new Set(acknowledged), delivered: watcher.got.length, withdrawn: [...withdrawn], given: [...given] }, begun = performance.now()
      taken.push({ archive: await takeBackup(users), ...certain })
      times.push(performance.now() - begun)
    }
    isOver = true
    await Promise.all(work)
    while (acknowledged.size < sent) await delay(5)
    while (numberIn(watcher.got.at(-1)) < sent) await delay(5)
    lastSeen = watcher.got.at(-1)
    lastNumber = sent
    watcher.close()
    await users.leave()
    assert.ok(taken[0]!.acknowledged.size > 100 && taken[0]!.delivered > 100 && taken[0]!.withdrawn.length > 0, 'there is no load')
    console.log(`      longest answer before ${before.toFixed(0)} ms, while ${BACKUPS} backups of ${times.map(time => time.toFixed(0)).join(', ')} ms were taken ${longest.toFixed(0)} ms; ${sent} messages`)
    assert.equal(await gateway.kill('SIGTERM'), 0)
    assert.ok(!existsSync(join(data, BACKUP_FOLDER)))
  })

  /** A gateway on what came out of a backup. */
  async function revive({ archive }: Taken, use: (users: Users, restored: Restored) => Promise<void>): Promise<void> {
    const restored = await restoreArchive(archive)
    gateway = await GatewayProcess.start(restored.data)
    const users = new Users({ ...gateway.ready, operatorKey })
    try { await use(users, restored) } finally {
      await users.leave()
      assert.equal(await gateway.kill('SIGTERM'), 0)
      rmSync(restored.data, { recursive: true })
    }
  }

  async function booksBalance(users: Users): Promise<{ messages: number, amount: number }> {
    const { agreements } = await users.ok(city.key, 'GET', '/v1/usage'), { balances, sum } = await users.ok(operatorKey, 'GET', '/v1/ledger')
    const usage = agreements.find((agreement: any) => agreement.streamId === streamId), balance = (account: string) => micro(balances.find((row: any) => row.account === account)?.amount ?? '0')
    assert.deepEqual(sum, { EUR: '0.000000' })
    assert.equal(balance(`owner:${owner.partyId}`) + balance('platform'), micro(usage.amount), 'usage and ledger differ')
    assert.equal(micro(usage.amount), Math.round(usage.messages * PRICE * 1e6))
    return { messages: usage.messages, amount: micro(usage.amount) }
  }

  for (let n = 0; n < BACKUPS; n++) {
    it(`has all that was certain when it began, and goes on from there (${n + 1})`, async () => {
      const { acknowledged, delivered, withdrawn: mustBeWithdrawn, given: mustBeKnown } = taken[n]!
      await revive(taken[n]!, async (users, restored) => {
        assert.deepEqual(restored.damaged, [])
        const atFirst = await booksBalance(users)
        assert.ok(atFirst.messages >= delivered, `${delivered} were delivered, ${atFirst.messages} are in the books`)

        const replay = users.subscribe(city, streamId, 'envelope=1&from=earliest'), last = Math.max(...acknowledged)
        await replay.opened
        while (!replay.got.some(message => numberIn(message) === last)) await delay(10)
        const device = await users.device(credentials), fresh = lastNumber + 1 + n
        await device.publishAsync('zigbee2mqtt/k', climate(fresh), { qos: 1 })
        while (numberIn(replay.got.at(-1)) !== fresh) await delay(10)
        const got = replay.got.map(numberIn), seen = new Set(got)
        assert.deepEqual([...acknowledged].filter(number => !seen.has(number)), [], 'acknowledged before the backup began, and not in it')
        assert.deepEqual(got.filter((number, index) => index > 0 && number <= got[index - 1]!), [], 'out of order, or twice')
        assert.equal((await booksBalance(users)).messages, got.length, 'a message was billed twice, or not at all')

        const [old, latest] = [replay.got.at(-2), replay.got.at(-1)]
        assert.ok(latest.timestamp > old.timestamp && latest.timestamp > lastSeen.timestamp && latest.msgChainId !== old.msgChainId, 'an id that was given before')
        const middle = replay.got[got.length >> 1], resumed = users.subscribe(city, streamId, `envelope=1&from=${middle.messageId}`)
        await resumed.count(got.length - (got.length >> 1) - 1)
        assert.deepEqual(resumed.got.map(numberIn), got.slice((got.length >> 1) + 1))
        const ahead = users.subscribe(city, streamId, `envelope=1&from=${lastSeen.messageId}`)
        await ahead.count(1)
        assert.deepEqual(ahead.got.map(numberIn), [fresh], 'who had read more than the backup knows goes on with what is new')
        assert.equal((await booksBalance(users)).messages, got.length)

        const consents: any[] = await users.ok(owner.key, 'GET', '/v1/consents'), stateOf = new Map(consents.map(({ consentId, state }) => [consentId, state]))
        assert.deepEqual(mustBeKnown.filter(id => !stateOf.has(id)), [])
        assert.deepEqual(mustBeWithdrawn.filter(id => stateOf.get(id) !== 'withdrawn'), [])
        const shut = users.subscribe(city, closedId, 'envelope=1&from=earliest')
        assert.deepEqual([await shut.opened, shut.refusal?.problem.code], [false, 'CONSENT_WITHDRAWN'])
        for (const watcher of [replay, resumed, ahead]) watcher.close()
      })
    })
  }
})

describe('A backup that is interrupted', () => {
  const data = temporaryFolder()
  let gateway: GatewayProcess | undefined, operatorKey: string
  before(async () => {
    gateway = await GatewayProcess.start(data)
    operatorKey = gateway.ready.operatorKey!
    await gateway.kill('SIGTERM')
    age(data, 0, 64 << 20) // far more than what fits into sockets
  })
  beforeEach(async () => { gateway = await GatewayProcess.start(data) })
  afterEach(() => gateway?.kill())
  const users = () => new Users({ ...gateway!.ready, operatorKey })

  it('by its reader is over, and another one can be taken', async () => {
    const reader = new AbortController(), response = await requestBackup(users(), reader.signal)
    assert.equal(response.status, 200)
    const second = await requestBackup(users())
    assert.deepEqual([second.status, (await second.json() as { code: string }).code], [409, 'CONFLICT'])
    reader.abort()
    while (existsSync(join(data, BACKUP_FOLDER))) await delay(10)
    assert.ok((await takeBackup(users())).length > 64 << 20)
  })

  it('by the end of the gateway does not keep it', async () => {
    const response = await requestBackup(users())
    assert.equal(await gateway!.kill('SIGTERM'), 0)
    await assert.rejects(response.arrayBuffer())
    gateway = await GatewayProcess.start(data)
    assert.ok(!existsSync(join(data, BACKUP_FOLDER)))
  })

  it('by kill -9 leaves what the next start removes', async () => {
    const response = await requestBackup(users())
    await gateway!.kill()
    await assert.rejects(response.arrayBuffer())
    assert.ok(readdirSync(join(data, BACKUP_FOLDER)).includes('state.db'))
    gateway = await GatewayProcess.start(data)
    assert.ok(!existsSync(join(data, BACKUP_FOLDER)))
    const { data: restored } = await restoreArchive(await takeBackup(users()))
    await gateway.kill('SIGTERM')
    gateway = await GatewayProcess.start(restored)
  })
})

describe('A backup on a full disk', () => {
  const disk = temporaryFolder()
  let gateway: GatewayProcess | undefined
  before(function () {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]).status !== 0) { console.log('      skipped: no disk of its own can be mounted here (needs root)'); this.skip() }
  })
  after(async () => {
    await gateway?.kill()
    spawnSync('umount', [disk])
  })

  it('is refused before it harms the gateway, which says how much room there has to be', async () => {
    gateway = await GatewayProcess.start(join(disk, 'data'))
    const users = new Users(gateway.ready), owner = await users.party('owner'), device = await users.device(await users.pair(owner)), filler = join(disk, 'filler')
    const { bavail, bsize } = statfsSync(disk)
    writeFileSync(filler, Buffer.alloc(bavail * bsize - SPARE_BYTES))
    const response = await requestBackup(users), { code, detail } = await response.json() as { code: string, detail: string }
    assert.deepEqual([response.status, code], [503, 'UNAVAILABLE'])
    assert.match(detail, /^A backup needs \d+ bytes of room in .*: make room\.$/)
    assert.ok(!existsSync(join(disk, 'data', BACKUP_FOLDER)))
    await device.publishAsync('zigbee2mqtt/k', climate(1), { qos: 1 })
    assert.equal((await fetch(`${users.http}/readyz`)).status, 200)
    rmSync(filler)
    await restoreArchive(await takeBackup(users))
    await users.leave()
  })
})
