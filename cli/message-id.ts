// Message ids as a client sees them: what was received already is known by them.

interface Order { readonly timestamp: number, readonly sequenceNumber: number }

/** Remembers how far each message chain of one stream was read, so that nothing is taken twice. */
export class Seen {
  readonly #chains = new Map<string, Order>()
  #last: string | undefined

  /** The id of the last message taken. */
  get last(): string | undefined { return this.#last }

  /** False where it was taken before: within a chain, ids only grow. */
  take(messageId: string): boolean {
    const parsed = parse(messageId)
    if (!parsed) return true
    const before = this.#chains.get(parsed.chain)
    if (before && !isAfter(parsed, before)) return false
    this.#chains.set(parsed.chain, parsed)
    this.#last = messageId
    return true
  }
}

function isAfter(a: Order, b: Order): boolean {
  return a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.sequenceNumber > b.sequenceNumber)
}

/** `<timestamp>-<sequenceNumber>-<msgChainId>-<publisherId>` */
function parse(messageId: string): Order & { readonly chain: string } | undefined {
  const [, timestamp, sequenceNumber, chain] = /^(\d+)-(\d+)-(\w+)-\w+$/.exec(messageId) ?? []
  return chain === undefined ? undefined : { timestamp: Number(timestamp), sequenceNumber: Number(sequenceNumber), chain }
}
