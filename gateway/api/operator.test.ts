import assert from 'node:assert/strict'
import { LOG_LEVELS } from '#gateway/telemetry/log.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { call } from '#test/support/documented.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

/** At three in the morning. */
describe('An operator', () => {
  let gateway: GatewayProcess, users: Users, owner: PartyKey, neighbour: PartyKey, source: Paired
  let operator: { SLUICE_URL: string, SLUICE_KEY: string }
  before(async () => {
    gateway = await GatewayProcess.start(temporaryFolder())
    users = new Users(gateway.ready)
    operator = { SLUICE_URL: users.http, SLUICE_KEY: users.operatorKey }
    ;[owner, neighbour] = await Promise.all([users.party('owner'), users.party('owner')])
    source = await users.pair(owner, { location: [4.35, 50.85], timezone: 'Europe/Brussels' })
  })
  after(async () => {
    await users.leave()
    await gateway.kill()
  })
  const lines = () => gateway.stderr.trim().split('\n').map(line => JSON.parse(line))

  it('changes what is logged while the gateway runs, and the log says so', async () => {
    assert.deepEqual(await sluiceJson(['log', 'level'], operator), { level: 'info' })
    for (const level of [...LOG_LEVELS, 'info']) {
      assert.deepEqual(await sluiceJson(['log', 'level', level], operator), { level })
      assert.deepEqual((await call(users.http, users.operatorKey, 'getLogLevel')).body, { level })
    }
    const changes = lines().filter(({ msg }) => msg === 'Changed the log level')
    assert.deepEqual(changes.map(({ from, to }) => `${from}>${to}`), [
      'info>silent', 'silent>error', 'error>warn', 'warn>info', 'info>debug', 'debug>info',
    ])
    assert.ok(changes.every(({ party }) => party.startsWith('op_')), JSON.stringify(changes[0]))
  })

  it('is told which levels there are', async () => {
    const { code, err } = await sluice(['log', 'level', 'loud', '--json'], operator)
    assert.deepEqual([code, JSON.parse(err).error.code], [1, 'BAD_REQUEST'])
    assert.match(err, /silent.*error.*warn.*info.*debug/)
  })

  it('suspends and resumes a source of somebody else\'s, and the log says so', async () => {
    const device = await users.device(source), ended = new Promise<void>(done => { device.once('close', () => done()) })
    const suspended = await sluiceJson(['source', 'suspend', source.sourceId], operator)
    assert.deepEqual([suspended.state, suspended.owner], ['suspended', owner.partyId])
    await ended
    await assert.rejects(users.device(source), /Bad username or password/)
    assert.deepEqual((await call(users.http, owner.key, 'listSources')).body.map(({ state }: { state: string }) => state), ['suspended'])
    assert.equal((await sluiceJson(['source', 'resume', source.sourceId], operator)).state, 'active')
    assert.equal((await users.device(source)).connected, true)
    assert.deepEqual(lines().filter(({ sourceId }) => sourceId === source.sourceId).map(({ state, msg }) => [state, msg]), [
      ['suspended', 'An operator changed the state of a source'], ['active', 'An operator changed the state of a source'],
    ])
  })

  it('finds sources by their owner, and is not told where they are', async () => {
    const [listed] = (await call(users.http, users.operatorKey, 'listSources')).body
    assert.deepEqual([listed.sourceId, listed.owner, listed.name], [source.sourceId, owner.partyId, 'home'])
    assert.ok(!('location' in listed) && !('timezone' in listed))
    const [own] = (await call(users.http, owner.key, 'listSources')).body
    assert.deepEqual([own.owner, own.location], [undefined, [4.35, 50.85]])
    assert.deepEqual((await call(users.http, neighbour.key, 'listSources')).body, [])
  })

  it('asks in vain for a source that there is not, as an owner does for another\'s', async () => {
    for (const id of ['suspendSource', 'resumeSource']) {
      const unknown = await call(users.http, users.operatorKey, id, { values: { sourceId: 'src_x' } })
      const foreign = await call(users.http, neighbour.key, id, { values: { sourceId: source.sourceId } })
      assert.deepEqual([unknown.status, foreign.status, foreign.body], [404, 404, unknown.body])
    }
    assert.equal((await call(users.http, owner.key, 'listSources')).body[0].state, 'active')
  })
})
