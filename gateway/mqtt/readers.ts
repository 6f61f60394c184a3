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

  /** Hands each packet to each reader of the source that has a matching filter, at the lower of its QoS and the highest one granted [MQTT-3.3.5-1]. */
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

/** True when the topic name lies under the filter (MQTT 3.1.1 §4.7). Both are valid, and topics that begin with `$` do not come here. */
export function matches(filter: string, topic: string): boolean {
  let at = 0, from = 0
  for (;;) {
    if (filter[at] === '#') return true
    const filterEnd = levelEnd(filter, at), topicEnd = levelEnd(topic, from)
    const isSame = filter[at] === '+' || (filterEnd - at === topicEnd - from && filter.startsWith(topic.slice(from, topicEnd), at))
    if (!isSame) return false
    if (topicEnd === topic.length) return filterEnd === filter.length || filter.slice(filterEnd) === '/#'
    if (filterEnd === filter.length) return false
    at = filterEnd + 1
    from = topicEnd + 1
  }
}

function levelEnd(text: string, start: number): number {
  const slash = text.indexOf('/', start)
  return slash === -1 ? text.length : slash
}
