import assert from 'node:assert/strict'
import { pino } from 'pino'
import { LOG_LEVELS, LogLevels } from '#gateway/telemetry/log.ts'

describe('The level of the log', () => {
  function logged(from: (typeof LOG_LEVELS)[number]) {
    const lines: any[] = [], log = pino({ level: from, base: undefined }, { write: (line: string) => { lines.push(JSON.parse(line)) } })
    return { lines, log, levels: new LogLevels(log) }
  }

  for (const from of LOG_LEVELS) {
    for (const to of LOG_LEVELS.filter(level => level !== from)) {
      it(`changes from ${from} to ${to} at once, and says so whatever they are`, () => {
        const { lines, log, levels } = logged(from)
        levels.set(to, 'op_1')
        const said = lines.map(({ msg, from: before, to: after, party }) => [msg, before, after, party])
        assert.deepEqual(said, [['Changed the log level', from, to, 'op_1']])
        assert.deepEqual([levels.get(), log.isLevelEnabled('debug'), log.isLevelEnabled('error')], [to, to === 'debug', to !== 'silent'])
      })
    }

    it(`is left alone where it is ${from} already`, () => {
      const { lines, levels } = logged(from)
      levels.set(from, 'op_1')
      assert.deepEqual([lines, levels.get()], [[], from])
    })
  }
})
