// The meter: charges what is handed over, in memory and in the usage log, and seals it into usage records and postings once a second.
// On the data path: one look-up, integer arithmetic, no promise and no database.
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '#gateway/lib/clock.ts'
import { Account, NO_USAGE } from '#gateway/market/account.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import { accounts, type Ledger, type Transfer } from '#gateway/market/ledger.ts'
import { endOfPeriod } from '#gateway/market/period.ts'
import { split, type Usage } from '#gateway/market/price.ts'
import { UsageLog } from '#gateway/market/usage-log.ts'

export interface MeterOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly ledger: Ledger
  readonly agreements: Agreements
  /** Where usage.log lies. */
  readonly directory: string
  /** Of each usage record, in whole percent. */
  readonly platformPercent: number
}

/** What a subscriber has used and pays, what is not sealed yet included. */
export interface UsageReport extends Usage {
  readonly agreementId: string
  readonly streamId: string
  readonly amount: bigint
  readonly currency: string
  readonly unit: string
  readonly left: bigint
}

const SECOND_MS = 1_000
const GENERATION = 'usage_log_generation'
const ONE_SECOND: Usage = { ...NO_USAGE, seconds: 1 }
const ONE_PERIOD: Usage = { ...NO_USAGE, periods: 1 }

export class Meter {
  readonly #options: MeterOptions
  readonly #accounts = new Map<string, Account>()
  readonly #highest = new Map<string, number>()
  readonly #touched = new Set<Account>()
  readonly #log: UsageLog
  /** Whether an agreement is in force: only then a period begins. */
  isActive: (agreement: Agreement) => boolean = () => true

  constructor(options: MeterOptions) {
    this.#options = options
    const { database, directory, agreements } = options
    for (const agreement of agreements.all()) this.#load(agreement)
    this.#loadBooks()
    const generation = Number(database.prepare('SELECT value FROM meta WHERE key = ?').get(GENERATION)?.['value'] ?? 0)
    this.#log = new UsageLog(directory, generation, entry => this.#account(entry.agreementId)?.replay(entry))
    for (const { agreement, delivered } of this.#accounts.values()) this.#raise(agreement, delivered.last)
    agreements.onEnding = () => this.seal()
  }

  /**
   * Charges one message that is to be handed over. True: it may be (once for each position; what was delivered before is free). False: the budget does not cover it, and the agreement is
   * suspended from now on.
   */
  charge(agreementId: string, position: number, bytes: number): boolean {
    const account = this.#account(agreementId)
    if (!account) return false
    if (account.delivered.has(position)) return true
    if (!account.canPay({ messages: 1, bytes, seconds: 0, periods: 0 })) return this.#exhaust(account)
    account.addMessage(position, bytes)
    this.#touched.add(account)
    this.#raise(account.agreement, position)
    return true
  }

  /** A connection opens: false when its first second, or the period that begins, cannot be paid. */
  connected(agreementId: string): boolean {
    const account = this.#account(agreementId)
    if (!account || !this.#payTime(account, this.#options.clock.now(), account.connections + 1)) return false
    account.connections++
    this.commit()
    return true
  }

  disconnected(agreementId: string): void {
    const account = this.#accounts.get(agreementId)
    if (account && account.connections > 0) account.connections--
  }

  /** Writes to the log what was charged since the last call. To be called before the bytes are handed to a socket. */
  commit(): void {
    if (this.#touched.size === 0) return
    this.#log.append([...this.#touched].map(account => account.takeUnlogged()))
    this.#touched.clear()
  }

  /** Charges the seconds and periods that have begun. */
  tick(): void {
    const now = this.#options.clock.now()
    for (const account of this.#accounts.values()) {
      const { agreement, connections } = account
      if (agreement.offer.unit === 'message' || agreement.offer.unit === 'kB' || !this.#isRunning(agreement)) continue
      if (agreement.offer.unit === 'period' && !this.isActive(this.#options.agreements.get(agreement.id)!)) continue
      this.#payTime(account, now, connections)
    }
    this.commit()
  }

  /** Brings the books up to this moment: usage records, delivered ranges, postings and the log's generation, in one transaction. */
  seal(): void {
    this.commit()
    const dirty = [...this.#accounts.values()].filter(({ isDirty }) => isDirty)
    if (dirty.length === 0) return
    const { ledger, database } = this.#options, generation = this.#log.generation + 1
    const amounts = dirty.map(account => account.openAmount)
    ledger.transact(post => {
      dirty.forEach((account, n) => this.#write(account, amounts[n]!, post))
      database.prepare('INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(GENERATION, String(generation))
    })
    dirty.forEach((account, n) => account.seal(amounts[n]!))
    this.#log.cut(generation)
  }

  usage(subscriberId: string): readonly UsageReport[] {
    return this.#options.agreements.list(subscriberId).map(agreement => {
      const account = this.#account(agreement.id)!, { sealed, open, openAmount } = account
      return {
        agreementId: agreement.id, streamId: agreement.offer.streamId, messages: sealed.messages + open.messages, bytes: sealed.bytes + open.bytes, seconds: sealed.seconds + open.seconds,
        periods: sealed.periods + open.periods, amount: sealed.amount + openAmount, currency: agreement.offer.currency, unit: agreement.offer.unit, left: account.left - openAmount,
      }
    })
  }

  /** The highest position that was ever delivered on a stream: no message may have it again. */
  highestPosition(streamId: string): number { return this.#highest.get(streamId) ?? 0 }

  close(): void {
    this.seal()
    this.#log.close()
  }

  #account(agreementId: string): Account | undefined {
    const known = this.#accounts.get(agreementId)
    if (known) return known
    const agreement = this.#options.agreements.get(agreementId)
    return agreement && this.#load(agreement)
  }

  #load(agreement: Agreement): Account {
    const account = new Account(agreement, agreement.budget)
    this.#accounts.set(agreement.id, account)
    return account
  }

  #loadBooks(): void {
    const { database } = this.#options
    const sums = database.prepare('SELECT agreement_id, sum(messages) AS messages, sum(bytes) AS bytes, sum(seconds) AS seconds, sum(periods) AS periods, sum(amount) AS amount FROM usage_records GROUP BY agreement_id')
    sums.setReadBigInts(true)
    for (const row of sums.all() as unknown as Record<string, bigint>[]) {
      const account = this.#accounts.get(String(row['agreement_id']))!
      account.sealed = { messages: Number(row['messages']), bytes: Number(row['bytes']), seconds: Number(row['seconds']), periods: Number(row['periods']), amount: row['amount']! }
      account.left -= row['amount']!
    }
    for (const row of database.prepare('SELECT * FROM delivered_ranges ORDER BY agreement_id, first').iterate()) this.#accounts.get(row['agreement_id'] as string)!.delivered.add(Number(row['first']), Number(row['last']))
    for (const row of database.prepare('SELECT id, paid_until FROM agreements').iterate()) this.#accounts.get(row['id'] as string)!.paidUntil = Number(row['paid_until'])
  }

  /** Pays for the time that has begun, as long as there is a connection (seconds) or at all (periods). */
  #payTime(account: Account, now: number, connections: number): boolean {
    const { offer } = account.agreement
    if (offer.unit !== 'second' && offer.unit !== 'period') return true
    while (account.paidUntil <= now && (offer.unit === 'period' || connections > 0)) {
      const one = offer.unit === 'second' ? ONE_SECOND : ONE_PERIOD
      if (!account.canPay(one)) return this.#exhaust(account)
      account.add(one)
      this.#touched.add(account)
      // Time goes on from where it was paid to, unless nobody was there to use it.
      const start = now - account.paidUntil < 2 * SECOND_MS ? account.paidUntil : now
      account.paidUntil = offer.unit === 'second' ? start + SECOND_MS : endOfPeriod(start, offer.period!)
    }
    return true
  }

  #isRunning({ id }: Agreement): boolean {
    const agreement = this.#options.agreements.get(id)
    return agreement?.endedAt === undefined && agreement?.exhaustedAt === undefined
  }

  #exhaust({ agreement }: Account): false {
    this.#options.agreements.exhaust(agreement.id)
    return false
  }

  #write(account: Account, amount: bigint, post: (transfer: Transfer) => void): void {
    const { database, clock } = this.#options, { agreement, open, delivered, paidUntil } = account
    const { lastInsertRowid } = database.prepare('INSERT INTO usage_records (agreement_id, sealed_at, messages, bytes, seconds, periods, amount) VALUES (?, ?, ?, ?, ?, ?, ?)').run(
      agreement.id, clock.now(), open.messages, open.bytes, open.seconds, open.periods, amount)
    database.prepare('UPDATE agreements SET paid_until = ? WHERE id = ?').run(paidUntil, agreement.id)
    database.prepare('DELETE FROM delivered_ranges WHERE agreement_id = ?').run(agreement.id)
    const insert = database.prepare('INSERT INTO delivered_ranges VALUES (?, ?, ?)')
    for (const [first, last] of delivered) insert.run(agreement.id, first, last)
    if (amount > 0n) post(this.#transferOf(String(lastInsertRowid), agreement, amount))
  }

  #transferOf(record: string, { id, offer: { currency, ownerId } }: Agreement, amount: bigint): Transfer {
    const { platform, owner } = split(amount, this.#options.platformPercent)
    const postings = [{ account: accounts.reserved(id), currency, amount: -amount }, { account: accounts.owner(ownerId), currency, amount: owner }]
    if (platform > 0n) postings.push({ account: accounts.platform, currency, amount: platform })
    return { id: `usage:${record}`, reason: 'usage', postings: postings.filter(posting => posting.amount !== 0n) }
  }

  #raise({ offer: { streamId } }: Agreement, position: number): void {
    if (position > (this.#highest.get(streamId) ?? 0)) this.#highest.set(streamId, position)
  }
}
