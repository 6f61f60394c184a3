// Shelly, first generation: one scalar per topic, below shellies/<id>/.
import type { Adapter, Decoded, Memory } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { isRecord, numberOfText, parsePayload, textOf } from '#adapters/json.ts'
import type { Packet } from '#adapters/packet.ts'
import type { DeviceReport, Phase, Reading } from '#adapters/reading.ts'
import { FIGURES, type Figure } from '#adapters/shelly1/figures.ts'
import { fromMemory, learnFrom, metersOf, toMemory, type Learned } from '#adapters/shelly1/learned.ts'
import { readStatus } from '#adapters/shelly1/status.ts'
import { parseTopic, type Shelly1Topic } from '#adapters/shelly1/topic.ts'

/** Shelly Gen1 over MQTT (https://shelly-api-docs.shelly.cloud/gen1/). The key is the device's id. No message has a time of its own. */
export const shelly1: Adapter = {
  name: 'shelly1',
  recognise: topic => {
    const parsed = parseTopic(topic)
    return parsed && !parsed.isBridged ? parsed.id : undefined
  },
  adopt: topic => parseTopic(topic)?.id,
  decode: (packet, memory) => {
    const topic = parseTopic(packet.topic), place = topic && `${topic.kind}/${topic.figure}`
    if (!topic) return refused('NO_READING', 'The topic is none of a first-generation Shelly.', memory)
    if (place === 'status/') return decodeStatus(topic.id, packet, memory)
    if (place === 'info/' || place === 'announce/') return learn(packet, memory)
    const figure = FIGURES.get(place!)
    if (!figure) return refused('NO_READING', 'Outputs, inputs, limits, commands and what all devices share are no readings.', memory)
    return decodeFigure(topic, figure, packet, memory)
  },
}

const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']
/** A relay without a meter: its power is what its owner typed in. */
const WITHOUT_METER = /^shelly1-/i

interface Place { readonly device: string, readonly phase?: Phase, readonly report?: DeviceReport }

function decodeFigure(topic: Shelly1Topic, figure: Figure, { payload }: Packet, memory: Memory | undefined): Decoded {
  const learned = fromMemory(memory), text = textOf(payload)?.trim(), place = placeOf(topic, figure, learned)
  if (!place) return refused('AMBIGUOUS', 'Clamps or phases: its name does not say it, and it has not announced its model yet.', memory)
  if (text === undefined || text === '') return refused('BAD_PAYLOAD', 'The payload is no text.', memory)
  const value = figure.words ? wordOf(text, figure.words) : numberOfText(text)
  if (value === undefined) return refused('BAD_PAYLOAD', 'Not what this topic may say.', memory)
  if (value === null || figure.absent?.includes(value as number)) return refused('NO_READING', 'The device says that it has none.', memory)
  if (topic.kind === 'relay' && WITHOUT_METER.test(topic.id)) return refused('NO_READING', 'It has no meter: it was typed in.', memory)
  const { quantity } = figure, { device, phase, report } = place
  const unit = topic.kind === 'sensor' && quantity === 'temperature' && learned.isFahrenheit ? '°F' : figure.unit
  const reading: Reading = { device, quantity, value, unit, ...phase && { phase }, field: '' }
  return { readings: [reading], refused: [], devices: report ? [report] : [], memory }
}

/** Number 0 is the device itself, as in later generations, but for clamps and probes. Undefined: it cannot be told. */
function placeOf({ id, kind, number }: Shelly1Topic, { isOfMeter, part }: Figure, learned: Learned): Place | undefined {
  if (!isOfMeter) return { device: part === undefined && !number ? id : `${id}.${part ?? kind}:${number ?? 0}` }
  const meters = metersOf(id, learned)
  if (meters === 'clamps') return { device: `${id}.${kind}:${number ?? 0}` }
  const phase = number === undefined ? undefined : PHASES[number]
  return meters && phase ? { device: id, phase, report: { device: id, phases: 3 } } : undefined
}

/** Null: one of the words that say nothing. Undefined: none of the words. */
function wordOf(text: string, words: NonNullable<Figure['words']>): string | null | undefined {
  return Object.hasOwn(words, text) ? words[text] ?? null : undefined
}

function decodeStatus(device: string, { payload }: Packet, memory: Memory | undefined): Decoded {
  const parsed = parsePayload(payload)
  if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, memory)
  if (!isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The payload is not a JSON object.', memory)
  const { readings, refused: problems } = readStatus(device, parsed.value)
  if (readings.length + problems.length === 0) return refused('NO_READING', 'The status holds no figure that has a quantity.', memory)
  return { readings, refused: problems, devices: [], memory }
}

function learn({ payload }: Packet, memory: Memory | undefined): Decoded {
  const parsed = parsePayload(payload)
  if (!parsed.ok || !isRecord(parsed.value)) return refused('BAD_PAYLOAD', 'The payload is not a JSON object.', memory)
  return refused('NO_READING', 'What a device says of itself is no reading.', toMemory(learnFrom(parsed.value, fromMemory(memory))))
}
