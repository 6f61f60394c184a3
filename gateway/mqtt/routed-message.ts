// A message on its way to readers inside a namespace: copied out of what its socket brought, written once for all who get the same bytes.
import type { Alias } from '#gateway/mqtt/aliases.ts'
import { publish } from '#gateway/mqtt/codec/encode.ts'
import type { Publish, Qos, Version, Will } from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'

export interface RoutedMessage {
  readonly topic: string
  readonly topicBytes: Buffer
  readonly payload: Uint8Array
  readonly qos: Qos
  readonly retain: boolean
  /** Its properties that travel on, as bytes. */
  readonly forwarded: Buffer | undefined
  /** Milliseconds since 1970; Infinity where it does not expire. */
  readonly expiresAt: number
  /** The frames of QoS 0, without retain flag or ids, by version: most readers get these. */
  readonly frames: { plain?: Buffer, five?: Buffer }
  /** Sessions that it waits for. */
  holders: number
}

export function routed({ topic, payload, qos, retain, properties }: Pick<Publish | Will, 'topic' | 'payload' | 'qos' | 'retain'> & Partial<Pick<Publish, 'properties'>>, receivedAt: number): RoutedMessage {
  const expiry = properties?.messageExpiry
  return {
    topic, topicBytes: Buffer.from(topic), payload: Buffer.from(payload), qos, retain, frames: {}, holders: 0,
    forwarded: properties?.forwarded, expiresAt: expiry === undefined ? Infinity : receivedAt + expiry * 1_000,
  }
}

/** The bytes of it that are held, about. */
export function weightOf({ topicBytes, payload, forwarded }: RoutedMessage): number { return topicBytes.length + payload.length + (forwarded?.length ?? 0) }

/** One delivery of a message: to whom it goes decides the rest. */
export interface Delivery {
  readonly message: RoutedMessage
  readonly qos: Qos
  readonly retain: boolean
  readonly subscriptionIds: readonly number[] | undefined
}

/** What a frame depends on beside its delivery. */
export interface Hop {
  /** 0 for QoS 0. */
  readonly id: number
  readonly version: Version
  readonly isDuplicate: boolean
  /** Milliseconds since 1970. */
  readonly now: number
  readonly alias: Alias | undefined
}

/** The bytes of a delivery; those that many readers get are made once. */
export function frameOf(delivery: Delivery, hop: Hop): Buffer {
  const { message: { frames, expiresAt }, qos, retain, subscriptionIds } = delivery
  if (qos > 0 || retain || subscriptionIds || hop.alias || expiresAt !== Infinity) return encode(delivery, hop)
  return hop.version === 5 ? frames.five ??= encode(delivery, hop) : frames.plain ??= encode(delivery, hop)
}

const NO_TOPIC = Buffer.alloc(0)

function encode({ message, qos, retain, subscriptionIds }: Delivery, { id, version, isDuplicate, now, alias }: Hop): Buffer {
  const topic = alias && !alias.isNew ? NO_TOPIC : message.topicBytes
  return publish({ topic, payload: message.payload, qos, id, retain, isDuplicate, properties: propertiesOf(message, subscriptionIds, now, alias) }, version)
}

/** What is left of its time is told on [MQTT5-3.3.2-6]. */
function propertiesOf({ forwarded, expiresAt }: RoutedMessage, subscriptionIds: readonly number[] | undefined, now: number, alias: Alias | undefined): Properties | undefined {
  if (!forwarded && !subscriptionIds && !alias && expiresAt === Infinity) return undefined
  return {
    ...forwarded && { forwarded }, ...expiresAt !== Infinity && { messageExpiry: Math.max(0, Math.ceil((expiresAt - now) / 1_000)) },
    ...subscriptionIds && { subscriptionIds: [...subscriptionIds] }, ...alias && { topicAlias: alias.alias },
  }
}
