// The names by which people know the dialects.
import { DIALECTS, type Dialect } from '#adapters/adapter.ts'

const ALIASES: Readonly<Record<string, Dialect>> = {
  'z2m': 'zigbee2mqtt', 'shelly-gen2': 'shelly', 'shelly-gen1': 'shelly1', 'ttn': 'tts', 'the-things-stack': 'tts',
  'homeassistant': 'home-assistant', 'esphome': 'home-assistant', 'openmqttgateway': 'home-assistant',
}

/** Every name that may be given when pairing. */
export const DIALECT_NAMES: readonly string[] = [...DIALECTS, ...Object.keys(ALIASES)]

export function dialectOf(name: string): Dialect | undefined {
  return ALIASES[name] ?? DIALECTS.find(dialect => dialect === name)
}
