// What travels in a stream, as the gateway wraps it, and how its ids are ordered.
import { isRecord } from './record.ts'

/** An NGSI-LD entity in the normalized form (ETSI GS CIM 009 §4.5.1). */
export type Entity = Readonly<Record<string, unknown>>

/** A message of a stream with its metadata; `timestamp` is the gateway's receipt in milliseconds since 1970. */
export interface Envelope {
  readonly streamId: string
  readonly timestamp: number
  readonly sequenceNumber: number
  readonly publisherId: string
  readonly msgChainId: string
  readonly messageId: string
  readonly content: Entity
}

/** Undefined where the text is no envelope. */
export function parseEnvelope(text: string): Envelope | undefined {
  try {
    const envelope = JSON.parse(text) as Partial<Envelope> | null
    return typeof envelope?.messageId === 'string' && isRecord(envelope.content) ? envelope as Envelope : undefined
  } catch {
    return undefined
  }
}

/** Remembers how far each message chain of one stream was read, so that nothing is taken twice: within a chain ids only grow. */
export class Seen {
  readonly #chains = new Map<string, Order>()
  #last: string | undefined

  constructor(last?: string) {
    if (last !== undefined) this.take(last)
  }

  /** The id of the last message taken. */
  get last(): string | undefined { return this.#last }

  /** False where it was taken before. */
  take(messageId: string): boolean {
    const order = orderOf(messageId)
    if (!order) return false
    const before = this.#chains.get(order.chain)
    if (before && !isAfter(order, before)) return false
    this.#chains.set(order.chain, order)
    this.#last = messageId
    return true
  }
}

interface Order { readonly timestamp: number, readonly sequenceNumber: number, readonly chain: string }

function isAfter(a: Order, b: Order): boolean {
  return a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.sequenceNumber > b.sequenceNumber)
}

const MESSAGE_ID = /^(\d{1,15})-(\d{1,10})-([A-Za-z0-9]{1,64})-\w+$/

/** `<timestamp>-<sequenceNumber>-<msgChainId>-<publisherId>` */
function orderOf(messageId: string): Order | undefined {
  const [, timestamp, sequenceNumber, chain] = MESSAGE_ID.exec(messageId) ?? []
  return chain === undefined ? undefined : { timestamp: Number(timestamp), sequenceNumber: Number(sequenceNumber), chain }
}

export function isMessageId(text: string): boolean { return MESSAGE_ID.test(text) }
