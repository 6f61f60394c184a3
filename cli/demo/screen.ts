// What the demo shows while it runs: one screen on a terminal, a line every few seconds elsewhere.
import type { Writable } from 'node:stream'

export interface Figures {
  readonly elapsedS: number
  readonly seconds: number
  readonly devices: number
  readonly sent: number
  readonly received: number
  readonly delivered: number
  readonly dropped: Readonly<Record<string, number>>
  readonly deliveries: number
  readonly streams: number
  readonly subscribed: number
  readonly billed: string
  readonly event: string
  readonly last: string
}

const BAR_CELLS = 40
const PLAIN_EVERY_S = 5
const LAST_LENGTH_MAX = 300

export class Screen {
  readonly #out: Writable & { isTTY?: boolean, columns?: number }
  #lines = 0
  #plainAt = 0

  constructor(out: Writable & { isTTY?: boolean, columns?: number }) { this.#out = out }

  draw(figures: Figures): void {
    if (this.#out.isTTY !== true) return this.#drawPlain(figures)
    const lines = linesOf(figures, this.#out.columns || 100)
    const back = this.#lines > 0 ? `\x1b[${this.#lines}A` : ''
    this.#out.write(`${back}${lines.map(line => `\x1b[2K${line}`).join('\n')}\n`)
    this.#lines = lines.length
  }

  #drawPlain({ elapsedS, seconds, received, delivered, deliveries, event }: Figures): void {
    if (elapsedS < this.#plainAt) return
    this.#plainAt = elapsedS + PLAIN_EVERY_S
    this.#out.write(`${Math.floor(elapsedS)} of ${seconds} s: ${received} received, ${delivered} delivered, ${deliveries} handed over. ${event}\n`)
  }
}

function linesOf(figures: Figures, columns: number): string[] {
  const share = Math.min(1, figures.elapsedS / figures.seconds), filled = Math.round(share * BAR_CELLS)
  const dropped = Object.entries(figures.dropped).map(([reason, count]) => `${reason} ${count}`).join('  ')
  return [
    `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)} ${Math.floor(figures.elapsedS)} of ${figures.seconds} s`,
    '',
    `  devices    ${figures.devices} of five dialects, ${figures.sent} messages over MQTT`,
    `  gateway    ${figures.received} received → ${figures.delivered} delivered`,
    `  dropped    ${dropped || 'nothing'}`,
    `  owner      ${figures.streams} streams, ${figures.billed} EUR paid for them`,
    `  city       ${figures.subscribed} streams open, ${figures.deliveries} messages`,
    `  now        ${figures.event}`,
    '',
    `  ${figures.last.slice(0, LAST_LENGTH_MAX)}`,
  ].map(line => line.slice(0, columns - 1))
}
