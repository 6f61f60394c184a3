// The server-side statements of the MQTT standards, each by an exchange of bytes with a server on loopback.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FeedRefusal, type Feeds } from '#gateway/mqtt/feeds.ts'
import { NUMBERS, numbersOf } from '#test/contract/mqtt-numbers.ts'
import { STATEMENTS } from '#test/contract/mqtt-statements.ts'
import { Edge } from '#test/support/mqtt-edge.ts'
import { readByOthers } from '#test/support/mqtt-packets.ts'
import { bytesOf, runScript, type Level } from '#test/support/mqtt-script.ts'

const README = join(import.meta.dirname, '..', '..', 'gateway', 'mqtt', 'README.md')

/** How a version says what both mean: 3.1.1 only closes, and its UNSUBACK says nothing. */
const WORDS: Readonly<Record<Level, Readonly<Record<string, string>>>> = {
  4: { FAULT81: 'A!', FAULT82: 'A!', TAKEN: 'A!', BADUSER: 'A< 20020004', SILENCE: 'A!', UNSUB: '', NONE: '', DENIED: '80' },
  5: { FAULT81: 'A< e00181; A!', FAULT82: 'A< e00182; A!', TAKEN: 'A< e0018e; A!', BADUSER: 'A< 2003008600', SILENCE: 'A< e0018d; A!', UNSUB: '00', NONE: '11', DENIED: '87' },
}

const inWordsOf = (level: Level, script: string) => script.replaceAll(/\b[A-Z]{3,}[0-9]*\b/g, word => WORDS[level][word] ?? word)
/** A statement by its number, or a clause that has none. */
const named = (id: string) => id.startsWith('§') ? `[${id}]` : `[MQTT-${id}]`
const shown = STATEMENTS.flatMap(([three, five, what, script]) => ([[4, three], [5, five]] as const).filter(([, ids]) => ids !== '').map(([level, ids]) => ({ level, ids: ids.split(' '), what, script })))

for (const level of [4, 5] as const) {
  describe(`MQTT ${level === 4 ? '3.1.1' : '5'} says that`, () => {
    let edge: Edge
    beforeEach(async () => { edge = await new Edge().start() })
    afterEach(() => edge.stop())

    for (const { ids, what, script } of shown.filter(statement => statement.level === level)) {
      it(`${what} ${ids.map(named).join(' ')}`, async () => {
        const late = new AbortController()
        const deadline = delay(5_000, undefined, { signal: late.signal }).then(() => assert.fail('no answer within 5 s'), () => undefined)
        await Promise.race([runScript(edge, inWordsOf(level, script), level), deadline]).finally(() => late.abort())
      })
    }
  })
}

describe('MQTT 5 also says that', () => {
  let edge: Edge
  const connect = (id: string) => bytesOf(`[10 "MQTT" 05 c2 003c {} "${id}" USER]`, 5)
  afterEach(() => edge.stop())

  it('a client that sends more ahead than it may is told so [MQTT-3.3.4-7]', async () => {
    edge = await new Edge({ limits: { receiveMaximum: 2 }, ingest: () => new Promise(() => {}) }).start()
    const ahead = async (count: number) => {
      const peer = await edge.peer()
      peer.send(connect(`c${count}`))
      await peer.until(({ length }) => length >= 11)
      for (let id = 1; id <= count; id++) peer.send(bytesOf(`[32 "a" 000${id} {} 'x']`, 5))
      return peer
    }
    await (await ahead(2)).ping()
    assert.match(await (await ahead(3)).closed(), /e00193$/)
  })

  it('a client without an id is given one of its own, and told it [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]', async () => {
    edge = await new Edge().start()
    const ids = await Promise.all([1, 2].map(async () => {
      const peer = await edge.peer()
      peer.send(connect(''))
      await peer.until(received => received.length > 1 && received.length >= 2 + received[1]!)
      const packet = readByOthers(peer.received, 5)
      return packet.cmd === 'connack' ? packet.properties?.assignedClientIdentifier : undefined
    }))
    assert.deepEqual(ids.map(id => edge.connected.some(({ clientId }) => clientId === id)), [true, true])
    assert.notEqual(ids[0], ids[1])
  })
})

describe('a server that tells when nobody reads', () => {
  it('gives a share its turns all the same', async () => {
    const edge = await new Edge({ tellsNoReaders: true }).start(), member = (name: string) => `${name}+; ${name}> [82 0001 {} "$share/g/a" 00]; ${name}< [90 0001 {} 00]`, say = (id: string) => `C> [32 "a" ${id} {} 'x']; C< 4002${id}`
    await runScript(edge, `${member('A')}; ${member('B')}; C+; C> [32 "b" 0009 {} 'x']; C< 4003000910; ${say('0001')}; A< [30 "a" {} 'x']; ${say('0002')}; B< [30 "a" {} 'x']; A~; B~`, 5).finally(() => edge.stop())
  })
})

describe('MQTT 5 says of reasons, which only readers of feeds are told, that', () => {
  const WORD = '1f "NO_AGREEMENT" 26 "code" "NO_AGREEMENT"', feeds: Feeds = { open: () => { throw new FeedRefusal(0x87, { word: 'NO_AGREEMENT', isFinal: true }) } }
  let edge: Edge
  beforeEach(async () => { edge = await new Edge({ credentials: { authenticate: () => ({ readerId: 'city' }) }, feeds }).start() })
  afterEach(() => edge.stop())

  for (const [what, asks, told] of [
    ['they go with the refusal', '', WORD], ['who wants none is sent none [MQTT-3.1.2-29]', '17 00', ''],
    ['they go as far as the packet may [MQTT-3.9.2-1] [MQTT-3.9.2-2]', `27 000000${bytesOf(`[90 0001 { ${WORD} } 87]`, 5).length.toString(16)}`, WORD],
    ['they are left out beyond it [MQTT-3.9.2-1] [MQTT-3.9.2-2]', `27 000000${(bytesOf(`[90 0001 { ${WORD} } 87]`, 5).length - 1).toString(16)}`, ''],
  ] as const) it(what, () => runScript(edge, `A+ [10 "MQTT" 05 c2 003c { ${asks} } ID USER]; A< [20 0000 { OURS AHEAD }]; A> [82 0001 {} "streams/x" 01]; A< [90 0001 { ${told} } 87]; A~`, 5))

  it('a PUBLISH that was refused left its id free [MQTT-4.3.3-9]', () => runScript(edge, "A+; A> [34 \"a\" 0001 {} 'x']; A< [50 0001 87]; A> [3c \"a\" 0001 {} 'x'] [34 \"b\" 0001 {} 'y']; A< [50 0001 87] [50 0001 87]; A~", 5))
})

for (const level of [4, 5] as const) {
  const name = level === 4 ? '3.1.1' : '5', { all, clients, elsewhere } = NUMBERS[level], numbers = new Set(numbersOf(all)), reasons = Object.keys(elsewhere).flatMap(numbersOf)
  const scripted = new Set(shown.flatMap(statement => statement.level === level ? statement.ids : []).filter(id => !id.startsWith('§')))
  const binding = [...numbers].filter(id => !numbersOf(clients).includes(id)), covered = binding.filter(id => scripted.has(id))

  describe(`Of the ${binding.length} statements of MQTT ${name} that bind a server, ${covered.length} are shown above, and`, () => {
    for (const [ids, why] of Object.entries(elsewhere)) it(`not ${ids}: ${why}`, () => assert.ok(numbersOf(ids).every(id => numbers.has(id) && !scripted.has(id)), ids))

    it('so the documentation says', async () => assert.ok((await readFile(README, 'utf8')).includes(`${covered.length} of the ${binding.length} of ${name}`)))

    it('every one is shown or has a reason, and what is shown is in the standard', () => {
      assert.deepEqual(binding.filter(id => !scripted.has(id) && !reasons.includes(id)), [])
      assert.deepEqual([...scripted, ...numbersOf(clients)].filter(id => !numbers.has(id)), [])
    })
  })
}
