// Asks again and again, never twice at a time, and tells of the same trouble once.
import { asGatewayError } from './node.ts'
import type { GatewayError } from './gateway-error.ts'

export interface PollerOptions {
  /** From the end of one time to the beginning of the next. */
  readonly everyMs: number
  readonly ask: () => Promise<void>
  /** Hears of an error when it is another than the last one, until it works again. */
  readonly onError: (error: GatewayError) => void
}

export class Poller {
  readonly #options: PollerOptions
  #timer: NodeJS.Timeout | undefined
  #isStopped = false
  #trouble: string | undefined

  constructor(options: PollerOptions) { this.#options = options }

  start(): void { void this.#ask() }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #ask(): Promise<void> {
    const { everyMs, ask, onError } = this.#options
    try {
      await ask()
      this.#trouble = undefined
    } catch (thrown) {
      const error = asGatewayError(thrown)
      if (!this.#isStopped && error.code !== this.#trouble) onError(error)
      this.#trouble = error.code
    }
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#ask(), everyMs)
  }
}
