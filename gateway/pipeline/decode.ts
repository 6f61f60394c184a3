// Stage 1, decode: a packet → readings. Chooses the adapter by the topic and keeps what it asks to have remembered.
import type { Adapter, Decoded, Memory, SourceSettings } from '#adapters/adapter.ts'
import type { Packet } from '#adapters/packet.ts'
import { recognise, type Recognised } from '#adapters/registry.ts'
import type { Devices } from '#gateway/devices/devices.ts'
import type { Source } from '#gateway/devices/sources.ts'
import { Claims } from '#gateway/pipeline/claims.ts'

/** Topics of one source whose adapter is remembered, and keys whose memory is kept; the oldest go first. */
export const TOPICS_PER_SOURCE_MAX = 20_000

interface SourceMemory {
  readonly topics: Map<string, Recognised | undefined>
  readonly memories: Map<string, Memory>
  readonly claims: Claims
}

/** Whose a topic is, and what is known to whoever decodes its messages. */
export interface DecoderPlace { readonly adapter: Adapter, readonly memoryKey: string, readonly memory: Memory | undefined, readonly settings: SourceSettings }

export class Decoder {
  readonly #devices: Devices
  readonly #sources = new Map<string, SourceMemory>()

  /** Told when something else is remembered, under this key: other messages may be understood differently. */
  onRemembered: (sourceId: string, memoryKey: string) => void = () => {}
  /** Told when a topic may be another dialect's, or another device's, from now on. */
  onReassigned: (sourceId: string, topic: string) => void = () => {}

  constructor(devices: Devices) { this.#devices = devices }

  /** What the packet says, and by which dialect; undefined where no adapter knows the topic. */
  decode(source: Source, packet: Packet): { readonly adapter: Adapter, readonly decoded: Decoded } | undefined {
    const kept = this.#of(source.id)
    const found = this.#recognise(kept, source, packet.topic)
    if (!found) return undefined
    const { adapter, key } = found, own = adapter.keyOf?.(packet), claiming = kept.claims.keysOf(packet.topic, adapter)
    const keys = own !== undefined ? [own] : claiming.length > 0 ? claiming : [key]
    const answers = keys.map(each => this.#ask(kept, source, adapter, each, packet))
    return { adapter, decoded: answers.length === 1 ? answers[0]! : together(answers) }
  }

  /** Whose topic it is where every message on it is, and what is remembered for it; undefined where that depends on the message. */
  placeOf(source: Source, topic: string): DecoderPlace | undefined {
    const kept = this.#of(source.id), found = this.#recognise(kept, source, topic)
    if (!found || found.adapter.keyOf || kept.claims.keysOf(topic, found.adapter).length > 0) return undefined
    const memoryKey = `${found.adapter.name} ${found.key}`
    return { adapter: found.adapter, memoryKey, memory: kept.memories.get(memoryKey), settings: this.#settingsOf(source, found.adapter, found.key) }
  }

  forget(sourceId: string): void { this.#sources.delete(sourceId) }

  #ask(kept: SourceMemory, source: Source, adapter: Adapter, key: string, packet: Packet): Decoded {
    const memoryKey = `${adapter.name} ${key}`, before = kept.memories.get(memoryKey)
    const decoded = adapter.decode(packet, before, this.#settingsOf(source, adapter, key))
    if (decoded.memory !== before) this.onRemembered(source.id, memoryKey)
    if (decoded.memory !== undefined) remember(kept.memories, memoryKey, decoded.memory)
    else kept.memories.delete(memoryKey)
    for (const topic of kept.claims.replace(adapter, key, before, decoded.memory)) {
      kept.topics.delete(topic)
      this.onReassigned(source.id, topic)
    }
    return decoded
  }

  #settingsOf(source: Source, adapter: Adapter, key: string): SourceSettings {
    return { timezone: this.#devices.peek(source.id, adapter.name, key)?.settings.timezone ?? source.timezone }
  }

  #recognise({ topics, claims }: SourceMemory, source: Source, topic: string): Recognised | undefined {
    const known = topics.get(topic)
    if (known !== undefined || topics.has(topic)) return known
    const found = recognise(topic, source.dialect, claims.of(topic))
    remember(topics, topic, found)
    return found
  }

  #of(sourceId: string): SourceMemory {
    let kept = this.#sources.get(sourceId)
    if (!kept) this.#sources.set(sourceId, kept = { topics: new Map(), memories: new Map(), claims: new Claims() })
    return kept
  }
}

/** One message that several devices share: what it says of one is not refused because it says nothing of another. */
function together(answers: readonly Decoded[]): Decoded {
  const readings = answers.flatMap(answer => answer.readings), refused = answers.flatMap(answer => answer.refused)
  const faults = refused.filter(({ code }) => code !== 'NO_READING'), isEmpty = readings.length + faults.length === 0
  const devices = answers.flatMap(answer => answer.devices)
  return { readings, refused: isEmpty ? refused.slice(0, 1) : faults, devices, memory: undefined }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= TOPICS_PER_SOURCE_MAX && !map.has(key)) map.delete(map.keys().next().value!)
  map.set(key, value)
}
