// The server-side statements of the MQTT standards, each by an exchange of bytes with a server on loopback.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { NOT_SHOWN, STATEMENTS } from '#test/contract/mqtt-statements.ts'
import { Edge } from '#test/support/mqtt-edge.ts'
import { runScript, type Level } from '#test/support/mqtt-script.ts'

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

describe('the statements', () => {
  it('that are shown are more than 120, and those that are not have a reason', () => {
    const count = new Set(shown.flatMap(({ level, ids }) => ids.map(id => `${level} ${id}`))).size
    assert.ok(count >= 120, String(count))
    for (const why of Object.values(NOT_SHOWN)) assert.ok(why.length > 10)
  })
})
