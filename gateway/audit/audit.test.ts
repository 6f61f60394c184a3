import assert from 'node:assert/strict'
import { audit } from '#gateway/audit/audit.ts'
import { OperatorActions } from '#gateway/parties/operator-actions.ts'
import { MIGRATIONS } from '#gateway/state/migrations.ts'
import { openConsents } from '#test/support/consents.ts'
import { Market } from '#test/support/market.ts'

const differs = { code: 'UNAVAILABLE', message: /The books are not what the transparency log has/ }

describe('An audit of books that are older than their log', () => {
  let market: Market
  beforeEach(() => {
    market = new Market()
    work()
    // As the migration that brought the audit finds a state from before the log: rows, and no entries.
    const { database } = market
    database.exec(`DELETE FROM transparency_payloads; DELETE FROM transparency_entries; DELETE FROM transparency_nodes; DROP INDEX transparency_usage;
      DELETE FROM meta WHERE key LIKE 'unlogged_%' OR key IN ('agreements_logged_since', 'onward_unlogged', 'consent_events_erased_alone')`)
    database.exec(MIGRATIONS.find(step => step.includes('unlogged_operator_actions'))!)
    market.clock.turn(120_000)
    market.reopen('stop')
  })
  afterEach(() => market.close())

  /** A consent, an agreement, some deliveries that are paid, an action of an operator, and another agreement that ends. */
  function work(): void {
    const { database, clock, transparency } = market, agreement = market.agree({ price: 1_000n }), other = market.agree({ price: 0n })
    openConsents(database, clock, () => {}, { appendToLog: transparency.append }).grant({ ownerId: 'own_a', streamId: 's1', recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
    new OperatorActions(database, clock, transparency.append).record({ operator: 'op_x', action: 'addParty', about: {} })
    market.charge(agreement, [1, 2, 3])
    market.meter.seal()
    market.agreements.end(other.subscriberId, other.id)
  }

  it('asks nothing of what was there before, and everything of what came since', () => {
    const { database } = market, changeOf = (sql: string) => { database.exec('BEGIN'); database.exec(sql); try { audit(database) } finally { database.exec('ROLLBACK') } }
    assert.equal(audit(database).entries, 0)
    work()
    const { entries } = audit(database)
    assert.ok(entries > 8, `${entries}`)
    changeOf('UPDATE usage_records SET platform_share = 5 WHERE id = 1')
    assert.throws(() => changeOf('UPDATE usage_records SET platform_share = 5 WHERE id = 2'), differs)
    for (const table of ['usage_records', 'consent_events', 'transfers', 'operator_actions']) assert.throws(() => changeOf(`UPDATE meta SET value = value + 1 WHERE key = 'unlogged_${table}'; INSERT INTO meta VALUES ('unlogged_${table}', 1) ON CONFLICT DO UPDATE SET value = value + 1`), differs, table)
  })

  it('has actions of operators taken in by then', () => {
    new OperatorActions(market.database, market.clock, market.transparency.append)
    assert.deepEqual(audit(market.database), { entries: 1, erased: 0 })
    assert.equal(market.transparency.entries(0, 9, 'op_x')[0]!.kind, 'action')
    assert.throws(() => { market.database.exec('UPDATE operator_actions SET hash = zeroblob(32)'); audit(market.database) }, /The chain of operators' actions is broken/)
  })
})
