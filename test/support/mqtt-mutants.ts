// Packets with a few bytes changed, by the hundred thousand, the same for the same seed.
import { generate, type Packet } from 'mqtt-packet'
import type { Version } from '#gateway/mqtt/codec/packets.ts'
import { connectPacket } from '#test/support/mqtt-edge.ts'

/** Numbers from 0 to below `limit`; xorshift (Marsaglia 2003), which is enough for mutants and much faster than fast-check. */
export type Dice = (limit: number) => number

export function diceOf(seed: number): Dice {
  let state = seed | 1
  return limit => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
}

export const randomSeed = (): number => Math.floor(Math.random() * 0x7fffffff)

const QUOTED = { contentType: 'text/plain', userProperties: { a: 'b' } }
const PACKETS: readonly object[] = [
  { cmd: 'publish', topic: 'zigbee2mqtt/kitchen', payload: '{"temperature":21.5}', qos: 0, properties: { ...QUOTED, messageExpiryInterval: 60, topicAlias: 3, correlationData: Buffer.from('c') } },
  { cmd: 'publish', topic: 'a/ü/€', payload: 'x', qos: 1, messageId: 1, retain: true, properties: { responseTopic: 'r', payloadFormatIndicator: true } }, { cmd: 'publish', topic: 'q', payload: '', qos: 2, messageId: 2 },
  ...['puback', 'pubrec', 'pubrel', 'pubcomp'].map(cmd => ({ cmd, messageId: 2, properties: { reasonString: 'so' } })),
  { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/+', qos: 1 }, { topic: '$share/g/#', qos: 2 }], properties: { subscriptionIdentifier: 300 } },
  { cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['a/+', 'b'] }, { cmd: 'pingreq' }, { cmd: 'disconnect', properties: { sessionExpiryInterval: 9 } },
]

/** A CONNECT of that version, with a will. */
export function connectOf(version: Version, source: string, clientId: string): Buffer {
  const will = { topic: 'w', payload: Buffer.from('gone'), qos: 1 as const, retain: false, ...version === 5 && { properties: { willDelayInterval: 1, contentType: 'x' } } }
  return connectPacket(source, {
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT', protocolVersion: version, clientId, will, clean: false, ...version === 5 && { properties: { sessionExpiryInterval: 5, receiveMaximum: 9, userProperties: { a: 'b' } } },
  } as object)
}

/** What the mutants of a version are made of. */
export function seedsOf(version: Version): readonly Buffer[] {
  return [connectOf(version, 'home', 'c'), ...PACKETS.map(packet => generate((version === 5 ? packet : { ...packet, properties: undefined }) as Packet, { protocolVersion: version }))]
}

/** One to four changes; most often the length is mended, so that the rest is looked at. */
export function mutantOf(seeds: readonly Buffer[], dice: Dice): Buffer {
  const bytes = [...seeds[dice(seeds.length)]!]
  for (let change = dice(4); change >= 0; change--) {
    const at = dice(bytes.length || 1), value = dice(256)
    switch (dice(5)) {
      case 0: bytes[at] = value; break
      case 1: bytes[at] = (bytes[at] ?? 0) ^ 1 << (value & 7); break
      case 2: bytes.splice(at, 0, value); break
      case 3: bytes.splice(at, 1); break
      default: bytes.length = Math.max(1, at)
    }
  }
  if (dice(10) > 0 && bytes.length >= 2 && bytes.length < 130) bytes[1] = bytes.length - 2
  return Buffer.from(bytes)
}
