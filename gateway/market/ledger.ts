// The books: double entry, where every transfer sums to zero, and no account but the outside world's falls below zero.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Clock } from '#gateway/lib/clock.ts'
import { transaction } from '#gateway/state/database.ts'

export interface Posting { readonly account: string, readonly currency: string, readonly amount: bigint }

export interface Transfer {
  /** Names the transfer for ever: the same one twice is an error. */
  readonly id: string
  readonly reason: string
  readonly postings: readonly Posting[]
}

export interface Balance { readonly account: string, readonly currency: string, readonly amount: bigint }

export const accounts = {
  /** A subscriber's purse outside of the gateway: the only account that may be negative. */
  external: (subscriberId: string) => `external:${subscriberId}`,
  reserved: (agreementId: string) => `reserved:${agreementId}`,
  owner: (ownerId: string) => `owner:${ownerId}`,
  platform: 'platform',
} as const

export class Ledger {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #insertTransfer: StatementSync
  readonly #insertPosting: StatementSync
  readonly #balances = new Map<string, Balance>()
  #entries: number

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    this.#insertTransfer = database.prepare('INSERT INTO transfers VALUES (?, ?, ?)')
    this.#insertPosting = database.prepare('INSERT INTO postings VALUES (?, ?, ?, ?)')
    const sums = database.prepare('SELECT account, currency, sum(amount) AS amount FROM postings GROUP BY account, currency')
    sums.setReadBigInts(true)
    for (const row of sums.all() as unknown as Balance[]) this.#balances.set(keyOf(row), { ...row })
    this.#entries = Number(database.prepare('SELECT count(*) AS count FROM postings').get()?.['count'])
  }

  /**
   * Runs `work` in one transaction of the state database, in which it may post transfers besides what else it writes. All of it is on disk when this returns, or none of it where it throws.
   */
  transact<T>(work: (post: (transfer: Transfer) => void) => T): T {
    const staged = new Map<string, Balance>()
    let entries = 0
    const result = transaction(this.#database, () => work(transfer => {
      this.#post(transfer, staged)
      entries += transfer.postings.length
    }))
    for (const [key, balance] of staged) this.#balances.set(key, balance)
    this.#entries += entries
    return result
  }

  balance(account: string, currency: string): bigint { return this.#balances.get(keyOf({ account, currency }))?.amount ?? 0n }
  balances(): readonly Balance[] { return [...this.#balances.values()].sort((a, b) => a.account < b.account ? -1 : 1) }
  /** Postings so far. */
  entries(): number { return this.#entries }

  /** Zero for each currency, or the books are broken. */
  sums(): Record<string, bigint> {
    const sums: Record<string, bigint> = {}
    for (const { currency, amount } of this.#balances.values()) sums[currency] = (sums[currency] ?? 0n) + amount
    return sums
  }

  #post({ id, reason, postings }: Transfer, staged: Map<string, Balance>): void {
    assertZero(id, postings)
    this.#insertTransfer.run(id, this.#clock.now(), reason)
    for (const posting of postings) {
      const key = keyOf(posting), before = staged.get(key)?.amount ?? this.#balances.get(key)?.amount ?? 0n, amount = before + posting.amount
      if (amount < 0n && !posting.account.startsWith('external:')) throw new Error(`Transfer ${id} would leave ${posting.account} with less than nothing`)
      this.#insertPosting.run(id, posting.account, posting.currency, posting.amount)
      staged.set(key, { account: posting.account, currency: posting.currency, amount })
    }
  }
}

function keyOf({ account, currency }: { account: string, currency: string }): string { return `${account} ${currency}` }

function assertZero(id: string, postings: readonly Posting[]): void {
  const sums = new Map<string, bigint>()
  for (const { currency, amount } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  for (const sum of sums.values()) if (sum !== 0n) throw new Error(`Transfer ${id} does not sum to zero`)
}
