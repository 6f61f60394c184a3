// The only file that knows aedes, which answers CONNECT, SUBSCRIBE, UNSUBSCRIBE and PINGREQ, and delivers to readers; sessions are clean.
// It sees no credential, no will and nothing that a client publishes, and its own routing is off: readers.ts decides who reads what.
import { Aedes, type Client } from 'aedes'
import type { Packet } from '#adapters/packet.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import type { Qos } from '#gateway/mqtt/packets.ts'
import { type Reader, Readers } from '#gateway/mqtt/readers.ts'
import type { SessionStream } from '#gateway/mqtt/session-stream.ts'

/** aedes tells its like that it lives, and we have none: as seldom as a timer can, for it also waits four times this, below 2³¹ ms. */
const HEARTBEAT_MS = 2 ** 28

/** What a waiting delivery costs beside its topic and payload, about. */
const DELIVERY_OVERHEAD_BYTES = 256

export interface BrokerEvents {
  /** A QoS 0 delivery was left out, because its reader is too slow. */
  skipped(): void
  error(error: Error): void
}

interface Session { readonly sourceId: string, readonly reader: Reader }

export class Broker {
  readonly #aedes: Aedes
  readonly #limits: MqttLimits
  readonly #events: BrokerEvents
  readonly #readers = new Readers()
  readonly #sessions = new Map<Client, Session>()
  #joined = 0

  private constructor(aedes: Aedes, limits: MqttLimits, events: BrokerEvents) {
    this.#aedes = aedes
    this.#limits = limits
    this.#events = events
    aedes.authorizeSubscribe = (client, { topic, qos }, done) => done(null, this.#subscribe(client, topic, qos))
    aedes.on('unsubscribe', (filters, client) => filters.forEach(filter => this.#sessions.get(client)?.reader.filters.delete(filter)))
    aedes.on('error' as 'closed', (error?: Error) => events.error(error!))
  }

  static async start(limits: MqttLimits, events: BrokerEvents): Promise<Broker> {
    const aedes = await Aedes.createBroker({ mq: silentBus, heartbeatInterval: HEARTBEAT_MS, drainTimeout: limits.drainMsMax })
    return new Broker(aedes, limits, events)
  }

  /** Gives a connection its session. From `ready` on, when CONNACK is written, it may push SUBSCRIBE, UNSUBSCRIBE, PINGREQ and PUBREC. */
  join(sourceId: string, stream: SessionStream, ready: () => void): void {
    const client = this.#aedes.handle(stream)
    const filters = new Map<string, Qos>()
    const reader = { filters, deliver: this.#deliverer(client, stream) }
    this.#sessions.set(client, { sourceId, reader })
    this.#readers.add(sourceId, reader)
    stream.once('close', () => {
      this.#sessions.delete(client)
      this.#readers.remove(sourceId, reader)
    })
    client.on('connected', ready)
    stream.push(connectPacket(`c${++this.#joined}`))
  }

  /** Delivers inside the source to whoever subscribed there. A turn later, or a SUBSCRIBE that came just before would not count yet. */
  route(sourceId: string, packets: readonly Packet[]): void { setImmediate(() => this.#readers.route(sourceId, packets)) }

  stop(): Promise<void> { return new Promise(resolve => this.#aedes.close(resolve)) }

  /** What aedes may remember of a subscription; null refuses it with 0x80. Each filter of a SUBSCRIBE comes by here [MQTT-3.8.4-5]. */
  #subscribe(client: Client, filter: string, qos: Qos) {
    const session = this.#sessions.get(client)
    if (!session || filter.startsWith('$')) return null
    const { sourceId, reader } = session
    if (!reader.filters.has(filter) && this.#readers.filterCount(sourceId) >= this.#limits.filtersPerSourceMax) return null
    reader.filters.set(filter, qos)
    // aedes would lower a delivery to the QoS of a filter that equals the topic, where another was granted more: readers.ts has decided.
    return { topic: filter, qos: 2 as const }
  }

  /** A burst may wait for one turn of the loop; what a blocked reader leaves waiting is bounded. */
  #deliverer(client: Client, stream: SessionStream): Reader['deliver'] {
    let waitingBytes = 0
    return ({ topic, payload }, qos) => {
      if (stream.writableNeedDrain && waitingBytes > this.#limits.readerBytesMax) {
        if (qos === 0) this.#events.skipped()
        else stream.destroy()
        return
      }
      const bytes = topic.length + payload.length + DELIVERY_OVERHEAD_BYTES
      waitingBytes += bytes
      // A copy: the payload is a view of all that its socket brought with it.
      const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain: false, dup: false } as const
      client.publish(packet, () => { waitingBytes -= bytes })
    }
  }
}

/** The CONNECT that aedes sees: a clean session under a name of its own, and no keep alive, which is the connection's care. */
function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId)
  return Buffer.from([0x10, 12 + id.length, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, id.length, ...id])
}

/** In place of aedes' event bus, which would carry every message past every subscription, and `$SYS` with them. */
const silentBus = {
  on(_topic: string, _listener: unknown, done?: () => void) { done?.() },
  removeListener(_topic: string, _listener: unknown, done?: () => void) { done?.() },
  emit(_packet: unknown, done?: () => void) { done?.() },
  close(done: () => void) { setImmediate(done) },
}
