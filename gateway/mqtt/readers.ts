// Who reads what inside a source. Sources share no entry here, so that no filter can reach from one into another.
import type { Packet } from '#adapters/packet.ts'
import type { Qos } from '#gateway/mqtt/packets.ts'

/** One connection as a reader of its source. */
export interface Reader {
  /** Filter → the QoS that was granted. */
  readonly filters: Map<string, Qos>
  /** Called once for a packet, however many filters match, with the QoS to send it at. */
  deliver(packet: Packet, qos: Qos): void
}

export class Readers {
  readonly #bySource = new Map<string, Set<Reader>>()

  add(sourceId: string, reader: Reader): void {
    const readers = this.#bySource.get(sourceId)
    if (readers) readers.add(reader)
    else this.#bySource.set(sourceId, new Set([reader]))
  }

  remove(sourceId: string, reader: Reader): void {
    const readers = this.#bySource.get(sourceId)
    if (readers?.delete(reader) && readers.size === 0) this.#bySource.delete(sourceId)
  }

  /** Subscriptions of a source, over all its readers. */
  filterCount(sourceId: string): number {
    let count = 0
    for (const reader of this.#bySource.get(sourceId) ?? []) count += reader.filters.size
    return count
  }

  /** Hands each packet to all of the source's readers who match, at the lower of its QoS and the highest granted [MQTT-3.3.5-1]. */
  route(sourceId: string, packets: readonly Packet[]): void {
    for (const reader of this.#bySource.get(sourceId) ?? []) {
      if (reader.filters.size === 0) continue
      for (const packet of packets) {
        const granted = grantedQos(reader.filters, packet.topic)
        if (granted !== undefined) reader.deliver(packet, Math.min(granted, packet.qos) as Qos)
      }
    }
  }
}

function grantedQos(filters: ReadonlyMap<string, Qos>, topic: string): Qos | undefined {
  let granted: Qos | undefined
  for (const [filter, qos] of filters) {
    if ((granted === undefined || qos > granted) && matches(filter, topic)) granted = qos
  }
  return granted
}

const HASH = 0x23, PLUS = 0x2b, SLASH = 0x2f

/** True when the topic name lies under the filter (MQTT 3.1.1 §4.7). Both are valid, and topics that begin with `$` do not come here. */
export function matches(filter: string, topic: string): boolean {
  let at = 0
  for (let place = 0; place < filter.length; place++) {
    const code = filter.charCodeAt(place)
    if (code === HASH) return true
    if (code === PLUS) {
      while (at < topic.length && topic.charCodeAt(at) !== SLASH) at++
    } else if (at === topic.length) {
      return code === SLASH && filter.charCodeAt(place + 1) === HASH // `a/#` holds `a` itself
    } else if (topic.charCodeAt(at++) !== code) return false
  }
  return at === topic.length
}
