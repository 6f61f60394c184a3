// The server-side statements of the MQTT standards, each by an exchange of bytes with a server on loopback.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { NOT_SHOWN, STATEMENTS } from '#test/contract/mqtt-statements.ts'
import { Edge } from '#test/support/mqtt-edge.ts'
import { readByOthers } from '#test/support/mqtt-packets.ts'
import { bytesOf, runScript, type Level } from '#test/support/mqtt-script.ts'

/** How a version says what both mean: 3.1.1 only closes, and its UNSUBACK says nothing. */
const WORDS: Readonly<Record<Level, Readonly<Record<string, string>>>> = {
  4: { FAULT81: 'A!', FAULT82: 'A!', TAKEN: 'A!', BADUSER: 'A< 20020004', SILENCE: 'A!', UNSUB: '', NONE: '', DENIED: '80' },
  5: { FAULT81: 'A< e00181; A!', FAULT82: 'A< e00182; A!', TAKEN: 'A< e0018e; A!', BADUSER: 'A< 2003008600', SILENCE: 'A< e0018d; A!', UNSUB: '00', NONE: '11', DENIED: '87' },
}

const inWordsOf = (level: Level, script: string) => script.replaceAll(/\b[A-Z]{3,}[0-9]*\b/g, word => WORDS[level][word] ?? word)
const shown = STATEMENTS.flatMap(([three, five, what, script]) => ([[4, three], [5, five]] as const).filter(([, ids]) => ids !== '').map(([level, ids]) => ({ level, ids: ids.split(' '), what, script })))

for (const level of [4, 5] as const) {
  describe(`MQTT ${level === 4 ? '3.1.1' : '5'} says that`, () => {
    let edge: Edge
    beforeEach(async () => { edge = await new Edge().start() })
    afterEach(() => edge.stop())

    for (const { ids, what, script } of shown.filter(statement => statement.level === level)) {
      it(`${what} ${ids.map(id => `[MQTT-${id}]`).join(' ')}`, async () => {
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

  it('a client that sends more ahead than it may is told so [MQTT-3.3.4-8]', async () => {
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

describe('the statements', () => {
  it('that are shown are more than 120, and those that are not have a reason', () => {
    const count = new Set(shown.flatMap(({ level, ids }) => ids.map(id => `${level} ${id}`))).size
    assert.ok(count >= 120, String(count))
    for (const why of Object.values(NOT_SHOWN)) assert.ok(why.length > 10)
  })
})
