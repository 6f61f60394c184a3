// What the server remembers of a client: its subscriptions, what is on its way to it, and what it sent at QoS 2. It may outlive connections.
import { acknowledgement } from '#gateway/mqtt/codec/encode.ts'
import { TYPE, type Version } from '#gateway/mqtt/codec/packets.ts'
import { REASON, protocolError } from '#gateway/mqtt/codec/reason.ts'
import type { OutgoingAliases } from '#gateway/mqtt/aliases.ts'
import { DELIVERY_BYTES, type Backlog } from '#gateway/mqtt/backlog.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import type { ReaderState } from '#gateway/mqtt/reader-state.ts'
import { PacketIds } from '#gateway/mqtt/packet-ids.ts'
import { frameOf, weightOf, type Delivery } from '#gateway/mqtt/routed-message.ts'
import type { SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'

/** The connection that carries a session at the moment. */
export interface Carrier {
  readonly version: Version
  /** Messages that the client takes ahead of its acknowledgements. */
  readonly receiveMaximum: number
  /** Bytes; Infinity where the client names none. */
  readonly maximumPacketSize: number
  /** Bytes wait in the socket beyond what is allowed. */
  readonly isBlocked: boolean
  /** Names for topics, where the client takes any. */
  readonly outgoingAliases: OutgoingAliases | undefined
  send(bytes: Buffer): void
}

export interface SessionEvents {
  /** A delivery that a slow or absent reader does not get. */
  skipped(): void
}

/** What was sent and not acknowledged; `isReceived`: PUBREC has come, PUBREL was sent. */
interface InFlight { readonly delivery: Delivery, isReceived: boolean }

export class Session {
  readonly clientId: string
  readonly subscriptions = new Map<string, SubscriptionOptions>()
  /** Packet ids that the client has used for QoS 2 and not released. */
  readonly incoming = new PacketIds()
  /** Of somebody who reads feeds: these are what it subscribes to. */
  reader: ReaderState | undefined
  /** Milliseconds that it outlives its connection; 0: not at all. */
  expiryMs = 0
  /** Milliseconds since 1970 at which its connection ended; undefined while there is one. */
  endedAt: number | undefined
  /** Differs from what is on disk: subscriptions, packet ids of QoS 2, expiry. */
  isDirty = true
  isOnDisk = false
  readonly #limits: MqttLimits
  readonly #events: SessionEvents
  readonly #backlog: Backlog
  #carrier: Carrier | undefined
  readonly #inFlight = new Map<number, InFlight>()
  readonly #queue: Delivery[] = []
  #queuedBytes = 0
  #inFlightBytes = 0
  #lastId = 0

  constructor(clientId: string, limits: MqttLimits, events: SessionEvents, backlog: Backlog) {
    this.clientId = clientId
    this.#limits = limits
    this.#events = events
    this.#backlog = backlog
  }

  get isConnected(): boolean { return this.#carrier !== undefined }
  get isPersistent(): boolean { return this.expiryMs > 0 }
  /** Messages that wait, in memory. */
  get waiting(): number { return this.#queue.length + this.#inFlight.size }

  /** Something was left out for its client. */
  skipped(): void { this.#events.skipped() }

  /** Sends again what was not acknowledged [MQTT-4.4.0-1], in its order [MQTT-4.6.0-1], then what waits. */
  attach(carrier: Carrier, now: number): void {
    this.#carrier = carrier
    this.endedAt = undefined
    for (const [id, { delivery, isReceived }] of this.#inFlight) {
      if (isReceived) carrier.send(acknowledgement(TYPE.PUBREL, id, carrier.version))
      else this.#send(carrier, delivery, id, now, true)
    }
    this.pump(now)
  }

  detach(now: number): void {
    this.#carrier = undefined
    this.endedAt = now
    this.isDirty = true
  }

  /** Lets go of all that waits for it: it is over. */
  clear(): void {
    for (const { delivery } of this.#inFlight.values()) this.#backlog.release(delivery.message)
    for (const { message } of this.#queue) this.#backlog.release(message)
    this.#inFlight.clear()
    this.#queue.length = this.#queuedBytes = this.#inFlightBytes = 0
  }

  /** Sends, or lets wait what has a right to; QoS 0 is for those who are there and can take it. */
  deliver(delivery: Delivery, now: number): void {
    const carrier = this.#carrier
    if (delivery.qos === 0) {
      if (carrier && !carrier.isBlocked) this.#send(carrier, delivery, 0, now)
      else this.#events.skipped()
    } else if (!this.#backlog.hold(delivery.message)) this.#events.skipped()
    else if (carrier && this.#queue.length === 0 && this.#hasWindow(carrier)) this.#sendNext(carrier, delivery, now)
    else this.#enqueue(delivery)
  }

  /** Goes on with what waits, as far as the client takes it. */
  pump(now: number): void {
    const carrier = this.#carrier
    while (carrier && this.#queue.length > 0 && this.#hasWindow(carrier)) {
      const delivery = this.#queue.shift()!
      this.#queuedBytes -= sizeOf(delivery)
      if (delivery.message.expiresAt > now) this.#sendNext(carrier, delivery, now)
      else this.#backlog.release(delivery.message)
    }
  }

  /** PUBACK. Throws a Violation for what was not sent so. An id that is not known is nothing. */
  acknowledged(id: number, now: number): void {
    const sent = this.#inFlight.get(id)
    if (!sent) return
    if (sent.delivery.qos !== 1) throw protocolError()
    this.#settle(id, sent, now)
  }

  /** PUBREC: answered by PUBREL, unless it refuses [MQTT5-4.3.3-4]; then the message is over [MQTT5-4.4.0-2]. */
  received(id: number, code: number, now: number): void {
    const sent = this.#inFlight.get(id), isRefused = code >= REASON.UNSPECIFIED
    if (sent && sent.delivery.qos !== 2) throw protocolError()
    if (isRefused) { if (sent) this.#settle(id, sent, now); return }
    if (sent) sent.isReceived = true
    this.#carrier!.send(acknowledgement(TYPE.PUBREL, id, this.#carrier!.version))
  }

  /** PUBCOMP. */
  completed(id: number, now: number): void {
    const sent = this.#inFlight.get(id)
    if (!sent) return
    if (sent.delivery.qos !== 2 || !sent.isReceived) throw protocolError()
    this.#settle(id, sent, now)
  }

  #settle(id: number, { delivery }: InFlight, now: number): void {
    this.#inFlight.delete(id)
    this.#inFlightBytes -= sizeOf(delivery)
    this.#backlog.release(delivery.message)
    this.pump(now)
  }

  #hasWindow(carrier: Carrier): boolean {
    const { inFlightMax, inFlightBytesMax } = this.#limits
    return this.#inFlight.size < Math.min(carrier.receiveMaximum, inFlightMax) && this.#inFlightBytes < inFlightBytesMax && !carrier.isBlocked
  }

  /** An id is used up also by a message that is too large for its reader and is not sent [MQTT5-3.1.2-25]. */
  #sendNext(carrier: Carrier, delivery: Delivery, now: number): void {
    const id = this.#nextId()
    if (!this.#send(carrier, delivery, id, now)) return this.#backlog.release(delivery.message)
    this.#inFlight.set(id, { delivery, isReceived: false })
    this.#inFlightBytes += sizeOf(delivery)
  }

  #send(carrier: Carrier, delivery: Delivery, id: number, now: number, isDuplicate = false): boolean {
    const { topic } = delivery.message, alias = carrier.outgoingAliases?.of(topic)
    const bytes = frameOf(delivery, { id, isDuplicate, version: carrier.version, now, alias }), fits = bytes.length <= carrier.maximumPacketSize
    if (!fits) this.#events.skipped()
    else {
      if (alias?.isNew) carrier.outgoingAliases!.told(topic, alias)
      carrier.send(bytes)
    }
    return fits
  }

  #enqueue(delivery: Delivery): void {
    const size = sizeOf(delivery)
    if (this.#queue.length >= this.#limits.queueMessagesMax || this.#queuedBytes + size > this.#limits.queueBytesMax) {
      this.#backlog.release(delivery.message)
      return this.#events.skipped()
    }
    this.#queue.push(delivery)
    this.#queuedBytes += size
  }

  /** From 1 on; 0 is none. */
  #nextId(): number {
    do this.#lastId = this.#lastId % 0xffff + 1
    while (this.#inFlight.has(this.#lastId))
    return this.#lastId
  }
}

/** What it counts for its own session, whoever else waits for the same message. */
function sizeOf({ message }: Delivery): number { return weightOf(message) + DELIVERY_BYTES }
