// The transparency log of a gateway that worked, as its owner, its subscriber and a stranger check it: over the command line, and with no gateway.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { doctor, told } from '#test/support/doctor.ts'
import { digestOfIds } from '#test/support/independent-verifier.ts'
import { Running, type PartyKey } from '#test/support/running.ts'
import { openState } from '#gateway/state/database.ts'
import { leafOf } from '#gateway/transparency/entry.ts'
import { HEAD_FILE } from '#gateway/transparency/head-file.ts'
import { LogVerifier } from '#gateway/transparency/verifier.ts'
import { parseDocument } from '#gateway/transparency/documents.ts'
import { Frontier } from '#gateway/proof/frontier.ts'
import { headText, TRANSPARENCY_SCHEME } from '#gateway/proof/head.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const README = join(import.meta.dirname, '..', '..', 'gateway', 'transparency', 'README.md')
const hasPython = spawnSync('python3', ['-c', 'import cryptography']).status === 0

describe('The transparency log of a gateway', function () {
  this.timeout(60_000)
  const folder = temporaryFolder(), files: Record<'first' | 'head' | 'growth' | 'entry' | 'hidden' | 'log', string> = {} as never
  let running: Running, owner: PartyKey, city: PartyKey, keys: string, ids: string[], delivered: any, data: string
  const file = (name: string, text: string) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const print = async ({ key }: PartyKey, name: string, ...argv: string[]) => {
    const { code, out, err } = await sluice(['transparency', ...argv], { SLUICE_URL: running.http, SLUICE_KEY: key })
    assert.equal(code, 0, err)
    return file(name, out)
  }
  const opened = (path: string) => readFileSync(path, 'utf8').trim().split('\n').slice(1).map(line => JSON.parse(line)).filter(({ payload }) => payload !== undefined).map(({ index, kind, payload }) => ({ index, kind, ...JSON.parse(payload) }))
  const verify = (path: string) => sluiceJson(['verify', path, '--keys', keys])
  const codesOf = async (path: string) => {
    const { code, out } = await sluice(['verify', path, '--keys', keys, '--json'])
    assert.equal(code, 1)
    return JSON.parse(out).faults.map((fault: any) => fault.code)
  }

  before(async () => {
    running = await Running.start()
    data = running.data
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    const device = await running.device(await running.pair(owner)), send = (value: number) => device.publishAsync('zigbee2mqtt/k', `{"temperature":${value}.5}`, { qos: 1 })
    await send(0)
    const [{ streamId }] = await running.streamsOf(owner) as [{ streamId: string }]
    const { consentId, agreementId } = await running.deal(owner, city, streamId, { price: '0.001', budget: '1' })
    files.first = await print(owner, 'first.json', 'head')
    const watcher = running.subscribe(city, streamId)
    assert.ok(await watcher.opened)
    for (let value = 1; value <= 5; value++) await send(value)
    await watcher.count(5)
    ids = watcher.got.map(({ messageId }) => messageId)
    watcher.close()
    await running.ok(city.key, 'GET', '/v1/agreements') // which seals the books
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    await running.ok(city.key, 'POST', `/v1/agreements/${agreementId}/end`)
    keys = file('jwks.json', await (await fetch(`${running.http}/.well-known/jwks.json`)).text())
    files.head = await print(owner, 'head.json', 'head')
    files.log = await print(owner, 'log.jsonl', 'export')
    files.growth = await print(city, 'growth.json', 'growth', files.first)
    delivered = opened(files.log).find(({ kind }) => kind === 'delivery')
    files.entry = await print(city, 'entry.json', 'proof', String(delivered.index))
    files.hidden = await print({ partyId: '', key: running.operatorKey }, 'hidden.json', 'proof', '0')
    await running.stop()
  })

  it('tells what happened, in its order, to those whom it is about', () => {
    assert.deepEqual(opened(files.log).map(({ kind, type, state, reason }) => [kind, type ?? state ?? reason].filter(Boolean).join(' ')), [
      'consent given', 'agreement made', 'posting budget', 'delivery', 'usage', 'posting usage', 'consent withdrawn', 'agreement ended', 'posting rest',
    ])
    assert.ok(opened(files.log).every(({ owner: ownerId, reader }) => ownerId === owner.partyId && reader === city.partyId))
  })

  it('has a digest that whoever received the messages makes again from their ids', () => {
    const names = ids.map(id => id.slice(0, id.lastIndexOf('-')))
    assert.deepEqual([delivered.from, delivered.to, delivered.count, delivered.digest], [names[0], names.at(-1), 5, digestOfIds(ids)])
  })

  it('verifies with no gateway: heads, growth, an entry with what it hides and one without, and all of it', async () => {
    assert.deepEqual(readFileSync(files.log, 'utf8').split('\n').slice(1, 3).map(line => JSON.parse(line).kind), ['action', 'action'], 'an operator has added both parties: that is not told to them')
    for (const path of [files.first, files.head, files.growth, files.entry, files.hidden]) assert.deepEqual(await verify(path), { documents: 1, proven: 1, bad: 0, faults: [] })
    const { size, time } = JSON.parse(readFileSync(files.head, 'utf8'))
    assert.deepEqual(await verify(files.log), { lines: size + 1, proven: size + 1, bad: 0, faults: [], entries: size, opened: size - 2, size, time: new Date(time).toISOString() })
    const { out } = await sluice(['verify', files.log, '--keys', keys])
    assert.equal(out, `${size + 1} lines of a log, ${size + 1} proven\n`)
    assert.equal((await sluice(['verify', file('both.jsonl', readFileSync(files.head, 'utf8') + readFileSync(files.growth, 'utf8')), '--keys', keys])).code, 0)
  })

  it('is found to be changed when any byte of what was kept is another', async () => {
    const publicKeys = parsePublicKeys(readFileSync(keys, 'utf8')), whole = readFileSync(files.log)
    const isProven = (bytes: Buffer): boolean => { // as `verify` reads it, without the writing of a file for each byte
      const lines = bytes.toString().split('\n'), start = parseDocument(lines[0]!)
      if (lines.at(-1) === '') lines.pop()
      if (start?.kind !== 'log') return false
      const verifier = new LogVerifier(start.start, publicKeys)
      return verifier.headFault === undefined && lines.slice(1).every(line => verifier.add(line) === undefined) && verifier.end() === undefined
    }
    assert.ok(isProven(whole))
    for (let at = 0; at < whole.length; at++) {
      for (const bit of [1 << at % 7]) {
        whole[at]! ^= bit
        assert.ok(!isProven(whole), `byte ${at}: ${whole.subarray(Math.max(0, at - 40), at + 10).toString()}`)
        whole[at]! ^= bit
      }
    }
    for (const path of [files.head, files.growth, files.entry, files.log]) {
      const bytes = readFileSync(path), step = Math.ceil(bytes.length / 25)
      for (let at = 0; at < bytes.length; at += step) {
        bytes[at]! ^= 2
        assert.equal((await sluice(['verify', file('changed', bytes.toString()), '--keys', keys])).code, 1, `${path} byte ${at}`)
        bytes[at]! ^= 2
      }
    }
  })

  it('says what is wrong', async () => {
    const lines = readFileSync(files.log, 'utf8').trimEnd().split('\n'), log = (all: readonly string[]) => file('log', `${all.join('\n')}\n`), edit = (text: string, from: string | RegExp, to: string) => { assert.match(text, new RegExp(from)); return text.replace(from, to) }
    assert.deepEqual(await codesOf(log(lines.with(3, edit(lines[3]!, /given|made/, 'xxxx')))), ['PAYLOAD_CHANGED'])
    assert.deepEqual(await codesOf(log(lines.with(2, edit(lines[2]!, /"minute":\d/, '"minute":9')))), ['TREE_CHANGED'])
    assert.deepEqual(await codesOf(log(lines.slice(0, -1))), ['ENTRIES_MISSING'])
    assert.deepEqual(await codesOf(log(lines.toSpliced(2, 1))), Array(lines.length - 3).fill('ENTRY_MISSING'))
    assert.deepEqual(await codesOf(log([...lines, lines[1]!])), ['ENTRIES_LEFT'])
    assert.deepEqual(await codesOf(log([...lines, ''])), ['NO_ENTRY'])
    assert.deepEqual(await codesOf(log(lines.with(1, lines[1]!.replace('{"index":', '{ "index":')))), ['NO_ENTRY', ...Array(lines.length - 2).fill('ENTRY_MISSING')])
    assert.deepEqual(await codesOf(log(lines.with(0, edit(lines[0]!, /"entries":\d+/, '"entries":1')))), ['ENTRIES_MISSING'])
    const head = readFileSync(files.head, 'utf8'), entry = readFileSync(files.entry, 'utf8'), growth = readFileSync(files.growth, 'utf8')
    assert.deepEqual(await codesOf(file('x', edit(head, /"size":\d/, '"size":8'))), ['SIGNATURE_WRONG'])
    assert.deepEqual(await codesOf(file('x', edit(head, 'transparency/v1', 'messages/v1'))), ['UNKNOWN_SCHEME'])
    assert.deepEqual(await codesOf(file('x', edit(entry, /"index":\d+/, '"index":0'))), ['PATH_WRONG'])
    assert.deepEqual(await codesOf(file('x', edit(growth, /"path":"...../, '"path":"AAAAA'))), ['NOT_GROWN'])
    const stranger = await Running.start()
    try {
      const { code, out } = await sluice(['verify', files.head, '--url', stranger.http, '--json'])
      assert.deepEqual([code, JSON.parse(out).faults[0].code], [1, 'UNKNOWN_KEY'])
      const { code: cut, err } = await sluice(['transparency', 'growth', files.head], { SLUICE_URL: stranger.http, SLUICE_KEY: stranger.operatorKey })
      assert.deepEqual([cut, /was cut/.test(err)], [1, true])
    } finally {
      await stranger.stop()
    }
    for (const argv of [['growth', join(folder, 'none')], ['growth', keys], ['proof', 'x']]) assert.equal((await sluice(['transparency', ...argv], { SLUICE_KEY: 'k' })).code, 2, argv.join(' '))
  })

  it('verifies in another language as its README tells it, and does not when it was changed', function () {
    if (!hasPython) this.skip() // no python3 with the package cryptography
    const [, script] = /```python\n([\s\S]+?)```/.exec(readFileSync(README, 'utf8'))!
    // All of them in one process: to start it costs more than the rest.
    const driver = 'import sys\nfor path in sys.argv[2:]:\n  sys.stdin = open(path)\n  try: exec(sys.argv[1], {})\n  except Exception as error: print("refused")'
    const changed = [
      [files.head, /"size":\d+/, '"size":1'], [files.growth, /"path":"...../, '"path":"AAAAA'], [files.entry, /"index":\d+/, '"index":0'], [files.entry, /grant_/, 'grant-'], [files.log, /"minute":\d/, '"minute":9'],
    ] as const
    const others = changed.map(([path, from, to], n) => file(`changed-${n}`, readFileSync(path, 'utf8').replace(from, to))), whole = Object.values(files)
    const { stdout, stderr } = spawnSync('python3', ['-c', driver, script!, ...whole, ...others], { cwd: folder, encoding: 'utf8' })
    assert.deepEqual(stdout.trim().split('\n'), [...whole.map(() => 'proven'), ...others.map(() => 'refused')], stderr)
  })

  it('is after a restart what it was', async () => {
    const again = await Running.start({ data })
    try {
      const { out } = await sluice(['transparency', 'growth', files.head], { SLUICE_URL: again.http, SLUICE_KEY: owner.key })
      assert.deepEqual([JSON.parse(out).second, JSON.parse(out).path], [JSON.parse(readFileSync(files.head, 'utf8')), ''])
    } finally {
      await again.stop()
    }
  })

  it('is held against heads that somebody kept: what was cut off or rewritten since is found, whoever signed it', async () => {
    const whole = readFileSync(files.log, 'utf8').trimEnd().split('\n'), both = file('heads.jsonl', readFileSync(files.first, 'utf8') + readFileSync(files.head, 'utf8'))
    const againstHead = (path: string, ...argv: string[]) => sluice(['verify', path, '--keys', keys, '--json', '--head', ...argv])
    assert.equal((await againstHead(files.log, both)).code, 0)
    // The gateway itself, which has the key, signs a log that is shorter, and one in which an entry is another.
    const key = SigningKey.open(data), rootOf = (lines: readonly string[]) => { const tree = new Frontier(); for (const line of lines) tree.add(leafOf(JSON.parse(line))); return btoa(tree.root) }
    const signed = (entries: readonly string[]) => {
      const head = { scheme: TRANSPARENCY_SCHEME, kid: key.kid, time: 1, size: entries.length, root: rootOf(entries) }
      return file(`signed-${entries.length}.jsonl`, [JSON.stringify({ entries: entries.length, head: { ...head, signature: key.sign(headText(head)) } }), ...entries].join('\n') + '\n')
    }
    const codes = async (path: string, heads: string) => JSON.parse((await againstHead(path, heads)).out).faults.map((fault: any) => fault.code)
    const cut = signed(whole.slice(1, -1)), rewritten = signed(whole.slice(1).with(1, whole[2]!.replace(/"minute":\d/, '"minute":9')))
    assert.deepEqual([(await sluice(['verify', cut, '--keys', keys])).code, (await sluice(['verify', rewritten, '--keys', keys])).code], [0, 0], 'in themselves they are whole')
    assert.deepEqual([await codes(cut, both), await codes(rewritten, both), await codes(cut, files.first)], [['LOG_CUT'], ['LOG_REWRITTEN'], []])
    assert.deepEqual(await codes(files.log, file('x', readFileSync(files.first, 'utf8').replace(/"size":\d+/, '"size":1'))), ['SIGNATURE_WRONG'])
    for (const [path, head] of [[files.log, keys], [files.log, join(folder, 'none')], [files.growth, both]] as const) assert.equal((await againstHead(path, head)).code, 2)
  })

  it('is proven in a data directory, by the public key and kept heads alone, and is not when the directory was put back to an older state', async () => {
    const copy = temporaryFolder(), check = (...argv: string[]) => sluice(['verify', copy, '--keys', keys, ...argv])
    cpSync(data, copy, { recursive: true })
    assert.match((await check('--head', files.head)).out, /^a data directory: \d+ entries of its log, 2 consent events, and the books, proven\n$/)
    const { size, root, time, signature } = JSON.parse(readFileSync(files.first, 'utf8')), database = openState(copy)
    database.exec(`PRAGMA foreign_keys = OFF; DELETE FROM transparency_payloads WHERE number >= ${size}; DELETE FROM transparency_entries WHERE number >= ${size}; DELETE FROM consent_payloads WHERE seq > 1; DELETE FROM consent_events WHERE seq > 1;
      DELETE FROM usage_records; DELETE FROM meters; DELETE FROM delivered_ranges; UPDATE agreements SET ended_at = NULL; DELETE FROM postings WHERE transfer_id NOT LIKE 'budget:%'; DELETE FROM transfers WHERE id NOT LIKE 'budget:%'; DELETE FROM balances;
      INSERT INTO balances SELECT account, currency, sum(amount) FROM postings GROUP BY account, currency`)
    database.prepare('UPDATE transparency_head SET size = ?, root = ?, time = ?, signature = ?').run(size, root, time, signature)
    database.close()
    assert.match((await check()).err, /a head that was kept was signed over it/, 'the head beside the database is newer')
    renameSync(join(copy, HEAD_FILE), join(folder, HEAD_FILE))
    assert.deepEqual((await check('--head', files.first)).err, '', 'who knows of no newer head believes it')
    const { code, err } = await check('--head', files.head)
    assert.deepEqual([code, /broken at entry \d+: it is missing, and a head that was kept was signed over it/.test(err)], [1, true], err)
    renameSync(join(folder, HEAD_FILE), join(copy, HEAD_FILE))
    await assert.rejects(Running.start({ data: copy }), { code: 'UNAVAILABLE', message: /the head in transparency.head was signed over it/ })
  })

  it('is found to be changed in the data directory, by the doctor and at a start', async () => {
    assert.match(told(await doctor(data), 'state transparency log').found, /^\d+ entries, none of them changed$/)
    const database = openState(data)
    const { payload } = database.prepare('SELECT payload FROM transparency_payloads WHERE number = 5').get() as { payload: string }
    database.prepare('UPDATE transparency_payloads SET payload = ? WHERE number = 5').run(payload.replace('"count":5', '"count":6'))
    database.close()
    const { state, found } = told(await doctor(data), 'state transparency log')
    assert.deepEqual([state, /broken at entry 5/.test(found)], ['fault', true])
    const broken = openState(data)
    broken.exec("UPDATE transparency_entries SET leaf = zeroblob(32) WHERE number = 2")
    broken.close()
    await assert.rejects(Running.start({ data }), { code: 'UNAVAILABLE', message: /transparency log is broken/ })
  })
})
