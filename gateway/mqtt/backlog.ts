// What waits for the clients of one source, queued or sent and not acknowledged. Many may wait for one message: its bytes are held once, and
// counted once.
import type { Budget } from '#gateway/mqtt/budget.ts'
import { weightOf, type RoutedMessage } from '#gateway/mqtt/routed-message.ts'

/** What a waiting delivery costs beside its message, about. */
export const DELIVERY_BYTES = 128

export class Backlog {
  readonly #budget: Budget

  constructor(budget: Budget) { this.#budget = budget }

  get bytes(): number { return this.#budget.used }

  /** One more session waits for it. False where there is no room for that: the session goes without. */
  hold(message: RoutedMessage): boolean {
    if (!this.#budget.take(DELIVERY_BYTES + (message.holders === 0 ? weightOf(message) : 0))) return false
    message.holders++
    return true
  }

  release(message: RoutedMessage): void {
    message.holders--
    this.#budget.give(DELIVERY_BYTES + (message.holders === 0 ? weightOf(message) : 0))
  }
}
