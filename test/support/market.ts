// A market on a data directory of its own, with a clock that is turned by hand; it can be opened again as after a stop or a kill.
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Agreement } from '#gateway/market/agreement.ts'
import { Agreements } from '#gateway/market/agreements.ts'
import { Ledger } from '#gateway/market/ledger.ts'
import { Meter } from '#gateway/market/meter.ts'
import { Offers, type NewOffer } from '#gateway/market/offers.ts'
import { USAGE_LOG_FILE } from '#gateway/market/usage-log.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { openState } from '#gateway/state/database.ts'
import { TransparencyLog } from '#gateway/transparency/transparency-log.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

export const OWNERS = ['own_a', 'own_b'] as const
export const SUBSCRIBERS = ['sub_a', 'sub_b'] as const

export class Market {
  readonly directory = temporaryFolder()
  readonly clock = new TurnedClock()
  readonly platformPercent: number
  /** Whoever opens it again calls `meter.recover`. */
  isRecovered = false
  /** Streams on which something changed, in order. */
  readonly changed: string[] = []
  database!: DatabaseSync
  ledger!: Ledger
  offers!: Offers
  agreements!: Agreements
  meter!: Meter
  transparency!: TransparencyLog

  constructor(platformPercent = 10) {
    this.platformPercent = platformPercent
    this.#open()
    const insert = this.database.prepare("INSERT INTO parties VALUES (?, 'owner', 'x', 0)")
    for (const id of [...OWNERS, ...SUBSCRIBERS]) insert.run(id)
  }

  /** Opens it again: after `kill` nothing was sealed or closed in order. */
  reopen(how: 'stop' | 'kill'): void {
    if (how === 'stop') this.meter.close()
    this.database.close()
    this.#open()
  }

  close(): void { this.database.close() }

  offer(more: Partial<NewOffer> = {}, ownerId: string = OWNERS[0]) {
    return this.offers.create(
      ownerId, { streamId: 's1', price: 1_000n, unit: 'message', currency: 'EUR', attributes: ['temperature'], ...more })
  }

  agree(more: Partial<NewOffer> = {}, budget = 1_000_000n, subscriberId: string = SUBSCRIBERS[0]): Agreement {
    return this.agreements.agree(subscriberId, { offerId: this.offer(more).id, purpose: 'dpv:ServiceProvision', budget })
  }

  usageOf({ id, subscriberId }: Agreement) { return this.meter.usage(subscriberId).find(({ agreementId }) => agreementId === id)! }

  /** What an agreement used and paid so far. */
  figuresOf(agreement: Agreement) {
    const { messages, bytes, seconds, periods, amount, left } = this.usageOf(agreement)
    return { messages, bytes, seconds, periods, amount, left }
  }

  /** Charges messages at these positions, and tells which may be handed over. */
  charge({ id }: Agreement, positions: readonly number[], bytes = 100): boolean[] {
    return positions.map(position => this.meter.charge(this.meter.accountOf(id), position, bytes))
  }

  isSuspended({ id }: Agreement): boolean { return this.agreements.get(id)!.exhaustedAt !== undefined }

  get logPath(): string { return join(this.directory, USAGE_LOG_FILE) }

  /** The usage records on disk: amount, and the platform's share of it. */
  records() {
    return this.database.prepare(
      'SELECT amount, platform_share FROM usage_records ORDER BY id').all().map(row => [row['amount'], row['platform_share']])
  }

  /** The ranges of delivered positions on disk. */
  rangesOf({ id }: Agreement) {
    return this.database.prepare(
      'SELECT first, last FROM delivered_ranges WHERE agreement_id = ? ORDER BY first').all(id).map(row => [row['first'], row['last']])
  }

  balance(account: string, currency = 'EUR'): bigint { return this.ledger.balance(account, currency) }

  #open(): void {
    const { clock, directory } = this
    this.database = openState(directory)
    // What a test costs is mostly the disk; whether a commit is on it is the state's test.
    this.database.exec('PRAGMA synchronous = OFF')
    this.transparency = new TransparencyLog({ database: this.database, clock, key: SigningKey.open(directory) })
    const { append: appendToLog } = this.transparency
    this.ledger = new Ledger(this.database, clock, appendToLog)
    this.offers = new Offers(this.database, clock)
    this.agreements = new Agreements({
      database: this.database, clock, offers: this.offers, ledger: this.ledger, appendToLog, onChange: streamId => { this.changed.push(streamId) },
    })
    this.meter = new Meter({
      database: this.database, clock, ledger: this.ledger, agreements: this.agreements, appendToLog, directory, platformPercent: this.platformPercent, isRecovered: this.isRecovered,
    })
  }
}
