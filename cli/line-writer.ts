// Lines for whoever reads stdout: what one turn of the loop brings is one write, and a reader who is slow is waited for.
import type { Writable } from 'node:stream'

export class LineWriter {
  readonly #target: Writable
  readonly #onRoom: (hasRoom: boolean) => void
  #lines: string[] = []

  /** `onRoom` is told false when the reader has had enough for now, and true when there is room again. */
  constructor(target: Writable, onRoom: (hasRoom: boolean) => void) {
    this.#target = target
    this.#onRoom = onRoom
  }

  write(line: string): void {
    if (this.#lines.push(line) === 1) setImmediate(() => this.flush())
  }

  flush(): void {
    if (this.#lines.length === 0) return
    const text = `${this.#lines.join('\n')}\n`
    this.#lines = []
    if (this.#target.write(text)) return
    this.#onRoom(false)
    this.#target.once('drain', () => this.#onRoom(true))
  }
}
