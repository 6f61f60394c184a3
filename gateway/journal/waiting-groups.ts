// What waits for the disk: groups that are full, in their order, and behind them the one that takes what comes.
import { Group } from '#gateway/journal/group.ts'

/**
 * A group that has so much takes no more: what comes goes to the next. All of a group is answered in one turn of the loop, and that is how
 * long everybody else waits for theirs.
 */
export const GROUP_BYTES_MAX = 4 << 20
/** Emptied groups whose memory is used again. */
const SPARE_MAX = 4

export class WaitingGroups {
  #filling = new Group()
  #committing: Group | undefined
  readonly #full: Group[] = []
  readonly #spare: Group[] = []

  /** The one that takes what comes. */
  get filling(): Group { return this.#filling }
  /** Of all of them, also of the one that is being committed. */
  get bytes(): number {
    let bytes = this.#filling.length + (this.#committing?.length ?? 0)
    for (const { length } of this.#full) bytes += length
    return bytes
  }

  /** All of them that have something, the oldest first. */
  get all(): readonly Group[] { return [...this.#committing ? [this.#committing] : [], ...this.#full, this.#filling].filter(({ length }) => length > 0) }

  /** What was added until now is to be committed as soon as that can be. */
  hurry(): void {
    this.#filling.isDue = true
    if (this.#filling.length >= GROUP_BYTES_MAX) this.#full.push(this.#change())
  }

  /** The next that is to be committed, if any is; it counts until it is `done`. */
  next(): Group | undefined { return this.#committing = this.#full.shift() ?? (this.#filling.isDue ? this.#change() : undefined) }

  /** It was committed, or could not be: all who wait for it are told. */
  done(group: Group, error?: unknown): void {
    this.#committing = undefined
    group.settle(error)
    if (this.#spare.length < SPARE_MAX) this.#spare.push(group)
  }

  #change(): Group {
    const filled = this.#filling
    this.#filling = this.#spare.pop() ?? new Group()
    return filled
  }
}
