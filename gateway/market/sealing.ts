// Brings what was used into the books: all of it where somebody waits for that, else some agreements at a time, so that no message waits
// longer than those take. Meanwhile the usage log is two files: the older one goes when all that had something in it are in the books.
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Books } from '#gateway/market/books.ts'
import type { Tab } from '#gateway/market/tab.ts'
import type { UsageLog } from '#gateway/market/usage-log.ts'

/** Agreements that are sealed at a time, in one transaction: each takes some 0.1 ms. */
export const SEAL_TABS_MIN = 64
/** A round is to be over after so many steps. */
export const SEAL_STEPS = 300

/** Of a round of so many. */
export function tabsAtATime(count: number): number { return Math.max(SEAL_TABS_MIN, Math.ceil(count / SEAL_STEPS)) }

export class Sealing {
  readonly #books: Books
  readonly #log: UsageLog
  /** What was used since it was sealed. */
  readonly #open = new Set<Tab>()
  /** Of these, what the older file may tell of. */
  readonly #due = new Set<Tab>()
  #tabsAtATime = SEAL_TABS_MIN
  #hasFailed = false

  constructor(books: Books, log: UsageLog) {
    this.#books = books
    this.#log = log
  }

  get open(): ReadonlySet<Tab> { return this.#open }
  /** How many are still to be sealed in this round. */
  get due(): number { return this.#due.size }

  add(tab: Tab): void { this.#open.add(tab) }

  /** All of them, or those whose agreements fit. On disk when this returns. What was charged has to be in the log. */
  seal(fits?: (agreement: Agreement) => boolean): void {
    if (fits) return this.#seal([...this.#open].filter(({ agreement }) => fits(agreement)))
    if (this.#open.size === 0) return
    this.#books.seal([...this.#open], this.#log.number, true)
    this.#open.clear()
    this.#due.clear()
    this.#log.cut()
  }

  /** Begins a round, or goes on with one that has failed. */
  begin(): void {
    this.#hasFailed = false
    if (this.#due.size > 0 || this.#open.size === 0) return
    this.#log.rotate()
    for (const tab of this.#open) this.#due.add(tab)
    this.#tabsAtATime = tabsAtATime(this.#due.size)
  }

  /** The next of a round. Throws where they cannot be written: then it goes on when the next round would begin. */
  step(): void {
    if (this.#hasFailed || this.#due.size === 0) return
    this.#hasFailed = true
    this.#seal([...this.#due.values().take(this.#tabsAtATime)])
    this.#hasFailed = false
  }

  #seal(tabs: readonly Tab[]): void {
    if (tabs.length === 0) return
    const wasDue = this.#due.size > 0
    this.#books.seal(tabs, this.#log.number, false)
    for (const tab of tabs) {
      this.#open.delete(tab)
      this.#due.delete(tab)
    }
    if (wasDue && this.#due.size === 0) this.#log.dropOlder()
  }
}
