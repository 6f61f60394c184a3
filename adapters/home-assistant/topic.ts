// Which topics declare entities: <prefix>/<component>/[<node>/]<object>/config.

export interface ConfigTopic {
  /** The topic without its last level: the name of the declaration. */
  readonly stem: string
  /** `sensor`, `binary_sensor`, `device` … */
  readonly component: string
  /** The declaring device, where there is no better name for it. */
  readonly node: string
  readonly object: string
}

export const PREFIX = 'homeassistant'
const CONFIG = /^([^+#]+)\/config$/
const NAME = /^[A-Za-z0-9_-]+$/
/** Components that exist: below another prefix than the usual one, these are what tells a declaration from something else. */
const COMPONENTS: ReadonlySet<string> = new Set([
  'device', 'sensor', 'binary_sensor', 'switch', 'light', 'climate', 'cover', 'number', 'select', 'button', 'text', 'fan', 'lock', 'siren',
  'update', 'event', 'device_tracker', 'humidifier', 'valve', 'vacuum', 'scene', 'image', 'camera', 'alarm_control_panel', 'water_heater',
  'lawn_mower', 'notify', 'tag', 'device_automation',
])

/** Undefined: no declaration, whatever else it is. */
export function parseConfigTopic(topic: string): ConfigTopic | undefined {
  const stem = CONFIG.exec(topic)?.[1], levels = stem?.split('/') ?? []
  const object = levels.at(-1), beside = levels.at(-2), before = levels.at(-3)
  if (stem === undefined || object === undefined || beside === undefined || before === undefined || !NAME.test(object)) return undefined
  if (COMPONENTS.has(beside)) return { stem, component: beside, node: object, object }
  return levels.length > 3 && COMPONENTS.has(before) && NAME.test(beside) ? { stem, component: before, node: beside, object } : undefined
}

export function isUsualPrefix(topic: string): boolean {
  return topic.startsWith(`${PREFIX}/`)
}

/** MQTT topics that can be subscribed to as they are. */
export function isPlainTopic(topic: string): boolean {
  return topic !== '' && topic.length <= TOPIC_LENGTH_MAX && !/[+#\0]/.test(topic)
}

export const TOPIC_LENGTH_MAX = 256
