// The books: double entry, where every transfer sums to zero, and no account but the outside world's falls below zero.
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { formatAmount } from '#gateway/market/amount.ts'
import { transaction } from '#gateway/state/database.ts'
import type { Append, Fact } from '#gateway/transparency/entry.ts'

export interface Posting {
  readonly account: string
  readonly currency: string
  /** Micro-units; what is positive comes in. */
  readonly amount: bigint
}
export type Balance = Posting

export interface Transfer {
  /** Names the transfer for ever: posted twice it counts once. */
  readonly id: string
  readonly reason: string
  /** Zero in sum for each currency. */
  readonly postings: readonly Posting[]
  /** Of whose agreement it is. */
  readonly parties?: { readonly ownerId: string, readonly subscriberId: string }
}

/** Posts a transfer in the transaction that is open. False: it was posted before. */
export type Post = (transfer: Transfer) => boolean

const EXTERNAL = 'external:'
export const accounts = {
  /** A subscriber's purse outside of the gateway: the only account that may be negative. */
  external: (subscriberId: string) => EXTERNAL + subscriberId,
  /** What is left of an agreement's budget. */
  reserved: (agreementId: string) => `reserved:${agreementId}`,
  owner: (ownerId: string) => `owner:${ownerId}`,
  platform: 'platform',
} as const

export class Ledger {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #appendToLog: Append | undefined
  readonly #balances = new Map<string, Balance>()
  #entries: number

  /** `appendToLog`: takes each transfer into the transparency log, in the same transaction. */
  constructor(database: DatabaseSync, clock: Clock, appendToLog?: Append) {
    this.#database = database
    this.#clock = clock
    this.#appendToLog = appendToLog
    const balances = database.prepare('SELECT * FROM balances').all() as unknown as Record<keyof Balance, string>[]
    for (const { account, currency, amount } of balances) {
      this.#balances.set(keyOf(account, currency), { account, currency, amount: BigInt(amount) })
    }
    this.#entries = Number(database.prepare('SELECT max(seq) AS last FROM postings').get()!['last'])
  }

  /** Posts a transfer in a transaction of its own. False: it was posted before. Throws CONFLICT where an account would fall below zero. */
  transfer(id: string, reason: string, postings: readonly Posting[]): boolean {
    return this.transact(post => post({ id, reason, postings }))
  }

  /**
   * Runs `work` in one transaction, in which it may post transfers beside what else it writes.
   * All of it is on disk when this returns, or none of it where it throws.
   */
  transact<T>(work: (post: Post) => T): T {
    const staged = new Map<string, Balance>()
    let entries = 0
    const result = transaction(this.#database, () => {
      const insertTransfer = this.#database.prepare('INSERT INTO transfers VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
      const insertPosting = this.#database.prepare('INSERT INTO postings (transfer_id, account, currency, amount) VALUES (?, ?, ?, ?)')
      const done = work(transfer => {
        const { id, reason, postings } = transfer, at = this.#clock.now()
        assertZero(id, postings)
        if (insertTransfer.run(id, at, reason).changes === 0) return false
        for (const { account, currency, amount } of this.#staged(id, postings, staged)) {
          insertPosting.run(id, account, currency, amount)
          entries++
        }
        this.#appendToLog?.(factOf(transfer, at))
        return true
      })
      this.#write(staged)
      return done
    })
    for (const [key, balance] of staged) this.#balances.set(key, balance)
    this.#entries += entries
    return result
  }

  /** Micro-units; 0 for an account that never was. */
  balance(account: string, currency: string): bigint { return this.#balances.get(keyOf(account, currency))?.amount ?? 0n }

  /** One for each account and currency, by their names. */
  balances(): readonly Balance[] {
    return [...this.#balances].sort(([one], [other]) => one < other ? -1 : 1).map(([, balance]) => balance)
  }

  /** An account that has another name in the database now. */
  rename(account: string, name: string): void {
    for (const [key, balance] of [...this.#balances]) {
      if (balance.account !== account) continue
      this.#balances.delete(key)
      this.#balances.set(keyOf(name, balance.currency), { ...balance, account: name })
    }
  }

  /** How many postings there are. */
  entries(): number { return this.#entries }

  /** Of all balances, by currency: zero, or the books are broken. */
  sums(): Record<string, bigint> {
    const sums: Record<string, bigint> = {}
    for (const { currency, amount } of this.#balances.values()) sums[currency] = (sums[currency] ?? 0n) + amount
    return sums
  }

  /** The postings that change something, after the balances that they lead to were staged. */
  #staged(id: string, postings: readonly Posting[], staged: Map<string, Balance>): readonly Posting[] {
    const changes = merged(postings)
    const balances = changes.map(({ account, currency, amount }) => {
      const before = staged.get(keyOf(account, currency))?.amount ?? this.balance(account, currency)
      return { account, currency, amount: before + amount }
    })
    const poor = balances.find(({ account, amount }) => amount < 0n && !account.startsWith(EXTERNAL))
    if (poor) throw new GatewayError('CONFLICT', `Transfer ${id} would leave ${poor.account} with less than nothing.`)
    for (const balance of balances) staged.set(keyOf(balance.account, balance.currency), balance)
    return changes
  }

  #write(staged: Map<string, Balance>): void {
    const upsert = this.#database.prepare('INSERT INTO balances VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = excluded.amount')
    for (const { account, currency, amount } of staged.values()) upsert.run(account, currency, String(amount))
  }
}

/** For the log. What is under no agreement is the platform's. */
function factOf({ id, reason, postings, parties }: Transfer, at: number): Fact {
  const moved = postings.map(({ account, currency, amount }) => [account, currency, formatAmount(amount)])
  return { kind: 'posting', at, ownerId: parties?.ownerId ?? accounts.platform, readerId: parties?.subscriberId, what: { transferId: id, reason, postings: moved } }
}

function keyOf(account: string, currency: string): string { return `${account} ${currency}` }

/** One posting for each account and currency, none of them of nothing. */
function merged(postings: readonly Posting[]): readonly Posting[] {
  const byKey = new Map<string, Posting>()
  for (const { account, currency, amount } of postings) {
    const key = keyOf(account, currency)
    byKey.set(key, { account, currency, amount: (byKey.get(key)?.amount ?? 0n) + amount })
  }
  return [...byKey.values()].filter(({ amount }) => amount !== 0n)
}

function assertZero(id: string, postings: readonly Posting[]): void {
  const sums = new Map<string, bigint>()
  for (const { currency, amount } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  for (const [currency, sum] of sums) if (sum !== 0n) throw new Error(`Transfer ${id} sums to ${sum} ${currency}, and must to zero`)
}
