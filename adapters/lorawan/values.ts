// One figure of a decoded payload → a value, its quantity and its unit, or why not.
import { numberOf, numberOfText } from '#adapters/json.ts'
import type { Reading, Refusal } from '#adapters/reading.ts'
import type { NumberField, WordField } from '#adapters/lorawan/fields.ts'
import { numberWithUnit } from '#adapters/lorawan/units.ts'

/** What can be said of a figure before it is known whose it is. */
export interface Value extends Pick<Reading, 'quantity' | 'value' | 'unit'> {
  /** A part of the device that the field belongs to. */
  readonly channel?: string
}

export type Judged = Value | Pick<Refusal, 'code' | 'detail'> | undefined

/** Undefined: nothing is measured. `unit` is what the message itself says. Many decoders write numbers as texts, some with a unit. */
export function judgeNumber(fields: readonly NumberField[], raw: unknown, unit: string | undefined): Judged {
  if (raw === undefined || raw === null) return undefined
  const inText = typeof raw === 'string' ? numberWithUnit(raw) : undefined
  const value = numberOf(raw) ?? numberOfText(inText?.number ?? raw), told = unit ?? inText?.unit
  if (value === undefined) return { code: 'BAD_PAYLOAD', detail: 'Not a finite number.' }
  const field = fieldOf(fields, value, told)
  if (!field) return { code: 'AMBIGUOUS', detail: 'What this is does not follow from its name, its unit and the size of its value.' }
  if (field.absent?.includes(value)) return undefined
  const known = told ?? field.unit
  if (known === undefined) return { code: 'AMBIGUOUS', detail: 'The unit is not told, and decoders differ.' }
  return { quantity: field.quantity, value, unit: known, channel: field.channel }
}

/** By the unit that is told, and by the value's size where the field has a range. A unit that no field has is judged when it is mapped. */
function fieldOf(fields: readonly NumberField[], value: number, told: string | undefined): NumberField | undefined {
  const ofUnit = told === undefined ? fields.filter(({ isTold }) => !isTold) : fields.filter(({ unit }) => unit === told)
  return ofUnit.length > 0 ? ofUnit.find(({ range }) => !range || value >= range[0] && value <= range[1]) : fields[0]
}

/** Yes/no fields: their words in any case, booleans, 0 and 1, and counts of events. */
export function judgeWord({ quantity, words, isCount }: WordField, raw: unknown): Judged {
  if (raw === undefined || raw === null) return undefined
  const number = numberOf(raw) ?? numberOfText(raw)
  const text = isCount && number !== undefined && number > 0 ? '1' : wordOf(raw)
  if (!Object.hasOwn(words, text)) return { code: 'BAD_PAYLOAD', detail: 'None of the words of this field.' }
  return { quantity, value: words[text]!, unit: '' }
}

function wordOf(raw: unknown): string {
  return typeof raw === 'string' ? raw.trim().toLowerCase() : typeof raw === 'boolean' || typeof raw === 'number' ? String(raw) : ''
}
