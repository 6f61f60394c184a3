// What one agreement has used: in the books, and since they were sealed last.
import type { Agreement } from '#gateway/market/agreement.ts'
import { priceOf, type Usage } from '#gateway/market/price.ts'
import { Ranges } from '#gateway/market/ranges.ts'
import type { LogEntry } from '#gateway/market/usage-log.ts'

export const NO_USAGE: Usage = { messages: 0, bytes: 0, seconds: 0, periods: 0 }

/** Usage of one agreement. Adding is plain arithmetic; whether it is affordable is asked first. */
export class Account {
  readonly agreement: Agreement
  readonly delivered = new Ranges()
  sealed: Usage & { readonly amount: bigint } = { ...NO_USAGE, amount: 0n }
  /** What is left of the budget when all that is sealed is paid. */
  left: bigint
  connections = 0
  /** Until then seconds or the period are paid, in milliseconds since 1970. */
  paidUntil = 0
  isDirty = false
  #open: Usage = NO_USAGE
  /** Booked and not yet in the log. */
  #unlogged: Usage = NO_USAGE
  #unloggedRanges: [number, number][] = []

  constructor(agreement: Agreement, left: bigint) {
    this.agreement = agreement
    this.left = left
  }

  get open(): Usage { return this.#open }
  get openAmount(): bigint { return priceOf(this.agreement.offer, this.#open) }

  /** Whether so much more is within the budget, rounded as the usage record will be. */
  canPay(more: Usage): boolean {
    const { offer } = this.agreement
    return offer.price === 0n || priceOf(offer, sum(this.#open, more)) <= this.left
  }

  addMessage(position: number, bytes: number): void {
    this.delivered.add(position)
    const newest = this.#unloggedRanges.at(-1)
    if (newest && newest[1] === position - 1) newest[1] = position
    else this.#unloggedRanges.push([position, position])
    this.add({ messages: 1, bytes, seconds: 0, periods: 0 })
  }

  add(more: Usage): void {
    this.#open = sum(this.#open, more)
    this.#unlogged = sum(this.#unlogged, more)
    this.isDirty = true
  }

  /** What is to be written to the log; asked once a turn. */
  takeUnlogged(): LogEntry {
    const entry = { agreementId: this.agreement.id, ranges: this.#unloggedRanges, ...this.#unlogged, paidUntil: this.paidUntil }
    this.#unlogged = NO_USAGE
    this.#unloggedRanges = []
    return entry
  }

  /** Books again what the log tells after a crash. */
  replay({ ranges, messages, bytes, seconds, periods, paidUntil }: LogEntry): void {
    for (const [first, last] of ranges) this.delivered.add(first, last)
    this.#open = sum(this.#open, { messages, bytes, seconds, periods })
    this.paidUntil = Math.max(this.paidUntil, paidUntil)
    this.isDirty = true
  }

  /** The open usage is in the books now, for this amount. */
  seal(amount: bigint): void {
    this.sealed = { ...sum(this.sealed, this.#open), amount: this.sealed.amount + amount }
    this.left -= amount
    this.#open = NO_USAGE
    this.isDirty = false
  }
}

function sum(a: Usage, b: Usage): Usage {
  return { messages: a.messages + b.messages, bytes: a.bytes + b.bytes, seconds: a.seconds + b.seconds, periods: a.periods + b.periods }
}
