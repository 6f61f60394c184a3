// The meter: charges what is handed over, in memory and in the usage log, and seals it into usage records and postings once a minute.
// On the data path: one look-up and arithmetic on numbers; no promise, no database, no amount.
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import { Books, type BooksOptions } from '#gateway/market/books.ts'
import type { MessageName } from '#gateway/market/deliveries.ts'
import type { Unit } from '#gateway/market/offers.ts'
import type { Usage } from '#gateway/market/price.ts'
import { Sealing } from '#gateway/market/sealing.ts'
import { secondOf, secondsBegun } from '#gateway/market/seconds.ts'
import { Tab, type HighWater } from '#gateway/market/tab.ts'
import { UsageLog, type LogEntry } from '#gateway/market/usage-log.ts'

export interface MeterOptions extends BooksOptions {
  readonly agreements: Agreements
  /** Where usage.log lies. */
  readonly directory: string
  /** What a crash left in the usage log is sealed by `recover`, and not at once. */
  readonly isRecovered?: boolean
}

/** Tells the names of a stream's messages at these positions, in their order, as far as they are known. */
export type Names = (streamId: string, runs: Iterable<readonly [first: number, last: number]>, each: (position: number, name: MessageName) => void) => Promise<void>

/** What a subscriber has used and pays under one agreement. */
export interface UsageReport extends Usage {
  readonly agreementId: string
  readonly streamId: string
  /** Micro-units. */
  readonly amount: bigint
  readonly currency: string
  readonly unit: Unit
  /** Of the budget. */
  readonly left: bigint
}

/**
 * Runs of delivered message ids that are held until the books are sealed: with more of them they are hashed early. Some 20 MB; what of
 * it comes in one second comes on top, and a hash for each agreement.
 */
export const DELIVERED_RUNS_MAX = 1 << 19

/** The tab of one agreement, for whoever charges to it. */
export type Account = Tab

export class Meter {
  readonly #options: MeterOptions
  readonly #books: Books
  readonly #log: UsageLog
  /** Of agreements that have not ended, as far as they were asked for. */
  readonly #tabs = new Map<string, Tab>()
  /** Those whose price counts time. */
  readonly #timed = new Set<Tab>()
  readonly #sealing: Sealing
  readonly #unlogged: Tab[] = []
  readonly #highWater: Map<string, HighWater>
  /** Whether an agreement is in force at this moment: only then a period begins. */
  isActive: (agreement: Agreement) => boolean = () => true

  /** Reads the usage log, and seals what a crash left in it, unless it is going to be recovered. */
  constructor(options: MeterOptions) {
    const { agreements, directory } = options
    this.#options = options
    this.#books = new Books(options)
    this.#highWater = new Map(Array.from(this.#books.highest(), ([streamId, position]) => [streamId, { position }]))
    const entries: LogEntry[] = []
    this.#log = new UsageLog(directory, this.#books.logStart(), (entry, number) => { if (!this.#isSealed(entry, number)) entries.push(entry) })
    this.#sealing = new Sealing(this.#books, this.#log)
    for (const entry of entries) this.#replay(entry)
    if (!options.isRecovered) this.seal()
    if (this.#sealing.open.size === 0) this.#log.cut()
    for (const agreement of agreements.all()) this.#begin(agreement)
    agreements.onBegun = agreement => this.#begin(agreement)
    agreements.onEnding = agreement => this.#settle(agreement)
  }

  /**
   * Charges one message that is about to be handed over. True: it may be; a position that was delivered under this agreement before is
   * free. False: the budget does not cover it, and the agreement is suspended from now on, or it has ended. `message` and the consent that
   * lets it out are for the transparency log.
   */
  charge(tab: Account | undefined, position: number, bytes: number, message?: MessageName, consentId = ''): boolean {
    if (!tab?.isOpenToCharges || !this.#isPaidNow(tab)) return false
    if (tab.ranges.has(position)) return true
    if (!tab.canPay(1, bytes)) return this.#exhaust(tab)
    if (!tab.isOpen) this.#sealing.add(tab)
    if (tab.endsRun(position, consentId)) this.#logRun(tab)
    if (!tab.hasRun) this.#unlogged.push(tab)
    tab.addMessage(position, bytes, consentId)
    if (message !== undefined) tab.deliveries.add(position, message, consentId)
    return true
  }

  /** Whether one more message of so many bytes is covered, for whoever has to charge several agreements or none. Where it is not, that is as in `charge`. */
  affords(tab: Account, bytes: number): boolean {
    if (!tab.isOpenToCharges || tab.exhaustedAt !== undefined) return false
    const { unit } = tab.agreement.offer, now = this.#options.clock.now()
    const isCovered = unit === 'second' ? secondsBegun(tab.lastSecond, now) <= tab.unitsLeft : unit === 'period' ? now < tab.paidUntil || tab.unitsLeft >= 1 : tab.canPay(1, bytes)
    return isCovered || this.#exhaust(tab)
  }

  /** What is charged to under an agreement; undefined where there is none any more. It may be held for as long as it is open to charges. */
  accountOf(agreementId: string): Account | undefined { return this.#tab(agreementId) }

  /** A connection opens. False when the second, or the period, that it begins in cannot be paid. */
  connected(agreementId: string): boolean {
    const tab = this.#tab(agreementId)
    if (tab === undefined || !this.#isPaidNow(tab)) return false
    tab.connections++
    return true
  }

  /** A connection that was opened has closed. */
  disconnected(agreementId: string): void {
    const tab = this.#tabs.get(agreementId)
    if (tab === undefined || tab.connections === 0) return
    this.#isPaidNow(tab)
    tab.connections--
  }

  /**
   * Hands what was charged since the last call to the operating system. To be called before the bytes are handed to a socket: a kill after
   * it forgets nothing.
   */
  commit(): void {
    for (const tab of this.#unlogged) if (tab.hasRun) this.#logRun(tab)
    this.#unlogged.length = 0
    this.#log.write()
  }

  /** Has what was charged on the disk, whatever becomes of the power. To be called every second. */
  sync(): void {
    this.commit()
    this.#log.sync()
  }

  /** Finds the names of what a crash left in the usage log, and seals it. To be called before anything is charged. */
  async recover(names: Names): Promise<void> {
    for (const { agreement, replayed, deliveries } of this.#sealing.open) {
      await names(agreement.offer.streamId, replayed.runs(), (position, name) => deliveries.add(position, name, replayed.named(position)))
    }
    this.seal()
  }

  /** Brings the books up to this moment, of all agreements or of those that fit. To be called before they are read. */
  seal(fits?: (agreement: Agreement) => boolean): void {
    this.commit()
    this.#sealing.seal(fits)
  }

  /** As `seal`, of whatever a party has a part in. */
  sealOf(partyId: string): void { this.seal(({ subscriberId, offer: { ownerId } }) => subscriberId === partyId || ownerId === partyId) }

  /** Begins to bring the books up to this moment, which `sealSome` goes on with. To be called every minute. */
  beginSealing(): void {
    this.commit()
    this.#sealing.begin()
  }

  /** To be called ten times a second: some agreements at a time. */
  sealSome(): void {
    if (this.#sealing.due === 0) return
    this.commit()
    this.#sealing.step()
  }

  /** Charges the seconds and the periods that have begun, and hashes what was delivered where too much waits for that. To be called every second. */
  tick(): void {
    let runCount = 0
    for (const { deliveries } of this.#sealing.open) runCount += deliveries.runCount
    if (runCount > DELIVERED_RUNS_MAX) this.#fold()
    for (const tab of this.#timed) {
      if (tab.agreement.offer.unit === 'second') {
        if (tab.connections > 0) this.#isPaidNow(tab)
      } else {
        tab.isRunning = this.isActive(this.#options.agreements.get(tab.agreement.id)!) && this.#isPaidNow(tab)
      }
    }
  }

  /** What a subscriber's agreements have used, in the order in which they were made; what is not sealed yet is in it. */
  usage(subscriberId: string): readonly UsageReport[] {
    return this.#options.agreements.list(subscriberId).map(agreement => {
      const { id, offer: { streamId, currency, unit } } = agreement
      const tab = this.#tabs.get(id), sealed = tab?.sealed ?? this.#books.sealed(id)
      const { messages, bytes, seconds, periods } = tab?.usage ?? sealed
      const amount = sealed.amount + (tab?.openAmount ?? 0n), left = tab?.left ?? this.#books.reserved(agreement)
      return { agreementId: id, streamId, messages, amount, currency, unit, bytes, seconds, periods, left }
    })
  }

  /** The highest position that was ever delivered on a stream: no message may have it again. */
  highestPosition(streamId: string): number { return this.#highWater.get(streamId)?.position ?? 0 }

  /** Seals the books, and closes the log. */
  close(): void {
    this.seal()
    this.#log.close()
  }

  #tab(agreementId: string): Tab | undefined { return this.#tabs.get(agreementId) ?? this.#load(agreementId) }

  #load(agreementId: string): Tab | undefined {
    const agreement = this.#options.agreements.get(agreementId)
    if (agreement === undefined || agreement.endedAt !== undefined) return undefined
    const { id, offer: { streamId, unit } } = agreement
    const highWater = this.#highWater.get(streamId) ?? { position: 0 }
    this.#highWater.set(streamId, highWater)
    const left = this.#books.reserved(agreement)
    const tab = new Tab(agreement, { sealed: this.#books.sealed(id), ranges: this.#books.ranges(id), left, highWater })
    this.#tabs.set(id, tab)
    if (unit === 'second' || unit === 'period') this.#timed.add(tab)
    return tab
  }

  /** Periods begin whether anything is delivered or not, so they are watched from the beginning. */
  #begin({ id, endedAt, offer }: Agreement): void {
    if (offer.unit === 'period' && endedAt === undefined) this.#tab(id)
  }

  /** Nothing more is charged to an agreement that ends. */
  #settle({ id }: Agreement): void {
    const tab = this.#tabs.get(id)
    if (tab !== undefined && tab.connections > 0) this.#isPaidNow(tab)
    this.seal(agreement => agreement.id === id)
    this.#tabs.delete(id)
    if (tab === undefined) return
    tab.isOpenToCharges = false
    this.#timed.delete(tab)
  }

  #fold(): void { for (const { deliveries, ranges } of this.#sealing.open) deliveries.fold(ranges) }

  /** It is in the books, or nobody's any more. */
  #isSealed([, agreementId]: LogEntry, number: number): boolean { return number <= (this.#tab(agreementId)?.sealed.logNumber ?? Infinity) }

  #replay(entry: LogEntry): void {
    const tab = this.#tab(entry[1])!
    tab.replay(entry)
    this.#sealing.add(tab)
    if (entry[0] === 'exhausted') this.#options.agreements.restoreExhausted(entry[1], entry[2])
  }

  /** Charges the time that has begun, where the price counts time. False: the budget does not cover it. */
  #isPaidNow(tab: Tab): boolean {
    if (tab.exhaustedAt !== undefined) return false
    if (!tab.countsTime) return true
    const { unit } = tab.agreement.offer
    if (unit === 'second') return this.#paySeconds(tab, this.#options.clock.now())
    return unit !== 'period' || this.#payPeriod(tab, this.#options.clock.now())
  }

  /** Each second that has begun while there was a connection; the one that a connection begins in, if it was not paid for another. */
  #paySeconds(tab: Tab, now: number): boolean {
    const begun = secondsBegun(tab.lastSecond, now), due = tab.connections > 0 ? begun : Math.min(begun, 1)
    const paid = Math.min(due, tab.unitsLeft)
    if (paid > 0) {
      this.#log.add(['seconds', tab.agreement.id, paid, secondOf(now)])
      this.#sealing.add(tab)
      tab.addSeconds(paid, secondOf(now))
    }
    return paid === due || this.#exhaust(tab)
  }

  /** The period that has begun: behind the last one or, where the agreement was not in force or the gateway stood when that ended, now. */
  #payPeriod(tab: Tab, now: number): boolean {
    if (now < tab.paidUntil) return true
    if (tab.unitsLeft < 1) return this.#exhaust(tab)
    const follows = tab.isRunning && now < tab.endOfPeriods(tab.periodCount + 1)
    const [anchor, count] = follows ? [tab.periodAnchor, tab.periodCount + 1] as const : [now, 1] as const
    this.#log.add(['period', tab.agreement.id, anchor, count])
    this.#sealing.add(tab)
    tab.addPeriod(anchor, count)
    return true
  }

  #logRun(tab: Tab): void {
    if (tab.runConsentId !== tab.loggedConsent) this.#log.addConsent(tab.agreement.id, tab.loggedConsent = tab.runConsentId)
    this.#log.addRun(tab.agreement.id, tab.runFirst, tab.runLast, tab.runBytes)
    tab.hasRun = false
  }

  #exhaust(tab: Tab): false {
    const { id } = tab.agreement, at = this.#options.clock.now()
    this.#log.add(['exhausted', id, at])
    this.#sealing.add(tab)
    tab.exhaust(at)
    this.#options.agreements.exhaust(id, at)
    return false
  }
}
