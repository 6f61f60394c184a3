// A node's status: set only when it is another, and how fast its messages come at most every two seconds.
import type { Feed } from './feed.ts'
import { refusedStatus, type Host } from './node.ts'
import { formatRate, Rate } from './rate.ts'
import type { Status } from './red.ts'

export const RATE_EVERY_MS = 2000

export class StatusLine {
  readonly #host: Host
  readonly #feed: () => Feed
  readonly #rate = new Rate(Date.now())
  readonly #timer: NodeJS.Timeout
  #perSecond = 0
  #shown = ''

  constructor(host: Host, feed: () => Feed) {
    this.#host = host
    this.#feed = feed
    this.#timer = setInterval(() => {
      this.#perSecond = this.#rate.take(Date.now())
      this.show()
    }, RATE_EVERY_MS)
  }

  count(messages: number): void { this.#rate.add(messages) }

  show(): void {
    const status = this.#status(), text = JSON.stringify(status)
    if (text === this.#shown) return
    this.#shown = text
    this.#host.node.status(status)
  }

  stop(): void { clearInterval(this.#timer) }

  /** What needs the user's eye first. */
  #status(): Status {
    const { RED, translate } = this.#host, { connecting, connected, endCode } = this.#feed().standing
    if (endCode !== undefined) return refusedStatus(endCode, translate)
    if (connecting > 0) return { fill: 'yellow', shape: 'ring', text: RED._('node-red:common.status.connecting') }
    if (connected === 0) return { fill: 'grey', shape: 'ring', text: translate('common.status.noStream') }
    return { fill: 'green', shape: 'dot', text: `${RED._('node-red:common.status.connected')} ${formatRate(this.#perSecond)}` }
  }
}
