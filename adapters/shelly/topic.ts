// Which MQTT topics are a Shelly's of the second generation or later, and what they carry.

/** One message's place: the device's topic prefix (it may hold slashes), and what is published there. */
export interface ShellyTopic {
  readonly prefix: string
  readonly kind: 'notification' | 'status' | 'online'
  /** For `status`: the component, `switch:0` or `wifi`. */
  readonly component: string
}

const NOTIFICATION = '/events/rpc'
const ONLINE = '/online'
/** A component with its number, or one of those that a device has once. */
const STATUS = /^(.+)\/status\/([a-z][a-z0-9_]*:\d{1,5}|wifi|sys|ble|cloud|mqtt|ws|eth|ht_ui|plugs_ui|wd_ui|presence|matter|modbus|knx|zigbee|bthome)$/

/** Parses `<prefix>/events/rpc`, `<prefix>/status/<component>` and `<prefix>/online`; undefined for every other topic. */
export function parseTopic(topic: string): ShellyTopic | undefined {
  if (topic.endsWith(NOTIFICATION) && topic.length > NOTIFICATION.length) return { prefix: topic.slice(0, -NOTIFICATION.length), kind: 'notification', component: '' }
  if (topic.endsWith(ONLINE) && topic.length > ONLINE.length) return { prefix: topic.slice(0, -ONLINE.length), kind: 'online', component: '' }
  const match = STATUS.exec(topic)
  return match ? { prefix: match[1]!, kind: 'status', component: match[2]! } : undefined
}

/** Other devices say `<something>/online` too: unless its owner said that this is a Shelly, the factory's names are what tells one. */
export function isFactoryName(prefix: string): boolean {
  return prefix.slice(prefix.lastIndexOf('/') + 1).toLowerCase().startsWith('shelly')
}
