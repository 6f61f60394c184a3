// A bar that shows how far a long command is: on a terminal, and nowhere else.

const BAR_CELLS = 24

export interface ProgressTarget {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export class Progress {
  readonly #target: ProgressTarget
  #isDrawn = false

  constructor(target: ProgressTarget = process.stderr) { this.#target = target }

  /** `share` from 0 to 1; undefined where nobody knows the end. */
  update(share: number | undefined, text: string): void {
    if (this.#target.isTTY !== true) return
    const line = share === undefined ? text : `${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} %  ${text}`
    this.#target.write(`\r\x1b[2K${line.slice(0, (this.#target.columns || 80) - 1)}`)
    this.#isDrawn = true
  }

  /** Leaves the line to whatever is printed next. */
  end(): void {
    if (this.#isDrawn) this.#target.write('\r\x1b[2K')
    this.#isDrawn = false
  }
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS)
  return '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled)
}
