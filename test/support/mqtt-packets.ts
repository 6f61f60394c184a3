// Any packet that MQTT allows, in our words and in those of a codec of others (mqtt-packet), which is the oracle for ours.
import fc from 'fast-check'
import { parser, type Packet as WirePacket } from 'mqtt-packet'
import { PROPERTY_RULES, type Carrier, type Properties, type PropertyRule } from '#gateway/mqtt/codec/properties.ts'
import { isText } from '#gateway/mqtt/text.ts'

type Name = PropertyRule['name']

/** What the others call a property, and whether they say true for 1. */
const NAMES: Readonly<Record<Name, readonly [string, 'flag'?]>> = {
  payloadFormat: ['payloadFormatIndicator', 'flag'], messageExpiry: ['messageExpiryInterval'], contentType: ['contentType'], responseTopic: ['responseTopic'],
  correlationData: ['correlationData'], subscriptionIds: ['subscriptionIdentifier'], sessionExpiry: ['sessionExpiryInterval'], assignedClientId: ['assignedClientIdentifier'],
  serverKeepAlive: ['serverKeepAlive'], authMethod: ['authenticationMethod'], authData: ['authenticationData'], requestProblem: ['requestProblemInformation', 'flag'],
  willDelay: ['willDelayInterval'], requestResponse: ['requestResponseInformation', 'flag'], responseInformation: ['responseInformation'], serverReference: ['serverReference'],
  reasonString: ['reasonString'], receiveMaximum: ['receiveMaximum'], topicAliasMaximum: ['topicAliasMaximum'], topicAlias: ['topicAlias'], maximumQos: ['maximumQoS'],
  retainAvailable: ['retainAvailable', 'flag'], user: ['userProperties'], maximumPacketSize: ['maximumPacketSize'], wildcardAvailable: ['wildcardSubscriptionAvailable', 'flag'],
  subscriptionIdsAvailable: ['subscriptionIdentifiersAvailable', 'flag'], sharedAvailable: ['sharedSubscriptionAvailable', 'flag'],
}

/** Well-formed text without what the standard lets a server refuse. */
export const text = fc.string({ unit: 'binary', maxLength: 12 }).filter(value => { const bytes = Buffer.from(value); return value.isWellFormed() && isText(bytes, 0, bytes.length) })
export const bytes = fc.uint8Array({ maxLength: 40 }).map(value => Buffer.from(value))
export const packetId = fc.integer({ min: 1, max: 0xffff })
/** A topic name that no rule of ours is about: no wildcard, no `$`. */
export const topic = text.map(value => `t${value.replaceAll(/[+#]/g, '-')}`)
export const filter = fc.array(fc.oneof(topic, fc.constant('+'), fc.constant('')), { minLength: 1, maxLength: 4 })
  .chain(levels => fc.boolean().map(isOpen => [...levels, ...isOpen ? ['#'] : []].join('/') || '/'))

const pairs = fc.uniqueArray(fc.tuple(text.map(name => `n${name}`), text), { minLength: 1, maxLength: 3, selector: ([name]) => name })
const MOST = { byte: 0xff, word: 0xffff, long: 0xffffffff, variable: 268_435_455 } as const

function valueOf({ kind, name, range }: PropertyRule): fc.Arbitrary<unknown> {
  if (name === 'user') return pairs
  if (name === 'responseTopic') return topic
  if (name === 'subscriptionIds') return fc.integer({ min: 1, max: MOST.variable }).map(id => [id])
  if (kind === 'text') return text
  if (kind === 'binary') return bytes
  return kind === 'pair' ? pairs : fc.integer({ min: range?.[0] ?? 0, max: range?.[1] ?? MOST[kind] })
}

/** Any properties that a carrier may have, each or none of them. */
export function propertiesOf(carrier: Carrier, ...without: Name[]): fc.Arbitrary<Properties> {
  const rules = PROPERTY_RULES.filter(rule => rule.carriers.includes(carrier) && !without.includes(rule.name))
  return fc.record(Object.fromEntries(rules.map(rule => [rule.name, valueOf(rule)])), { requiredKeys: [], noNullPrototype: true })
}

/** The same in the others' words; undefined where there are none. */
export function theirs(properties: Properties): Record<string, unknown> | undefined {
  const entries = Object.entries(properties).map(([name, value]) => {
    const [known, isFlag] = NAMES[name as Name]
    if (name === 'subscriptionIds') return [known, (value as number[]).length === 1 ? (value as number[])[0] : value]
    if (name === 'user') return [known, Object.fromEntries(value as [string, string][])]
    return [known, isFlag ? value === 1 : value]
  })
  return entries.length > 0 ? Object.fromEntries(entries) as Record<string, unknown> : undefined
}

/** The one packet that the bytes are, as the others read it. Throws what they refuse it with. */
export function readByOthers(data: Buffer, version: 3 | 4 | 5): WirePacket {
  const packets: WirePacket[] = [], errors: Error[] = [], reader = parser({ protocolVersion: version })
  reader.on('packet', packet => packets.push(packet))
  reader.on('error', error => errors.push(error))
  const left = reader.parse(data)
  if (errors[0]) throw errors[0]
  if (packets.length !== 1 || left !== 0) throw new Error(`${packets.length} packets and ${left} bytes in ${data.toString('hex')}`)
  return packets[0]!
}

/** Their objects have no prototypes and their buffers are views: the same as plain ones, without what is undefined. */
export function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined).map(([name, each]) => [name, plain(each)]))
}
