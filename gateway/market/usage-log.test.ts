import assert from 'node:assert/strict'
import fs, { readFileSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { type LogEntry, USAGE_LOG_FILE, UsageLog } from '#gateway/market/usage-log.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ENTRIES: LogEntry[] = [
  ['messages', 'agr_a', 1, 3, 812], ['seconds', 'agr_b', 2, 1_777_889_730], ['period', 'agr_c', 1_777_889_730_000, 1],
  ['exhausted', 'agr_a', 1_777_889_731_000],
]

describe('The usage log', () => {
  let directory: string, path: string
  beforeEach(() => {
    directory = temporaryFolder()
    path = join(directory, USAGE_LOG_FILE)
  })
  const read = (sealed = 0) => {
    const entries: LogEntry[] = [], log = new UsageLog(directory, { sealed, newest: 0 }, entry => { entries.push(entry) })
    return { log, entries }
  }
  const write = (log: UsageLog, entries: readonly LogEntry[]) => {
    for (const entry of entries) log.add(entry)
    log.write()
  }

  it('gives back what was written, in order, and nothing that only was added', () => {
    const { log } = read()
    write(log, ENTRIES)
    log.add(['messages', 'agr_a', 4, 4, 1])
    assert.deepEqual(read().entries, ENTRIES)
    assert.equal(statSync(path).mode & 0o777, 0o600)
    log.close()
  })

  it('gives back what is not in the books only, and goes on counting', () => {
    write(read().log, ENTRIES)
    const { log, entries } = read(3)
    assert.deepEqual(entries, ENTRIES.slice(3))
    assert.equal(log.number, 4)
    write(log, ENTRIES.slice(0, 1))
    assert.deepEqual(read().entries, [...ENTRIES, ENTRIES[0]])
    log.cut()
    write(log, ENTRIES)
    assert.equal(log.number, 9)
    assert.deepEqual(read(5).entries, ENTRIES)
    assert.deepEqual(read(9).entries, [])
    assert.equal(read(10).log.number, 10, 'a number is never used again')
  })

  it('tells between runs which consent let them out', () => {
    const { log } = read()
    log.addConsent('agr_a', 'grant_1')
    log.addRun('agr_a', 1, 3, 300)
    log.addConsent('agr_a', 'grant_2')
    log.addRun('agr_a', 4, 4, 100)
    log.write()
    assert.deepEqual(read().entries, [['consent', 'agr_a', 'grant_1'], ['messages', 'agr_a', 1, 3, 300], ['consent', 'agr_a', 'grant_2'], ['messages', 'agr_a', 4, 4, 100]])
    assert.equal(log.number, 1)
  })

  it('writes all runs that come before a write into one line, and gives them back as entries', () => {
    const { log } = read(), runs = Array.from({ length: 3 }, (_, n): LogEntry => ['messages', `agr_${n}`, n, n + 5, 100 * n])
    for (const [, agreementId, first, last, bytes] of runs as ['messages', string, number, number, number][]) log.addRun(agreementId, first, last, bytes)
    log.add(ENTRIES[1]!)
    log.write()
    assert.deepEqual(read().entries, [ENTRIES[1], ...runs])
    assert.equal(log.number, 2)
    assert.deepEqual(read(1).entries, runs)
  })

  it('torn at any byte gives back the whole lines before', () => {
    write(read().log, ENTRIES)
    const bytes = readFileSync(path)
    for (let length = 0; length <= bytes.length; length++) {
      writeFileSync(path, bytes.subarray(0, length))
      const whole = bytes.subarray(0, length).filter(byte => byte === 10).length
      // A line without its end is whole as well.
      const isAtEnd = length < bytes.length && bytes[length] === 10
      const { entries, log } = read()
      assert.deepEqual(entries, ENTRIES.slice(0, whole + (isAtEnd ? 1 : 0)), `${length} bytes`)
      log.close()
    }
  })

  it('with any byte damaged gives back the other lines', () => {
    write(read().log, ENTRIES)
    const bytes = readFileSync(path)
    for (const [at, byte] of bytes.entries()) {
      const damaged = Buffer.from(bytes)
      damaged[at] = byte ^ 1 << at % 8
      writeFileSync(path, damaged)
      const { entries, log } = read(), lines = bytes.subarray(0, at).filter(before => before === 10).length
      assert.deepEqual(entries, ENTRIES.filter((_, n) => n !== lines && !(byte === 10 && n === lines + 1)), `byte ${at}`)
      log.close()
    }
  })

  for (const [what, failing] of [
    ['fails', () => { throw Object.assign(new Error('no space left'), { code: 'ENOSPC' }) }],
    ['stops in the middle, then fails', shortThenFull()],
  ] as const) {
    it(`writes again what was not written when a write ${what}`, () => {
      const { log } = read(), original = fs.writeSync
      write(log, ENTRIES.slice(0, 1))
      try {
        fs.writeSync = failing as typeof fs.writeSync
        syncBuiltinESMExports()
        assert.throws(() => write(log, ENTRIES.slice(1, 3)), { code: 'ENOSPC' })
      } finally {
        fs.writeSync = original
        syncBuiltinESMExports()
      }
      write(log, ENTRIES.slice(3))
      assert.deepEqual(read().entries, ENTRIES)
    })
  }

  it('writes whole lines through writes that take a few bytes each', () => {
    const { log } = read(), original = fs.writeSync
    try {
      fs.writeSync = ((file: number, bytes: Buffer, offset: number, length: number, position: number) => original(
        file, bytes, offset, Math.min(length, 7), position)) as typeof fs.writeSync
      syncBuiltinESMExports()
      write(log, ENTRIES)
    } finally {
      fs.writeSync = original
      syncBuiltinESMExports()
    }
    assert.deepEqual(read().entries, ENTRIES)
  })
})

function shortThenFull() {
  const original = fs.writeSync
  let calls = 0
  return (file: number, bytes: Buffer, offset: number, length: number, position: number) => {
    if (calls++ > 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    return original(file, bytes, offset, length >> 1, position)
  }
}
