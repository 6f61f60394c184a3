// The tab of one agreement: what was delivered and used under it, in the books and since they were sealed.
// Plain arithmetic on numbers: amounts come in only when it is sealed.
import type { Agreement } from '#gateway/market/agreement.ts'
import { Deliveries } from '#gateway/market/deliveries.ts'
import { endOfPeriods, parsePeriod, type Period } from '#gateway/market/period.ts'
import { affordable, priceOf, sumOf, type Usage } from '#gateway/market/price.ts'
import type { Ranges } from '#gateway/market/ranges.ts'
import { Replayed } from '#gateway/market/replayed.ts'
import type { LogEntry } from '#gateway/market/usage-log.ts'

/** The highest position that was delivered on a stream, under whatever agreement. */
export interface HighWater { position: number }

/** What the books know of an agreement. */
export interface Sealed extends Usage {
  readonly amount: bigint
  /** The second paid last, counted from 1970. */
  readonly lastSecond: number
  /** The periods paid since an anchor (milliseconds since 1970), one after the other. */
  readonly periodAnchor: number
  readonly periodCount: number
  /** What the usage log tells of it up to this entry is in it. */
  readonly logNumber: number
}

export interface TabStart { readonly sealed: Sealed, readonly ranges: Ranges, readonly left: bigint, readonly highWater: HighWater }

export class Tab {
  readonly agreement: Agreement
  readonly ranges: Ranges
  /** What was delivered since the books were sealed, as far as it has names. */
  readonly deliveries = new Deliveries()
  /** What a crash left in the log, which has no names: those that are still looked for. */
  readonly replayed = new Replayed()
  /** The consent that stands in the log for the runs that follow. */
  loggedConsent = ''
  sealed: Sealed
  /** Since the books were sealed. */
  readonly open = { messages: 0, bytes: 0, seconds: 0, periods: 0 }
  isOpen = false
  /** Its agreement has not ended. */
  isOpenToCharges = true
  lastSecond: number
  periodAnchor: number
  periodCount: number
  /** In milliseconds since 1970. */
  paidUntil = 0
  /** Whether it was in force when time was charged last, so that its periods follow each other. */
  isRunning = false
  connections = 0
  exhaustedAt: number | undefined
  readonly #highWater: HighWater
  readonly #period: Period | undefined
  readonly #billsMessages: number
  readonly #billsBytes: number
  /** What is left of the budget when all that is sealed is paid. */
  #left: bigint
  /** How much of what the price counts the open usage may have, and has. */
  #affordable: number
  #used = 0
  /** Whether the price counts seconds or periods. */
  readonly countsTime: boolean
  /** Positions that were booked last, follow each other and went out by one consent, and the bytes of their messages in all; good while they are not in the log. */
  runFirst = 0
  runLast = 0
  runBytes = 0
  runConsentId = ''
  hasRun = false
  #lastBooked = NEVER
  /** A position in each range that grew since the books were sealed. */
  #grown: number[] = []

  constructor(agreement: Agreement, books: TabStart) {
    const { unit, period } = agreement.offer
    this.agreement = agreement
    this.ranges = books.ranges
    this.sealed = books.sealed
    this.lastSecond = books.sealed.lastSecond
    this.periodAnchor = books.sealed.periodAnchor
    this.periodCount = books.sealed.periodCount
    this.exhaustedAt = agreement.exhaustedAt
    this.#highWater = books.highWater
    this.#period = period === undefined ? undefined : parsePeriod(period)
    if (this.periodCount > 0) this.paidUntil = this.endOfPeriods(this.periodCount)
    this.countsTime = unit === 'second' || unit === 'period'
    this.#billsMessages = unit === 'message' ? 1 : 0
    this.#billsBytes = unit === 'kB' ? 1 : 0
    this.#left = books.left
    this.#affordable = affordable(agreement.offer, books.left)
  }

  /** What the open usage costs. */
  get openAmount(): bigint { return priceOf(this.agreement.offer, this.open) }
  get left(): bigint { return this.#left - this.openAmount }
  /** What was used in all. */
  get usage(): Usage { return sumOf(this.sealed, this.open) }
  /** How many more seconds or periods the budget covers. */
  get unitsLeft(): number { return this.#affordable - this.#used }

  /** Whether the budget covers so much more, rounded as the usage record will be. */
  canPay(messages: number, bytes: number): boolean {
    return this.#used + messages * this.#billsMessages + bytes * this.#billsBytes <= this.#affordable
  }

  /** Whether a message at this position would begin a run anew: the one that there is has to be logged before. */
  endsRun(position: number, consentId: string): boolean { return this.hasRun && (position !== this.runLast + 1 || consentId !== this.runConsentId) }

  /** Books a message at a position that is new. */
  addMessage(position: number, bytes: number, consentId: string): void {
    this.ranges.add(position)
    if (position > this.#highWater.position) this.#highWater.position = position
    this.open.messages++
    this.open.bytes += bytes
    this.#used += this.#billsMessages + bytes * this.#billsBytes
    this.isOpen = true
    if (position !== this.#lastBooked + 1) this.#grown.push(position)
    this.#lastBooked = position
    this.#addToRun(position, bytes, consentId)
  }

  #addToRun(position: number, bytes: number, consentId: string): void {
    if (!this.hasRun) {
      this.runFirst = position
      this.runBytes = 0
      this.runConsentId = consentId
      this.hasRun = true
    }
    this.runLast = position
    this.runBytes += bytes
  }

  addSeconds(count: number, last: number): void {
    this.open.seconds += count
    this.#used += count
    this.lastSecond = last
    this.isOpen = true
  }

  addPeriod(anchor: number, count: number): void {
    this.open.periods++
    this.#used++
    this.periodAnchor = anchor
    this.periodCount = count
    this.paidUntil = this.endOfPeriods(count)
    this.isOpen = true
  }

  /** When the last of so many periods since the anchor ends. */
  endOfPeriods(count: number): number { return endOfPeriods(this.periodAnchor, this.#period!, count) }

  exhaust(at: number): void {
    this.exhaustedAt = at
    this.isOpen = true
  }

  /**
   * Books again what the log tells after a crash. It was covered then; what is not covered now, because the books were restored from a
   * backup, is the subscriber's.
   */
  replay(entry: LogEntry): void {
    const [kind] = entry
    if (kind === 'consent') this.replayed.consentId = entry[2]
    else if (kind === 'exhausted') this.exhaust(entry[2])
    else if (kind === 'seconds') this.addSeconds(Math.min(entry[2], this.unitsLeft), entry[3])
    else if (kind === 'period' && this.unitsLeft > 0) this.addPeriod(entry[2], entry[3])
    else if (kind === 'messages') this.#replayRun(entry[2], entry[3], entry[4])
  }

  /** The ranges that changed since the books were sealed. */
  *changedRanges(): Iterable<readonly [first: number, last: number]> {
    let known = -1
    for (const position of this.#grown) {
      const [first, last] = this.ranges.around(position)
      if (first !== known) yield [first, last]
      known = first
    }
  }

  /** The open usage is in the books now, for this amount. */
  seal(amount: bigint, logNumber: number): void {
    const { open, lastSecond, periodAnchor, periodCount } = this
    this.sealed = { ...sumOf(this.sealed, open), amount: this.sealed.amount + amount, lastSecond, periodAnchor, periodCount, logNumber }
    open.messages = open.bytes = open.seconds = open.periods = 0
    this.#left -= amount
    this.#affordable = affordable(this.agreement.offer, this.#left)
    this.#used = 0
    this.#grown = []
    this.#lastBooked = NEVER
    this.deliveries.clear()
    this.replayed.clear()
    this.loggedConsent = ''
    this.isOpen = false
  }

  #replayRun(first: number, last: number, bytes: number): void {
    if (!this.canPay(last - first + 1, bytes)) return
    const { consentId } = this.replayed
    for (let position = first; position <= last; position++) {
      if (this.ranges.has(position)) continue
      this.hasRun &&= !this.endsRun(position, consentId)
      this.addMessage(position, position === first ? bytes : 0, consentId)
      this.replayed.add(position)
    }
    this.hasRun = false
  }
}

/** No position follows it. */
const NEVER = -1
