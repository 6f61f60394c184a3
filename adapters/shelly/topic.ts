// Which MQTT topics are a Shelly's of the second generation or later, and what they carry.

/** One message's place: the device's topic prefix (it may hold slashes), and what is published there. */
export interface ShellyTopic {
  readonly prefix: string
  readonly kind: 'notification' | 'status' | 'online'
  /** For `status`: the component, `switch:0` or `wifi`. */
  readonly component: string
}

const NOTIFICATION = '/events/rpc', ONLINE = '/online'
const STATUS = /^(.+)\/status\/([a-z][a-z0-9_]*(:\d{1,5})?)$/
/** Components without a number, which a device has once. Other devices have `…/status/<something>` too. */
const ALONE: ReadonlySet<string> = new Set([
  'wifi', 'sys', 'ble', 'cloud', 'mqtt', 'ws', 'eth', 'ht_ui', 'plugs_ui', 'wd_ui', 'presence', 'matter', 'modbus', 'knx', 'zigbee',
  'bthome',
])

/** Parses `<prefix>/events/rpc`, `<prefix>/status/<component>` and `<prefix>/online`; undefined for every other topic. */
export function parseTopic(topic: string): ShellyTopic | undefined {
  if (topic.endsWith(NOTIFICATION)) return ofPrefix(topic.slice(0, -NOTIFICATION.length), 'notification')
  if (topic.endsWith(ONLINE)) return ofPrefix(topic.slice(0, -ONLINE.length), 'online')
  const [, prefix = '', component = '', number] = STATUS.exec(topic) ?? []
  return number !== undefined || ALONE.has(component) ? ofPrefix(prefix, 'status', component) : undefined
}

function ofPrefix(prefix: string, kind: ShellyTopic['kind'], component = ''): ShellyTopic | undefined {
  return prefix === '' ? undefined : { prefix, kind, component }
}

/** Other devices say `<something>/online` too: unless its owner said that this is a Shelly, the factory's names are what tells one. */
export function isFactoryName(prefix: string): boolean {
  return prefix.slice(prefix.lastIndexOf('/') + 1).toLowerCase().startsWith('shelly')
}
