// What travels in a stream: a message with a Streamr message id.
import type { Stream } from '#gateway/devices/streams.ts'
import type { Plan } from '#gateway/decision/plans.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Packed } from '#semantic-models/packed.ts'

/** One observation in its stream. */
export interface Message {
  /** The publisher's end of the stream; none of a message that was read again. */
  readonly channel?: Channel
  readonly stream: Stream
  /** Counts the kept messages of a stream from 1; 0 for a message that is not kept. */
  readonly position: number
  /** Our receipt, in integer milliseconds since 1970; never falls within a stream. */
  readonly timestamp: number
  /** From 0, +1 within one millisecond. */
  readonly sequenceNumber: number
  readonly msgChainId: string
  /** By which it was let out; none of a message that was read again. */
  readonly plan?: Plan
  /** What may leave of it at all; a view of it is cut for each outlet. */
  readonly content: Packed
}

/** What one turn of the loop brought, in order. */
export interface Turn {
  readonly count: number
  /** Made for whoever asks: to be asked once. */
  messageAt(n: number): Message
}

/** The owner's address: the domain of the stream id. */
export function publisherIdOf(stream: Stream): string {
  return stream.id.slice(0, stream.id.indexOf('/'))
}

/** `<timestamp>-<sequenceNumber>-<msgChainId>-<publisherId>` */
export function messageIdOf({ stream, timestamp, sequenceNumber, msgChainId }: Message): string {
  return `${timestamp}-${sequenceNumber}-${msgChainId}-${publisherIdOf(stream)}`
}

/** The envelope of a message around its content, which is JSON text already. */
export function envelopeOf(message: Message, content: string): string { return `${envelopeHead(message)}${content}}` }

/** An envelope up to its content, which stands last, so that it can be cut out as it is. */
export function envelopeHead(message: Message): string {
  const { stream, timestamp, sequenceNumber, msgChainId } = message, publisherId = publisherIdOf(stream)
  const time = timestamp === lastTimestamp ? lastTime : textOf(timestamp)
  return `{"streamId":${JSON.stringify(stream.id)},"timestamp":${time},"sequenceNumber":${sequenceNumber},"publisherId":"${publisherId}","msgChainId":"${msgChainId}"`
    + `,"messageId":"${time}-${sequenceNumber}-${msgChainId}-${publisherId}","content":`
}

/** A turn has one or two of them, and a number of thirteen digits is slow to write. */
let lastTimestamp = 0, lastTime = '0'
function textOf(timestamp: number): string {
  lastTimestamp = timestamp
  return lastTime = String(timestamp)
}

/** The two figures of a message id that order a stream; undefined where the text is no message id. */
export function parseMessageId(text: string): { timestamp: number, sequenceNumber: number } | undefined {
  const [, timestamp, sequenceNumber] = /^(\d{1,15})-(\d{1,10})-[A-Za-z0-9]{1,64}-0x[0-9a-f]{40}$/.exec(text) ?? []
  return timestamp === undefined ? undefined : { timestamp: Number(timestamp), sequenceNumber: Number(sequenceNumber) }
}
