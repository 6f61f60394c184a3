// Topics of Tasmota: a prefix (tele, stat), the device's topic and a word in capitals, in the order that the owner's FullTopic gives them.

/** Where a packet comes from, and what its last level calls it. */
export interface TopicPlace { readonly device: string, readonly word: string }

const PREFIX = '(?:tele|stat)'
const WORD = '([A-Z][A-Z0-9_]*)'
const FIRST = new RegExp(`^${PREFIX}/(.+)/${WORD}$`)
const LAST = new RegExp(`^(.+)/${PREFIX}/${WORD}$`)
const ANY = new RegExp(`^(.+)/${WORD}$`)
const DISCOVERY = /^(tasmota\/discovery\/[^/]+)\/(?:config|sensors)$/
const WILDCARD = /[+#]/

/** `%prefix%/%topic%/`, as it comes from the factory, or `%topic%/%prefix%/`. The topic may have levels of its own. */
export function placeOf(topic: string): TopicPlace | undefined {
  if (WILDCARD.test(topic)) return undefined
  const match = FIRST.exec(topic) ?? LAST.exec(topic)
  if (match) return { device: match[1]!, word: match[2]! }
  const discovery = DISCOVERY.exec(topic)
  return discovery ? { device: discovery[1]!, word: 'DISCOVERY' } : undefined
}

/** Prefixes of the owner's own: whatever stands before the word in capitals is the device. */
export function adoptedPlaceOf(topic: string): TopicPlace | undefined {
  const match = WILDCARD.test(topic) || topic.startsWith('$') ? undefined : ANY.exec(topic)
  return match ? { device: match[1]!, word: match[2]! } : undefined
}
