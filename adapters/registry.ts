// The only file that names all adapters: which of them a topic belongs to.
import type { Adapter, Dialect } from '#adapters/adapter.ts'
import { chirpstack } from '#adapters/chirpstack/adapter.ts'
import { homeAssistant } from '#adapters/home-assistant/adapter.ts'
import { senml } from '#adapters/senml/adapter.ts'
import { shelly } from '#adapters/shelly/adapter.ts'
import { shelly1 } from '#adapters/shelly1/adapter.ts'
import { tasmota } from '#adapters/tasmota/adapter.ts'
import { tts } from '#adapters/tts/adapter.ts'
import { zigbee2mqtt } from '#adapters/zigbee2mqtt/adapter.ts'

/** In the order in which they are asked: the narrower pattern first. */
export const ADAPTERS: readonly Adapter[] = [tts, chirpstack, homeAssistant, zigbee2mqtt, tasmota, shelly1, shelly, senml]

export interface Recognised { readonly adapter: Adapter, readonly key: string }

/**
 * The adapter of a topic, and the key of its memory. A source's own dialect is asked first, then all others by their patterns; what none of
 * them claims goes to whoever was declared to speak there (`claimed`, by `Adapter.claims`), else to the source's own dialect where that can
 * take any topic (`Adapter.adopt`). Undefined: nobody knows this topic.
 */
export function recognise(topic: string, dialect?: Dialect, claimed?: Recognised): Recognised | undefined {
  const preferred = ADAPTERS.find(({ name }) => name === dialect)
  if (claimed && claimed.adapter === preferred) return claimed
  for (const adapter of preferred ? [preferred, ...ADAPTERS] : ADAPTERS) {
    const key = adapter.recognise(topic)
    if (key !== undefined) return { adapter, key }
  }
  if (claimed) return claimed
  const key = preferred?.adopt?.(topic)
  return preferred && key !== undefined ? { adapter: preferred, key } : undefined
}
