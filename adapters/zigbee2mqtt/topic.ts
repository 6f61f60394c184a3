// Topics of Zigbee2MQTT: <base>/<friendly name>, where the name may have slashes, and what else is published around it.

export const BASE = 'zigbee2mqtt'

/** `state`: what a device says. `other`: commands and the bridge's own affairs. */
export interface TopicPlace { readonly base: string, readonly name: string, readonly kind: 'state' | 'availability' | 'devices' | 'other' }

const WILDCARD = /[+#]/
const AFFAIR = 'state|health|info|logging|log|devices|groups|event|extensions|converters|definitions|config|request/.+|response/.+'
const BRIDGE = new RegExp(`^(.+)/bridge/(?:${AFFAIR})$`)
const TAIL = /\/(?:(availability)|(?:set|get)(?:\/[^/]+)?)$/

/** A topic below the default base; undefined for any other. */
export function placeOf(topic: string): TopicPlace | undefined {
  if (!topic.startsWith(`${BASE}/`) || WILDCARD.test(topic)) return undefined
  const name = topic.slice(BASE.length + 1)
  if (name === '' || name.endsWith('/')) return undefined
  if (name === 'bridge' || name.startsWith('bridge/')) return { base: BASE, name, kind: name === 'bridge/devices' ? 'devices' : 'other' }
  return ofDevice(BASE, name)
}

/**
 * A topic below another base, which only the owner knows: all levels but the last are taken for it, so friendly names with slashes lose no
 * more than what the bridge declares about them. The whole topic is the name: two bases of one source stay apart.
 */
export function adoptedPlaceOf(topic: string): TopicPlace | undefined {
  if (WILDCARD.test(topic) || topic.startsWith('$') || topic.startsWith('/') || topic.endsWith('/')) return undefined
  const bridge = BRIDGE.exec(topic)
  if (bridge) return { base: bridge[1]!, name: topic, kind: topic.endsWith('/bridge/devices') ? 'devices' : 'other' }
  const place = ofDevice('', topic), end = place.name.lastIndexOf('/')
  return end > 0 ? { ...place, base: place.name.slice(0, end) } : undefined
}

/** What the bridge calls the device, in its list of devices. */
export function friendlyName({ base, name }: TopicPlace): string {
  return base === BASE ? name : name.slice(base.length + 1)
}

function ofDevice(base: string, name: string): TopicPlace {
  const tail = TAIL.exec(name)
  if (!tail) return { base, name, kind: 'state' }
  return { base, name: name.slice(0, tail.index), kind: tail[1] ? 'availability' : 'other' }
}
