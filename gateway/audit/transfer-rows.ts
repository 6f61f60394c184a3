// Transfers of the ledger with their postings, and the balances that follow from them.
import type { DatabaseSync } from 'node:sqlite'
import type { KnownAgreements } from '#gateway/audit/agreements.ts'
import { differs } from '#gateway/audit/differs.ts'
import { erased, Rows, unlogged, type Payload } from '#gateway/audit/rows.ts'
import { formatAmount, parseAmount } from '#gateway/market/amount.ts'
import type { StoredEntry } from '#gateway/transparency/store.ts'

interface PostingRow { readonly transfer_id: string, readonly at: bigint | null, readonly reason: string | null, readonly account: string, readonly currency: string, readonly amount: bigint }
interface Row { readonly id: string, readonly at: number, readonly reason: string | null, readonly postings: readonly PostingRow[] }

export class TransferRows extends Rows<Row> {
  readonly kinds = ['posting']
  readonly #database: DatabaseSync
  readonly #agreements: KnownAgreements

  constructor(database: DatabaseSync, agreements: KnownAgreements) {
    super(transfersOf(database, unlogged(database, 'transfers')))
    this.#database = database
    this.#agreements = agreements
  }

  override end(): void {
    super.end()
    const count = (table: string): number => Number(this.#database.prepare(`SELECT count(${table === 'transfers' ? '*' : 'DISTINCT transfer_id'}) AS count FROM ${table}`).get()!['count'])
    if (count('transfers') !== count('postings')) throw differs('a transfer', 'moves nothing')
    this.#checkBalances()
  }

  protected nameOf({ id }: Row): string { return `transfer ${id}` }

  protected check(row: Row, { payload, index }: StoredEntry): void {
    if (row.reason === null) throw differs(this.nameOf(row), 'has postings, and is not there')
    if (payload === undefined) return erased(this.nameOf(row), index, this.#agreements.isErased(this.#agreementOf(row)))
    const { transferId, at, reason, postings } = JSON.parse(payload) as Payload
    const isSame = transferId === row.id && at === row.at && reason === row.reason && sumsOf(postings as Moved) === sumsOf(row.postings.map(({ account, currency, amount }) => [account, currency, formatAmount(amount)]))
    if (!isSame) throw differs(this.nameOf(row), `is another than that of entry ${index}`)
  }

  /** Transfers are named after what they pay: a usage record, or an agreement that begins or ends. */
  #agreementOf({ id }: Row): string {
    const [, reason, of = ''] = /^(\w+):(.+)$/.exec(id) ?? []
    return reason === 'usage' ? String(this.#database.prepare('SELECT agreement_id FROM usage_records WHERE id = ?').get(Number(of))?.['agreement_id']) : of
  }

  #checkBalances(): void {
    const posted = this.#database.prepare('SELECT account, currency, sum(amount) AS amount FROM postings GROUP BY account, currency')
    posted.setReadBigInts(true)
    const keyOf = (row: Readonly<Record<string, unknown>>) => `${String(row['account'])} ${String(row['currency'])}`, balances = new Map(this.#database.prepare('SELECT * FROM balances').all().map(row => [keyOf(row), String(row['amount'])]))
    for (const row of posted.all()) {
      if (balances.get(keyOf(row)) !== String(row['amount'])) throw differs(`the balance of ${keyOf(row)}`, 'is not the sum of its postings')
      balances.delete(keyOf(row))
    }
    for (const [key] of balances) throw differs(`the balance of ${key}`, 'has no postings')
  }
}

/** In the order in which they were posted, behind so many. */
function* transfersOf(database: DatabaseSync, unloggedCount: number): Iterable<Row> {
  const rows = database.prepare('SELECT transfer_id, at, reason, account, currency, amount FROM postings LEFT JOIN transfers ON transfers.id = transfer_id ORDER BY seq')
  rows.setReadBigInts(true)
  let count = 0, postings: PostingRow[] = []
  for (const row of rows.iterate() as Iterable<unknown> as Iterable<PostingRow>) {
    if (postings.length > 0 && postings[0]!.transfer_id !== row.transfer_id) {
      if (++count > unloggedCount) yield transferOf(postings)
      postings = []
    }
    postings.push(row)
  }
  if (postings.length > 0 && ++count > unloggedCount) yield transferOf(postings)
}

function transferOf(postings: readonly PostingRow[]): Row {
  const [{ transfer_id: id, at, reason }] = postings as readonly [PostingRow]
  return { id, at: Number(at), reason, postings }
}

type Moved = readonly (readonly [account: string, currency: string, amount: string])[]

/** What is moved, by account and currency: postings of nothing are not kept, and those of one account are one. */
function sumsOf(moved: Moved): string {
  const sums = new Map<string, bigint>()
  for (const [account, currency, amount] of moved) sums.set(`${account} ${currency}`, (sums.get(`${account} ${currency}`) ?? 0n) + signed(amount))
  return [...sums].filter(([, amount]) => amount !== 0n).map(([key, amount]) => `${key} ${amount}`).sort().join('\n')
}

function signed(text: string): bigint { return text.startsWith('-') ? -parseAmount(text.slice(1)) : parseAmount(text) }
