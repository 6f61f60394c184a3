// Stage 1, decode: a packet → readings. Chooses the adapter by the topic and keeps what it asks to have remembered.
import type { Adapter, Decoded, Memory } from '#adapters/adapter.ts'
import type { Packet } from '#adapters/packet.ts'
import { recognise } from '#adapters/registry.ts'
import type { Devices } from '#gateway/devices/devices.ts'
import type { Source } from '#gateway/devices/sources.ts'

/** Topics of one source whose adapter is remembered, and keys whose memory is kept; the oldest go first. */
export const TOPICS_PER_SOURCE_MAX = 20_000

type Recognised = { readonly adapter: Adapter, readonly key: string } | undefined

interface SourceMemory { readonly topics: Map<string, Recognised>, readonly memories: Map<string, Memory> }

export class Decoder {
  readonly #devices: Devices
  readonly #sources = new Map<string, SourceMemory>()

  constructor(devices: Devices) { this.#devices = devices }

  /** What the packet says, and by which dialect; undefined where no adapter knows the topic. */
  decode(source: Source, packet: Packet): { readonly adapter: Adapter, readonly decoded: Decoded } | undefined {
    const kept = this.#of(source.id)
    const found = this.#recognise(kept, source, packet.topic)
    if (!found) return undefined
    const { adapter, key } = found, memoryKey = `${adapter.name} ${key}`
    const timezone = this.#devices.peek(source.id, adapter.name, key)?.settings.timezone ?? source.timezone
    const decoded = adapter.decode(packet, kept.memories.get(memoryKey), { timezone })
    if (decoded.memory !== undefined) remember(kept.memories, memoryKey, decoded.memory)
    else kept.memories.delete(memoryKey)
    return { adapter, decoded }
  }

  forget(sourceId: string): void { this.#sources.delete(sourceId) }

  #recognise({ topics }: SourceMemory, source: Source, topic: string): Recognised {
    const known = topics.get(topic)
    if (known !== undefined || topics.has(topic)) return known
    const found = recognise(topic, source.dialect)
    remember(topics, topic, found)
    return found
  }

  #of(sourceId: string): SourceMemory {
    let kept = this.#sources.get(sourceId)
    if (!kept) this.#sources.set(sourceId, kept = { topics: new Map(), memories: new Map() })
    return kept
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= TOPICS_PER_SOURCE_MAX && !map.has(key)) map.delete(map.keys().next().value!)
  map.set(key, value)
}
