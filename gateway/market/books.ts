// What the database knows of usage: sums, delivered ranges, and how far the usage log is in it. Written once a minute, some agreements in a transaction.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { formatAmount } from '#gateway/market/amount.ts'
import { accounts, type Ledger, type Transfer } from '#gateway/market/ledger.ts'
import { split, type Shares, type Usage } from '#gateway/market/price.ts'
import { Ranges } from '#gateway/market/ranges.ts'
import type { Sealed, Tab } from '#gateway/market/tab.ts'
import type { LogStart } from '#gateway/market/usage-log.ts'
import type { Append, Fact } from '#gateway/transparency/entry.ts'

export interface BooksOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly ledger: Ledger
  /** Takes usage records and what was delivered into the transparency log. */
  readonly appendToLog?: Append | undefined
  /** Of each usage record, in whole percent. */
  readonly platformPercent: number
}

const LOG_SEALED = 'usage_log_sealed', LOG_NEWEST = 'usage_log_newest'
const NOTHING: Sealed = { logNumber: 0, messages: 0, bytes: 0, seconds: 0, periods: 0, amount: 0n, lastSecond: 0, periodAnchor: 0, periodCount: 0 }

export class Books {
  readonly #options: BooksOptions

  constructor(options: BooksOptions) { this.#options = options }

  /** Up to which number all entries of the usage log are in the books, and the newest number that was written with a seal. */
  logStart(): LogStart {
    const meta = this.#options.database.prepare('SELECT value FROM meta WHERE key = ?'), numberOf = (key: string): number => Number(meta.get(key)?.['value'] ?? 0)
    return { sealed: numberOf(LOG_SEALED), newest: numberOf(LOG_NEWEST) }
  }

  /** The highest position that was delivered, for each stream. */
  highest(): Iterable<readonly [streamId: string, position: number]> {
    const rows = this.#options.database.prepare(`SELECT stream_id, max(last) AS position FROM delivered_ranges
      JOIN agreements ON agreements.id = agreement_id JOIN offers ON offers.id = offer_id GROUP BY stream_id`)
    return rows.all().map(row => [row['stream_id'] as string, row['position'] as number])
  }

  sealed(agreementId: string): Sealed {
    const meters = this.#options.database.prepare('SELECT * FROM meters WHERE agreement_id = ?')
    meters.setReadBigInts(true)
    const row = meters.get(agreementId) as Record<string, bigint> | undefined
    if (!row) return NOTHING
    const number = (column: string): number => Number(row[column])
    return {
      messages: number('messages'), bytes: number('bytes'), seconds: number('seconds'), periods: number('periods'), amount: row['amount']!,
      lastSecond: number('last_second'), periodAnchor: number('period_anchor'), periodCount: number('period_count'), logNumber: number('log_number'),
    }
  }

  ranges(agreementId: string): Ranges {
    const ranges = new Ranges()
    const rows = this.#options.database.prepare('SELECT first, last FROM delivered_ranges WHERE agreement_id = ? ORDER BY first')
    for (const row of rows.iterate(agreementId)) {
      ranges.append(row['first'] as number, row['last'] as number)
    }
    return ranges
  }

  reserved({ id, offer: { currency } }: Agreement): bigint { return this.#options.ledger.balance(accounts.reserved(id), currency) }

  /**
   * Brings the open usage of tabs into the books, and with it what the log tells of them up to an entry. `isAll`: there are no others that it
   * tells of. On disk when this returns; the tabs know it then.
   */
  seal(tabs: readonly Tab[], logNumber: number, isAll: boolean): void {
    const amounts = tabs.map(tab => tab.openAmount)
    const { database, ledger } = this.#options
    const sealLog = database.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
    ledger.transact(post => {
      const write = this.#writer(logNumber)
      for (const [n, tab] of tabs.entries()) {
        const transfer = write(tab, amounts[n]!)
        if (transfer) post(transfer)
      }
      for (const key of isAll ? [LOG_SEALED, LOG_NEWEST] : [LOG_NEWEST]) sealLog.run(key, String(logNumber))
    })
    for (const [n, tab] of tabs.entries()) tab.seal(amounts[n]!, logNumber)
  }

  /** Writes a tab: its usage record, what it used in all, its ranges. Gives the transfer that pays for it, if it costs anything. */
  #writer(logNumber: number): (tab: Tab, amount: bigint) => Transfer | undefined {
    const { database, clock, platformPercent, appendToLog } = this.#options, now = clock.now()
    const record = database.prepare(`INSERT INTO usage_records
      (agreement_id, sealed_at, messages, bytes, seconds, periods, amount, platform_share) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
    const sums = database.prepare(`INSERT INTO meters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      messages = messages + excluded.messages, bytes = bytes + excluded.bytes, seconds = seconds + excluded.seconds,
      periods = periods + excluded.periods, amount = amount + excluded.amount,
      last_second = excluded.last_second, period_anchor = excluded.period_anchor, period_count = excluded.period_count,
      log_number = excluded.log_number`)
    const forget = database.prepare('DELETE FROM delivered_ranges WHERE agreement_id = ? AND first BETWEEN ? AND ?')
    const range = database.prepare('INSERT INTO delivered_ranges VALUES (?, ?, ?)')
    const exhausted = database.prepare('UPDATE agreements SET exhausted_at = ? WHERE id = ?')
    return (tab, amount) => {
      const { agreement: { id }, open: { messages, bytes, seconds, periods } } = tab
      const { platform, owner } = split(amount, platformPercent)
      const { lastInsertRowid } = record.run(id, now, messages, bytes, seconds, periods, amount, platform)
      for (const fact of factsOf(tab, { at: now, record: Number(lastInsertRowid), amount, platform })) appendToLog?.(fact)
      sums.run(id, messages, bytes, seconds, periods, amount, tab.lastSecond, tab.periodAnchor, tab.periodCount, logNumber)
      for (const [first, last] of tab.changedRanges()) {
        forget.run(id, first, last)
        range.run(id, first, last)
      }
      if (tab.exhaustedAt !== undefined) exhausted.run(tab.exhaustedAt, id)
      return amount === 0n ? undefined : payment(`usage:${lastInsertRowid}`, tab.agreement, { platform, owner })
    }
  }
}

interface Recorded { readonly at: number, readonly record: number, readonly amount: bigint, readonly platform: bigint }

/** For the log: what was delivered, and the usage record of it. */
function* factsOf(tab: Tab, recorded: Recorded): Iterable<Fact> {
  const { agreement, open } = tab, { id: agreementId, subscriberId, offer: { ownerId, streamId } } = agreement, about = { at: recorded.at, ownerId, readerId: subscriberId }
  let unnamed = open.messages
  for (const [consentId, count] of tab.replayed.nameless()) {
    unnamed -= count
    yield { ...about, kind: 'delivery', what: { agreementId, streamId, consentId, count, digest: null } }
  }
  for (const digest of tab.deliveries.digests(tab.ranges)) {
    unnamed -= digest.count
    yield { ...about, kind: 'delivery', what: { agreementId, streamId, ...digest } }
  }
  if (unnamed > 0) yield { ...about, kind: 'delivery', what: { agreementId, streamId, count: unnamed, digest: null } }
  yield usageFact(agreement, open, recorded)
}

/** For the log: a usage record. */
export function usageFact({ id: agreementId, subscriberId, offer: { ownerId, currency } }: Agreement, { messages, bytes, seconds, periods }: Usage, { at, record, amount, platform }: Recorded): Fact {
  const what = { record, agreementId, messages, bytes, seconds, periods, amount: formatAmount(amount), platformShare: formatAmount(platform), currency }
  return { kind: 'usage', at, ownerId, readerId: subscriberId, what }
}

/** From an agreement's reserve to those who share it. */
function payment(id: string, { id: agreementId, subscriberId, offer }: Agreement, { platform, owner }: Shares): Transfer {
  const { currency, ownerId } = offer
  return {
    id, reason: 'usage', parties: { ownerId, subscriberId }, postings: [
      { account: accounts.reserved(agreementId), currency, amount: -(platform + owner) },
      { account: accounts.owner(ownerId), currency, amount: owner },
      { account: accounts.platform, currency, amount: platform },
    ],
  }
}
