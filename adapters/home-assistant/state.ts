// A message on a declared topic → readings, by what was declared.
import { parsePayload, textOf, type Parsed } from '#adapters/json.ts'
import { WORDS } from '#adapters/home-assistant/classes.ts'
import { pythonText } from '#adapters/home-assistant/declaration.ts'
import type { Availability, Entity, Known } from '#adapters/home-assistant/known.ts'
import { numberBy, parseTemplate, valueAt, WHOLE, type Template } from '#adapters/home-assistant/template.ts'
import type { Quantity } from '#adapters/quantity.ts'
import type { Reading, Refusal } from '#adapters/reading.ts'

export interface StateReadings {
  readonly readings: readonly Reading[]
  readonly refused: readonly Refusal[]
  /** With what an availability topic said. */
  readonly known: Known
}

/** What devices say when they have no value. */
const NO_VALUE: ReadonlySet<unknown> = new Set(['', 'unknown', 'unavailable', 'None', 'none', 'null', 'nan', 'NaN'])
const PROBLEMS = {
  template: 'Its template was refused when it was declared.', meaning: 'What it measures was not told when it was declared.',
} as const
/** Beside these, a voltage and a current are of the mains. */
const OF_MAINS: ReadonlySet<Quantity | undefined> = new Set<Quantity>([
  'powerActive', 'powerReactive', 'powerApparent', 'powerFactor', 'frequency', 'energyImport', 'energyExport',
])

export function readState(topic: string, payload: Uint8Array, known: Known): StateReadings {
  const readings: Reading[] = [], refused: Refusal[] = [], message = new Message(payload)
  for (const [id, entity] of known.entities) {
    if (entity.topic !== topic) continue
    const result = readEntity(id, entity, message, known)
    if (result && 'code' in result) {
      // What is wrong with the whole message is said once.
      if (result.field !== '' || refused.every(({ field }) => field !== '')) refused.push(result)
    } else if (result) readings.push(result)
  }
  const availability = known.availability.get(topic)
  if (!availability) return { readings, refused, known }
  const isUp = upOf(availability, message)
  if (isUp === undefined) return { readings, refused, known }
  const after = { ...known, availability: new Map([...known.availability, [topic, { ...availability, isUp }]]) }
  const isOnline = stateOf(after, isUp)
  if (isOnline !== undefined) {
    readings.push({ device: known.device, quantity: 'availability', value: isOnline ? 'online' : 'offline', unit: '', field: '' })
  }
  return { readings, refused, known: after }
}

/** The payload, parsed once at most. */
class Message {
  readonly #payload: Uint8Array
  #json: Parsed | undefined

  constructor(payload: Uint8Array) { this.#payload = payload }

  /** `{ ok: true, value: undefined }`: the message has no such value. */
  valueBy({ path }: Template): Parsed {
    if (path === undefined) {
      const text = textOf(this.#payload)
      return text === undefined ? { ok: false, detail: 'The payload is not UTF-8.' } : { ok: true, value: text.trim() }
    }
    const json = this.#json ??= parsePayload(this.#payload)
    return json.ok ? { ok: true, value: valueAt(json.value, path) } : json
  }
}

function readEntity(id: string, entity: Entity, message: Message, known: Known): Reading | Refusal | undefined {
  const template = templateOf(entity), field = fieldOf(template)
  if (entity.problem || !entity.quantity) return { code: 'AMBIGUOUS', field: entity.name, detail: PROBLEMS[entity.problem ?? 'meaning'] }
  const found = message.valueBy(template)
  if (!found.ok) return { code: 'BAD_PAYLOAD', field: '', detail: found.detail }
  if (found.value === undefined || found.value === null || NO_VALUE.has(found.value)) return undefined
  const value = entity.on === undefined ? numberBy(template, found.value) : wordOf(entity, found.value)
  if (value === undefined) return template.isForgiving ? undefined : { code: 'BAD_PAYLOAD', field, detail: 'Not what was declared.' }
  const device = known.mains.get(entity.quantity) === id ? known.device : `${known.device}.${entity.name}`
  return { device, quantity: kindOf(entity.quantity, known), value, unit: entity.on === undefined ? entity.unit ?? '' : '', field }
}

function wordOf({ quantity, on, off }: Entity, raw: unknown): string | undefined {
  const text = pythonText(raw), words = quantity && WORDS.get(quantity)
  return words && (text === on ? words[0] : text === off ? words[1] : undefined)
}

/** No class tells volts of the mains from those of a battery, but what else the device has does. */
function kindOf(quantity: Quantity, { entities }: Known): Quantity {
  if (quantity !== 'voltage' && quantity !== 'current') return quantity
  const beside = [...entities.values()].map(entity => entity.quantity)
  if (beside.some(each => OF_MAINS.has(each))) return quantity
  if (quantity === 'current') return 'currentDc'
  return beside.includes('battery') && !beside.includes('batteryVoltage') ? 'batteryVoltage' : 'voltageDc'
}

function upOf(availability: Availability, message: Message): boolean | undefined {
  const found = message.valueBy(templateOf(availability)), text = found.ok ? pythonText(found.value) : undefined
  return text === availability.on ? true : text === availability.off ? false : undefined
}

/** Of several topics: all of them, any of them, or whichever spoke last. Undefined: not all have spoken yet. */
function stateOf({ mode, availability }: Known, latest: boolean): boolean | undefined {
  const states = [...availability.values()].map(({ isUp }) => isUp), decisive = mode === 'any'
  if (mode === 'latest' || latest === decisive) return latest
  if (states.includes(decisive)) return decisive
  return states.includes(undefined) ? undefined : !decisive
}

function templateOf({ template }: { readonly template?: string }): Template {
  return template === undefined ? WHOLE : parseTemplate(template) ?? WHOLE
}

function fieldOf({ path }: Template): string {
  return path?.join('.') ?? ''
}
