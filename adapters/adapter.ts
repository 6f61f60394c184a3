// The contract of the ground floor. An adapter knows one vendor's dialect: pure, no I/O, no clock, nothing of the gateway.
import type { Found } from '#adapters/layout.ts'
import type { Packet } from '#adapters/packet.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'

/** What an adapter asks to have kept between two messages of one key (deltas, aliases): plain JSON, at most MEMORY_BYTES_MAX as text. */
export type Memory = Readonly<Record<string, unknown>>

export const MEMORY_BYTES_MAX = 8192

/** What the owner said about the source, as far as decoding needs it. */
export interface SourceSettings {
  /** IANA zone of local times without an offset; absent: such a time is not used. */
  readonly timezone?: string
}

export interface Decoded {
  readonly readings: readonly Reading[]
  readonly refused: readonly Refusal[]
  readonly devices: readonly DeviceReport[]
  /** Replaces what was remembered under this key; undefined keeps nothing. */
  readonly memory: Memory | undefined
}

/** Decoding the same packet with the same memory and settings gives the same result. It never throws: what is wrong is in `refused`. */
export interface Adapter {
  readonly name: Dialect
  /**
   * The key under which messages of this topic share their memory (usually the device), or undefined where the topic is not of this
   * dialect. Looks at the topic only.
   */
  recognise(topic: string): string | undefined
  /**
   * The key of a topic that no adapter recognises, of a source that was paired with this dialect: a hub with another base topic, or a
   * dialect that has no topics of its own. Absent: such topics are nobody's. Looks at the topic only, and `decode` must agree with it.
   */
  adopt?(topic: string): string | undefined
  /**
   * For dialects that declare in messages: the key by what stands in this packet too, where its topic does not say whose it is. Undefined:
   * the key of whoever claims the topic, else the topic's.
   */
  keyOf?(packet: Packet): string | undefined
  /** The topics that a memory makes this dialect's: messages on them are decoded with it, unless another dialect knows them. */
  claims?(memory: Memory): readonly string[]
  decode(packet: Packet, memory: Memory | undefined, settings: SourceSettings): Decoded
  /**
   * What the messages of this topic look like to whom it remembers this much of it, by what the owner said of the source and by one of them,
   * as far as those are needed; undefined where only `decode` can tell. The same layout is the same object wherever that can be had, since
   * whoever uses one prepares it once. It holds as long as the memory and the settings do.
   */
  layout?(topic: string, memory: Memory | undefined, settings?: SourceSettings, payload?: Uint8Array): Found | undefined
}

export const DIALECTS = ['zigbee2mqtt', 'tasmota', 'shelly', 'shelly1', 'senml', 'tts', 'chirpstack', 'home-assistant'] as const
export type Dialect = (typeof DIALECTS)[number]
