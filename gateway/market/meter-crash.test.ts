import assert from 'node:assert/strict'
import fs, { readFileSync, statSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Market } from '#test/support/market.ts'

describe('The meter after a crash', () => {
  let market: Market
  beforeEach(() => { market = new Market() })
  afterEach(() => market.close())

  it('forgets nothing that was committed, and knows nothing of what was not', () => {
    const agreement = market.agree()
    market.charge(agreement, [1, 2, 3])
    market.meter.commit()
    market.charge(agreement, [7])
    market.meter.commit()
    const before = market.figuresOf(agreement)
    market.charge(agreement, [8, 9])
    market.reopen('kill')
    assert.deepEqual(
      [market.figuresOf(agreement), market.rangesOf(agreement), market.balance('owner:own_a')], [before, [[1, 3], [7, 7]], 3_600n])
    market.charge(agreement, [8])
    assert.equal(market.figuresOf(agreement).messages, 5)
  })

  it('does not book again what was sealed before it was committed', () => {
    const agreement = market.agree()
    market.charge(agreement, [1])
    market.meter.seal()
    market.charge(agreement, [2])
    market.meter.commit()
    const before = market.figuresOf(agreement)
    market.reopen('kill')
    assert.deepEqual([market.figuresOf(agreement), market.records().length], [before, 2])
  })

  it('writes one line for all runs of positions, and none when nothing came', () => {
    const agreement = market.agree(), other = market.agree({}, 1_000_000n, 'sub_b')
    for (let position = 1; position <= 100; position++) for (const one of [agreement, other]) market.charge(one, [position])
    market.meter.commit()
    const bytes = readFileSync(market.logPath)
    assert.equal(bytes.filter(byte => byte === 10).length, 1)
    market.meter.commit()
    assert.equal(statSync(market.logPath).size, bytes.length)
  })

  it('books what the log holds up to where it is torn, at whatever byte', () => {
    const agreement = market.agree()
    for (const position of [1, 3, 4]) {
      market.charge(agreement, [position])
      market.meter.commit()
    }
    const log = readFileSync(market.logPath), ends = [...log.entries()].filter(([, byte]) => byte === 10).map(([at]) => at)
    for (let length = 0; length <= log.length; length++) {
      const tables = ['usage_records', 'meters', 'delivered_ranges', 'meta', 'postings', 'transfers', 'balances']
      for (const table of tables) market.database.exec(`DELETE FROM ${table}`)
      market.database.exec(
        `INSERT INTO balances VALUES ('external:sub_a', 'EUR', '-1000000'), ('reserved:${agreement.id}', 'EUR', '1000000')`)
      writeFileSync(market.logPath, log.subarray(0, length))
      market.reopen('kill')
      const whole = ends.filter(end => end <= length).length
      assert.deepEqual(
        [market.figuresOf(agreement).messages, market.balance('owner:own_a'), statSync(market.logPath).size],
        [whole, BigInt(whole) * 900n, 0], `${length} bytes`)
      for (const sum of Object.values(market.ledger.sums())) assert.equal(sum, 0n)
    }
  }).timeout(60_000)

  it('books nothing twice when it comes between the transaction and the cut of the log', () => {
    const agreement = market.agree()
    market.charge(agreement, [1, 2])
    market.meter.commit()
    const log = readFileSync(market.logPath)
    market.meter.seal()
    const before = [market.figuresOf(agreement), market.ledger.balances(), market.records()]
    writeFileSync(market.logPath, log)
    market.reopen('kill')
    assert.deepEqual([market.figuresOf(agreement), market.ledger.balances(), market.records()], before)
    market.charge(agreement, [3])
    market.meter.commit()
    writeFileSync(market.logPath, Buffer.concat([log, readFileSync(market.logPath)]))
    market.reopen('kill')
    assert.equal(market.figuresOf(agreement).messages, 3)
  })

  it('books nothing twice when the cut of the log fails', () => {
    const agreement = market.agree(), cut = fs.ftruncateSync
    market.charge(agreement, [1, 2])
    try {
      fs.ftruncateSync = () => { throw new Error('cannot cut') }
      syncBuiltinESMExports()
      assert.throws(() => market.meter.seal(), /cannot cut/)
    } finally {
      fs.ftruncateSync = cut
      syncBuiltinESMExports()
    }
    market.charge(agreement, [3])
    market.meter.commit()
    market.reopen('kill')
    assert.deepEqual([market.figuresOf(agreement).messages, market.records().length], [3, 2])
  })

  it('books what a full disk kept out of the books before it', () => {
    const agreement = market.agree()
    market.charge(agreement, [1, 2])
    market.database.exec("CREATE TRIGGER full BEFORE INSERT ON meters BEGIN SELECT raise(ABORT, 'disk full'); END")
    assert.throws(() => market.meter.seal(), /disk full/)
    market.charge(agreement, [3])
    market.meter.commit()
    const before = market.figuresOf(agreement)
    assert.deepEqual([before.messages, market.ledger.entries(), market.records()], [3, 2, []])
    market.database.exec('DROP TRIGGER full')
    market.reopen('kill')
    assert.deepEqual([market.figuresOf(agreement), market.records()], [before, [[3_000, 300]]])
  })

  it('books again what could not be written to the log at first', () => {
    const agreement = market.agree(), write = fs.writeSync
    market.charge(agreement, [1, 2])
    try {
      fs.writeSync = () => { throw Object.assign(new Error('no space left'), { code: 'ENOSPC' }) }
      syncBuiltinESMExports()
      assert.throws(() => market.meter.commit(), { code: 'ENOSPC' })
    } finally {
      fs.writeSync = write
      syncBuiltinESMExports()
    }
    market.charge(agreement, [3])
    market.meter.commit()
    market.reopen('kill')
    assert.deepEqual([market.figuresOf(agreement).messages, market.rangesOf(agreement)], [3, [[1, 3]]])
  })

  it('never books more than the reserve holds, though the books may come from an older backup', () => {
    const agreement = market.agree({}, 2_000n)
    market.charge(agreement, [1, 2])
    market.meter.commit()
    const log = readFileSync(market.logPath)
    market.meter.seal()
    market.database.exec("DELETE FROM meta WHERE key = 'usage_log_sealed'; DELETE FROM delivered_ranges")
    writeFileSync(market.logPath, log)
    market.reopen('kill')
    assert.deepEqual([market.figuresOf(agreement).amount, market.balance(`reserved:${agreement.id}`)], [2_000n, 0n])
  })
})
