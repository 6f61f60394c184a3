// The books of a gateway that worked, held against its transparency log: whatever somebody changes in one of the two is found, and named.
import assert from 'node:assert/strict'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { audit } from '#gateway/audit/audit.ts'
import { ConsentChain } from '#gateway/consent/chain.ts'
import { openState } from '#gateway/state/database.ts'
import { payloadHashOf } from '#gateway/transparency/entry.ts'
import { doctor, told } from '#test/support/doctor.ts'
import { withChangedBytes } from '#test/support/changed-bytes.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

/** The books, and of each table the columns of which the log does not tell: they change nothing of what was agreed, delivered or paid. */
const BOOKS: Readonly<Record<string, readonly string[]>> = {
  consent_events: ['kid', 'signature'], consent_payloads: [], operator_actions: [], operator_action_payloads: ['owner_id'],
  offers: ['purposes', 'created_at', 'withdrawn_at'], agreements: ['exhausted_at'], usage_records: [], transfers: [], postings: ['seq'], balances: [], meters: ['last_second', 'period_anchor', 'period_count', 'log_number'], delivered_ranges: [],
}
const found = { code: 'UNAVAILABLE', message: /The books are not what the transparency log has|The transparency log is broken|The chain of (consent events|operators' actions) is broken/ }

describe('The books of a gateway, and its transparency log', function () {
  this.timeout(120_000)
  let data: string, database: DatabaseSync, gone: PartyKey

  before(async () => {
    const running = await Running.start()
    data = running.data
    const [owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    gone = await running.party('owner')
    for (const party of [owner, gone]) {
      const device = await running.device(await running.pair(party)), send = (value: number) => device.publishAsync('zigbee2mqtt/k', `{"temperature":${value}.5}`, { qos: 1 })
      await send(0)
      const [{ streamId }] = await running.streamsOf(party) as [{ streamId: string }]
      const { consentId, agreementId } = await running.deal(party, city, streamId, { price: '0.001', budget: '1' })
      const watcher = running.subscribe(city, streamId)
      assert.ok(await watcher.opened)
      for (let value = 1; value <= 3; value++) await send(value)
      await watcher.count(3)
      watcher.close()
      await running.ok(city.key, 'GET', '/v1/agreements') // which seals the books
      await running.ok(running.operatorKey, 'POST', `/v1/consents/${consentId}/revoke`, { reason: 'lost key' })
      if (party === gone) await running.ok(city.key, 'POST', `/v1/agreements/${agreementId}/end`)
    }
    await running.ok(running.operatorKey, 'GET', `/v1/breach?recipient=${gone.partyId}&streamId=${encodeURIComponent((await running.streamsOf(owner))[0]!.streamId)}`) // names one beside another
    await running.ok(owner.key, 'POST', '/v1/consents', { streamId: (await running.streamsOf(owner))[0]!.streamId, recipient: gone.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })
    await running.ok(gone.key, 'POST', '/v1/erasures', { partyId: gone.partyId })
    await running.stop()
    database = openState(data)
    database.exec('PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF')
  })
  after(() => database.close())

  /** Of long values each seventh byte: another one each time. */
  let turn = 0
  function* some(values: Iterable<SQLInputValue>): Iterable<SQLInputValue> {
    const all = [...values], step = all.length > 8 ? 7 : 1
    for (let at = turn++ % step; at < all.length; at += step) yield all[at]!
  }

  /** As a restore and the doctor look at it. */
  const look = () => {
    new ConsentChain(database).load(() => {})
    return audit(database)
  }
  const inVain = (work: () => void) => {
    database.exec('BEGIN')
    try { work() } finally { database.exec('ROLLBACK') }
  }

  it('are of one mind, also of an owner who was erased', () => {
    const { entries, erased } = look()
    assert.ok(entries > 20 && erased >= 9, `${entries} entries, ${erased} erased`)
  })

  it('differ when a byte of any value in the books is another', () => {
    let tried = 0
    for (const [table, without] of Object.entries(BOOKS)) {
      const columns = (database.prepare(`PRAGMA table_info(${table})`).all() as unknown as { name: string }[]).map(({ name }) => name)
      const rows = database.prepare(`SELECT * FROM ${table}`).all()
      assert.ok(rows.length > 0, table)
      for (const row of rows) for (const column of columns.filter(name => !without.includes(name) && !isOfGone(table, name, row))) {
        const where = columns.map(name => `${name} IS ?`).join(' AND '), update = database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`)
        for (const other of some(withChangedBytes(row[column]!))) inVain(() => {
          try { assert.equal(update.run(other, ...columns.map(name => row[name] as SQLInputValue)).changes, 1) } catch (error) { if (/UNIQUE|NOT NULL|cannot store/.test(String(error))) return; throw error }
          assert.throws(look, found, `${table}.${column} of ${JSON.stringify(row).slice(0, 200)}: ${JSON.stringify(other)}`)
          tried++
        })
      }
    }
    assert.ok(tried > 500, `${tried}`)
  })

  it('differ when a row is gone, and when there is one too many', () => {
    for (const table of Object.keys(BOOKS)) {
      const key = (database.prepare(`PRAGMA table_info(${table})`).all() as unknown as { name: string, pk: number }[]).filter(({ pk }) => pk > 0).map(({ name }) => name)
      for (const row of database.prepare(`SELECT ${key.join()} FROM ${table}`).all()) inVain(() => {
        database.prepare(`DELETE FROM ${table} WHERE ${key.map(name => `${name} IS ?`).join(' AND ')}`).run(...Object.values(row) as SQLInputValue[])
        if (!['consent_payloads', 'operator_action_payloads', 'delivered_ranges'].includes(table)) assert.throws(look, found, `${table} ${JSON.stringify(row)}`)
      })
    }
    const agreement = database.prepare("SELECT id FROM agreements WHERE ended_at IS NULL").get()!['id'] as string
    for (const sql of [
      `INSERT INTO usage_records (agreement_id, sealed_at, messages, bytes, seconds, periods, amount, platform_share) VALUES ('${agreement}', 1, 1, 1, 0, 0, 0, 0)`,
      `INSERT INTO agreements SELECT 'agr_other', offer_id, subscriber_id, purpose, budget, started_at, ended_at, exhausted_at, is_onward FROM agreements WHERE id = '${agreement}'`,
      `INSERT INTO agreements SELECT 'agr_gone', offer_id, subscriber_id, purpose, budget, started_at, ended_at, exhausted_at, is_onward FROM agreements WHERE id <> '${agreement}'`,
      "INSERT INTO transfers VALUES ('gift', 1, 'gift'); INSERT INTO postings (transfer_id, account, currency, amount) VALUES ('gift', 'platform', 'EUR', -1), ('gift', 'external:x', 'EUR', 1)", "INSERT INTO transfers VALUES ('nothing', 1, 'gift')",
      "INSERT INTO balances VALUES ('owner:x', 'EUR', '0')", 'INSERT INTO operator_actions SELECT max(seq) + 1, payload_hash, hash FROM operator_actions',
      `UPDATE agreements SET ended_at = 5 WHERE id = '${agreement}'`, "UPDATE meta SET value = 9e15 WHERE key = 'agreements_logged_since'; INSERT INTO meta VALUES ('agreements_logged_since', '9e15'); DELETE FROM agreements",
    ]) inVain(() => {
      database.exec(sql)
      assert.throws(look, found, sql)
    })
  })

  it('differ when somebody makes a chain or an erasure anew, which in itself is whole', () => {
    // An entry is made to look erased: its payload is as it was in the books.
    for (const kind of ['consent', 'usage', 'posting', 'action', 'agreement']) inVain(() => {
      const { number } = database.prepare('SELECT number FROM transparency_entries JOIN transparency_payloads USING (number) WHERE kind = ? LIMIT 1').get(kind) as { number: number }
      const [entry] = database.prepare('SELECT salt, payload FROM transparency_payloads WHERE number = ?').all(number) as unknown as [{ salt: string, payload: string }]
      database.prepare('INSERT INTO transparency_erased VALUES (?, ?)').run(number, Buffer.from(payloadHashOf(entry), 'base64'))
      database.prepare('DELETE FROM transparency_payloads WHERE number = ?').run(number)
      assert.throws(look, found, kind)
    })
    // The same, and what it told of is gone from its own table as well.
    for (const [kind, table] of [['consent', 'consent_payloads'], ['action', 'operator_action_payloads']] as const) inVain(() => {
      const { number, salt, payload } = database.prepare('SELECT number, salt, payload FROM transparency_entries JOIN transparency_payloads USING (number) WHERE kind = ? LIMIT 1').get(kind) as { number: number, salt: string, payload: string }
      database.prepare('INSERT INTO transparency_erased VALUES (?, ?)').run(number, Buffer.from(payloadHashOf({ salt, payload }), 'base64'))
      database.prepare('DELETE FROM transparency_payloads WHERE number = ?').run(number)
      database.prepare(`DELETE FROM ${table} WHERE seq = ?`).run(JSON.parse(payload).sequence)
      assert.throws(look, { message: /what was erased of the log, \d+ entries, is not what the erasures tell of/ })
    })
    // The newest action of an operator is taken out, and the one before is the newest.
    inVain(() => {
      database.exec('DELETE FROM operator_action_payloads WHERE seq = (SELECT max(seq) FROM operator_actions); DELETE FROM operator_actions WHERE seq = (SELECT max(seq) FROM operator_actions)')
      assert.throws(look, { message: /what entry \d+ \(action\) tells of is not there/ })
    })
  })

  it('are looked at by the doctor, which names what differs', async () => {
    database.exec('UPDATE usage_records SET amount = amount + 1 WHERE id = 1')
    database.close()
    const { state, found: said } = told(await doctor(data), 'state transparency log')
    assert.deepEqual([state, said], ['fault', said])
    assert.match(said, /The books are not what the transparency log has: usage record 1 is another than that of entry \d+\./)
    database = openState(data)
  })

  /** Of an owner who was erased the log tells nothing any more, only how many rows there were: what sums and names do not hold together may be another. */
  function isOfGone(table: string, column: string, row: Readonly<Record<string, unknown>>): boolean {
    const { id: ended, offer_id: offer } = database.prepare('SELECT id, offer_id FROM agreements WHERE ended_at IS NOT NULL').get() as { id: string, offer_id: string }
    const record = String(database.prepare('SELECT id FROM usage_records WHERE agreement_id = ?').get(ended)!['id'])
    if (table === 'consent_events') return column === 'consent_id' && database.prepare('SELECT 1 FROM consent_payloads WHERE seq = ?').get(Number(row['seq'])) === undefined
    if (table === 'agreements') return row['id'] === ended && !['id', 'offer_id'].includes(column)
    if (table === 'usage_records') return row['agreement_id'] === ended && ['sealed_at', 'platform_share'].includes(column)
    if (table === 'offers') return row['id'] === offer
    return table === 'transfers' && [`budget:${ended}`, `rest:${ended}`, `usage:${record}`].includes(String(row['id'])) && column !== 'id'
  }
})
