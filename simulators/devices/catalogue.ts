// Everything that can be put into a fleet, by name: the only file that knows all families.
import { chirpstack } from '#simulators/devices/chirpstack.ts'
import type { Family, Model } from '#simulators/devices/device.ts'
import { homeAssistant } from '#simulators/devices/home-assistant.ts'
import { senml } from '#simulators/devices/senml.ts'
import { shelly } from '#simulators/devices/shelly.ts'
import { shelly1 } from '#simulators/devices/shelly1.ts'
import { tasmota } from '#simulators/devices/tasmota.ts'
import { tts } from '#simulators/devices/tts.ts'
import { zigbee2mqtt } from '#simulators/devices/zigbee2mqtt.ts'
import { DIALECTS, type Dialect } from '#simulators/source-plan.ts'

export const FAMILIES: Readonly<Record<Dialect, Family>> = {
  zigbee2mqtt, tasmota, shelly, senml, tts, shelly1, chirpstack, 'home-assistant': homeAssistant,
}

export interface KnownModel extends Model {
  readonly dialect: Dialect
}

export const MODELS: ReadonlyMap<string, KnownModel> = new Map(
  DIALECTS.flatMap(dialect => Object.entries(FAMILIES[dialect].models).map(([name, model]) => [name, { ...model, dialect }] as const)),
)

/** For whoever writes a fleet: the first one is as good as any. */
export const MODEL_NAMES = [...MODELS.keys()] as [string, ...string[]]
