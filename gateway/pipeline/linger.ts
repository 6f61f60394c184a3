// A loop that is woken for each message spends more on waking than on the message. Where thousands come in a second, one by one, it rests for
// a moment behind a turn, and the next turn has several: what network cards do with their interrupts. Nothing is handed over later than that
// moment; in bulk, and on a quiet day, there is none.

/** Messages in a second from which on it lingers: below that the next turn would hardly have more than one. */
export const LINGER_RATE_MIN = 2_000
/** A turn that had more messages was worth its waking. */
export const LINGER_COUNT_MAX = 16
/** Over which the rate is taken. */
export const LINGER_PERIOD_MS = 50

export class Linger {
  readonly #milliseconds: number
  readonly #now: () => number
  readonly #rest: (milliseconds: number) => void
  #count = 0
  #since = 0
  #isDense = false

  /** `milliseconds`: how long; 0: never. `now`: milliseconds that never run backwards. */
  constructor(milliseconds: number, now: () => number = () => performance.now(), rest: (milliseconds: number) => void = sleep) {
    this.#milliseconds = milliseconds
    this.#now = now
    this.#rest = rest
  }

  /** To be called behind a turn that had so many messages, when all that it has to say was handed to the sockets. */
  behind(count: number): void {
    if (this.#milliseconds === 0) return
    this.#count += count
    const now = this.#now(), passed = now - this.#since
    if (passed >= LINGER_PERIOD_MS) {
      this.#isDense = this.#count * 1_000 >= LINGER_RATE_MIN * passed
      this.#count = 0
      this.#since = now
    }
    if (this.#isDense && count <= LINGER_COUNT_MAX) this.#rest(this.#milliseconds)
  }
}

const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
function sleep(milliseconds: number): void { Atomics.wait(NEVER_WOKEN, 0, 0, milliseconds) }
