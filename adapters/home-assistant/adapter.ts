// Home Assistant MQTT discovery: devices declare in retained messages what they will say on which topic, and then say it.
import { MEMORY_BYTES_MAX, type Adapter, type Decoded, type Memory } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { declarationOf, deviceOf, type Declaration } from '#adapters/home-assistant/declaration.ts'
import { fits, fromMemory, toMemory, unknown, type Known } from '#adapters/home-assistant/known.ts'
import { readState } from '#adapters/home-assistant/state.ts'
import { isUsualPrefix, parseConfigTopic, type ConfigTopic } from '#adapters/home-assistant/topic.ts'
import { isRecord, parsePayload } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import type { Quantity } from '#adapters/quantity.ts'

/**
 * Home Assistant MQTT discovery (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery). The key is the device that a declaration
 * names; its topics are claimed by what was declared.
 */
export const homeAssistant: Adapter = {
  name: 'home-assistant',
  recognise: topic => isUsualPrefix(topic) ? parseConfigTopic(topic)?.node : undefined,
  adopt: topic => /^$|[+#]/.test(topic) ? undefined : parseConfigTopic(topic)?.node ?? topic,
  keyOf: packet => {
    const topic = parseConfigTopic(packet.topic), parsed = topic ? parsePayload(packet.payload) : undefined
    return topic && parsed?.ok && isRecord(parsed.value) ? deviceOf(parsed.value, topic) : undefined
  },
  claims: memory => {
    const known = fromMemory(memory)
    if (!known) return []
    const declarations = [...known.entities.keys()].map(id => `${id.split('#', 1)[0]!}/config`)
    return [...new Set([...declarations, ...[...known.entities.values()].map(({ topic }) => topic), ...known.availability.keys()])]
  },
  decode: (packet, memory) => {
    const topic = parseConfigTopic(packet.topic), known = fromMemory(memory)
    if (topic) return learn(packet, topic, known, memory)
    if (!known) return refused('NO_READING', 'No declaration names this topic.', memory)
    return decodeState(packet, known, memory)
  },
}

function decodeState({ topic, payload }: Packet, known: Known, memory: Memory | undefined): Decoded {
  const { readings, refused: problems, known: after } = readState(topic, payload, known)
  const kept = after === known ? memory : toMemory(after)
  if (readings.length + problems.length === 0) return refused('NO_READING', 'The message holds no value that was declared.', kept)
  return { readings, refused: problems, devices: [], memory: kept }
}

/** An empty payload takes a declaration back. */
function learn({ payload }: Packet, topic: ConfigTopic, known: Known | undefined, memory: Memory | undefined): Decoded {
  if (payload.length === 0) return refused('NO_READING', 'A declaration was taken back.', known && toMemory(without(known, topic)))
  const parsed = parsePayload(payload)
  if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, memory)
  if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The payload is not a JSON object.', memory)
  const declaration = declarationOf(parsed.value, topic)
  const after = toMemory(withDeclared(without(known ?? unknown(deviceOf(parsed.value, topic)), topic), declaration))
  if (!fits(after)) return refused('NO_READING', `A device declares more than the ${MEMORY_BYTES_MAX} bytes that are remembered.`, memory)
  if (declaration.refused.length > 0) return { readings: [], refused: declaration.refused, devices: [], memory: after }
  const detail = declaration.entities.size > 0 ? 'A declaration is no reading.' : 'Nothing that it declares is measured.'
  return refused('NO_READING', detail, after)
}

/** What stays of a device when one of its declarations goes. */
function without(known: Known, { stem }: ConfigTopic): Known {
  const isGone = (id: string) => id === stem || id.startsWith(`${stem}#`)
  const entities = new Map([...known.entities].filter(([id]) => !isGone(id)))
  const availability = entities.size > 0 ? known.availability : new Map<string, never>()
  // Whoever is the device itself stays so while it is declared anew.
  return { ...known, entities, availability }
}

function withDeclared(known: Known, declared: Declaration): Known {
  const entities = new Map([...known.entities, ...declared.entities]), mains = new Map<Quantity, string>()
  for (const [quantity, id] of known.mains) if (entities.get(id)?.quantity === quantity) mains.set(quantity, id)
  for (const [id, { quantity }] of declared.entities) if (quantity && !mains.has(quantity)) mains.set(quantity, id)
  const availability = new Map(declared.availability)
  for (const [topic, each] of known.availability) availability.set(topic, { ...declared.availability.get(topic) ?? each, ...upOf(each) })
  return { ...known, entities, mains, availability, mode: declared.mode ?? known.mode }
}

function upOf({ isUp }: { readonly isUp?: boolean }): { readonly isUp?: boolean } {
  return isUp === undefined ? {} : { isUp }
}
