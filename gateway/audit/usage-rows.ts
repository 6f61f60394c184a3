// Usage records, and the deliveries that each of them counts; and the sums that are kept of them.
import type { DatabaseSync } from 'node:sqlite'
import type { KnownAgreements } from '#gateway/audit/agreements.ts'
import { differs } from '#gateway/audit/differs.ts'
import { erased, Rows, unlogged, type Payload } from '#gateway/audit/rows.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { usageFact } from '#gateway/market/books.ts'
import { payloadOf } from '#gateway/transparency/entry.ts'
import type { StoredEntry } from '#gateway/transparency/store.ts'

type Row = Readonly<Record<'id' | 'sealed_at' | 'messages' | 'bytes' | 'seconds' | 'periods' | 'amount' | 'platform_share', bigint>> & { readonly agreement_id: string }

export class UsageRows extends Rows<Row> {
  readonly kinds = ['delivery', 'usage']
  readonly #database: DatabaseSync
  readonly #agreements: KnownAgreements
  /** Of deliveries since the last usage record, as far as they tell: they stand before the record that counts them. */
  #deliveries: { readonly agreementId: unknown, readonly streamId: unknown, readonly count: number }[] = []

  constructor(database: DatabaseSync, agreements: KnownAgreements) {
    const rows = database.prepare('SELECT * FROM usage_records ORDER BY id LIMIT -1 OFFSET ?')
    rows.setReadBigInts(true)
    super(rows.iterate(unlogged(database, 'usage_records')) as Iterable<unknown> as Iterable<Row>)
    this.#database = database
    this.#agreements = agreements
  }

  override entry(entry: StoredEntry): void {
    if (entry.kind === 'usage') return super.entry(entry)
    if (entry.payload === undefined) return
    const { agreementId, streamId, count } = JSON.parse(entry.payload) as Payload
    this.#deliveries.push({ agreementId, streamId, count: Number(count) })
  }

  override end(): void {
    super.end()
    if (this.#deliveries.length > 0) throw differs(`a delivery under agreement ${String(this.#deliveries[0]!.agreementId)}`, 'stands in no usage record')
    this.#checkSums()
  }

  protected nameOf({ id }: Row): string { return `usage record ${id}` }

  protected check(row: Row, { payload, index }: StoredEntry): void {
    const deliveries = this.#deliveries
    this.#deliveries = []
    if (payload === undefined) return erased(this.nameOf(row), index, this.#agreements.isErased(row.agreement_id))
    const agreement = this.#agreements.get(row.agreement_id)
    if (!agreement || payloadOf(factOf(agreement, row)) !== payload) throw differs(this.nameOf(row), `is another than that of entry ${index}`)
    const isTheirs = deliveries.every(({ agreementId, streamId }) => agreementId === agreement.id && streamId === agreement.offer.streamId)
    if (!isTheirs || deliveries.reduce((sum, { count }) => sum + count, 0) !== Number(row.messages)) throw differs(this.nameOf(row), `does not count what the entries before ${index} delivered`)
  }

  /** What each agreement used in all. Ranges of an owner who was erased are gone. */
  #checkSums(): void {
    const wrong = this.#database.prepare(`SELECT agreement_id FROM meters FULL JOIN
      (SELECT agreement_id, sum(messages) AS m, sum(bytes) AS b, sum(seconds) AS s, sum(periods) AS p, sum(amount) AS a FROM usage_records GROUP BY agreement_id) USING (agreement_id)
      WHERE (messages, bytes, seconds, periods, amount) IS NOT (m, b, s, p, a) LIMIT 1`).get()
    if (wrong) throw differs(`what was used under agreement ${wrong['agreement_id'] as string}`, 'is not the sum of its usage records')
    const ranges = this.#database.prepare(`SELECT agreement_id, sum FROM meters FULL JOIN (SELECT agreement_id, sum(last - first + 1) AS sum FROM delivered_ranges GROUP BY agreement_id) USING (agreement_id)
      WHERE coalesce(messages, -1) <> coalesce(sum, 0)`)
    const lost = ranges.all().find(({ agreement_id: id, sum }) => sum !== null || !this.#agreements.isErased(id as string))
    if (lost) throw differs(`what was delivered under agreement ${lost['agreement_id'] as string}`, 'is not as much as it was charged')
  }
}

function factOf(agreement: Agreement, { id, sealed_at, messages, bytes, seconds, periods, amount, platform_share: platform }: Row) {
  const usage = { messages: Number(messages), bytes: Number(bytes), seconds: Number(seconds), periods: Number(periods) }
  return usageFact(agreement, usage, { at: Number(sealed_at), record: Number(id), amount, platform })
}
