// Readings → observations: each reading to its model and attribute, converted exactly, and one entity for each device, model and instant.
import type { NumberQuantity, StatusQuantity } from '#adapters/quantity.ts'
import { STATUS_QUANTITIES } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import { Draft } from '#semantic-models/draft.ts'
import type { DeviceFacts, FieldRefusal, Observation, StatusValue } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { RULES } from '#semantic-models/rules.ts'
import { hasCatchAll, targetOf, type Target } from '#semantic-models/target.ts'
import { conversionOf, convert, type Conversion } from '#semantic-models/units.ts'

export interface Mapped {
  /** Oldest first. */
  readonly observations: readonly Observation[]
  readonly status: readonly StatusValue[]
  readonly refused: readonly FieldRefusal[]
}

const STATUS: ReadonlySet<string> = new Set(STATUS_QUANTITIES)
const WORDS: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(RULES.quantities.words))
const CATCH_ALL = modelOf('DeviceMeasurement')!

/**
 * Maps the readings of one packet. `factsOf` is asked for each device that they name; `receivedAt` (milliseconds) stands in for a time that a reading does not have.
 * Never throws for what a device can send: what cannot be mapped is in `refused`.
 */
export function map(readings: readonly Reading[], factsOf: (device: string) => DeviceFacts, receivedAt: number): Mapped {
  const mapping = new Mapping(receivedAt)
  for (const reading of readings) mapping.add(reading, factsOf(reading.device))
  return mapping.finish()
}

class Mapping {
  readonly #receivedAt: number
  readonly #drafts: Draft[] = []
  readonly #status: StatusValue[] = []
  readonly #refused: FieldRefusal[] = []

  constructor(receivedAt: number) { this.#receivedAt = receivedAt }

  add(reading: Reading, facts: DeviceFacts): void {
    const { quantity, value } = reading
    if (STATUS.has(quantity)) {
      this.#status.push({ device: reading.device, quantity: quantity as StatusQuantity, value, observedAt: reading.observedAt ?? this.#receivedAt })
      return
    }
    const words = WORDS.get(quantity)
    if (words !== undefined) this.#addWord(reading, facts, words)
    else if (typeof value === 'number' && Number.isFinite(value)) this.#addNumber(reading, facts, value)
    else this.#refuse(reading, 'BAD_PAYLOAD', `${quantity} is a finite number, not ${JSON.stringify(value)}`)
  }

  finish(): Mapped {
    const observations = this.#drafts.sort((a, b) => a.observedAt - b.observedAt).map(draft => draft.finish())
    return { observations, status: this.#status, refused: this.#refused }
  }

  #addNumber(reading: Reading, facts: DeviceFacts, value: number): void {
    const { quantity, unit, phase } = reading
    const conversion = conversionOf(facts.dialect, quantity, unit)
    if (conversion === undefined) return this.#refuse(reading, 'BAD_UNIT', unit === '' ? `${quantity} came without a unit` : `${JSON.stringify(unit.slice(0, 40))} is no unit of ${quantity} in ${facts.dialect}`)
    const target = targetOf(reading, facts)
    const scaled = target === undefined ? NaN : this.#scaled(target, facts, value, conversion)
    if (target === undefined || !passes(target, scaled)) return this.#addToCatchAll(reading, facts, convert(value, conversion), conversion.code)
    const draft = this.#draftOf(target, reading, facts), code = target.scale || target.fill ? 'C62' : conversion.code
    if (target.shape === 'phases') draft.setPhase(target, phase ?? 'L1', scaled, code)
    else draft.set(target, String(scaled), code, phase === undefined || phase === 'L1')
  }

  #scaled(target: Target, { emptyMm = 0, fullMm = 0 }: DeviceFacts, value: number, conversion: Conversion): number {
    if (!target.fill) return convert(value, conversion, target.scale)
    const distanceMm = convert(value, conversion, [1000, 1])
    return Math.min(1, Math.max(0, Number(((emptyMm - distanceMm) / (emptyMm - fullMm)).toPrecision(15))))
  }

  #addWord(reading: Reading, facts: DeviceFacts, words: readonly string[]): void {
    const { quantity, value } = reading
    if (typeof value !== 'string' || !words.includes(value)) return this.#refuse(reading, 'BAD_PAYLOAD', `${quantity} is one of ${words.join(', ')}`)
    const target = targetOf(reading, facts)
    if (target === undefined) return this.#addToCatchAll(reading, facts, value, undefined)
    const number = target.numbers?.[value]
    this.#draftOf(target, reading, facts).set(target, number === undefined ? JSON.stringify(value) : String(number), number === undefined ? undefined : 'C62', true)
  }

  /** DeviceMeasurement: the quantity itself, in its canonical unit; one phase alone is a quantity of its own. */
  #addToCatchAll(reading: Reading, facts: DeviceFacts, value: number | string, code: string | undefined): void {
    if (!hasCatchAll(reading.quantity)) return this.#refuse(reading, 'NO_MODEL', `no model has ${reading.quantity} for a device without the role of a street light`)
    if (typeof value === 'number' && !Number.isFinite(value)) return this.#refuse(reading, 'BAD_PAYLOAD', `${reading.quantity} is too large`)
    const quantity = `${reading.quantity as NumberQuantity}${reading.phase ?? ''}`
    const draft = new Draft({ model: CATCH_ALL, quantity, device: reading.device, facts, observedAt: reading.observedAt ?? this.#receivedAt, timed: reading.observedAt !== undefined })
    draft.measure(value, code)
    // The later of two readings of one quantity and instant stands.
    const twin = this.#drafts.findIndex(other => other.isOf(CATCH_ALL, quantity, reading.device, draft.observedAt))
    if (twin >= 0) this.#drafts[twin] = draft
    else this.#drafts.push(draft)
  }

  #draftOf(target: Target, reading: Reading, facts: DeviceFacts): Draft {
    const observedAt = reading.observedAt ?? this.#receivedAt
    let draft: Draft | undefined
    for (const other of this.#drafts) if (other.isOf(target.target, undefined, reading.device, observedAt)) draft = other
    if (draft === undefined) this.#drafts.push(draft = new Draft({ model: target.target, quantity: undefined, device: reading.device, facts, observedAt, timed: reading.observedAt !== undefined }))
    draft.describe(target, reading)
    return draft
  }

  #refuse({ device, field }: Reading, code: FieldRefusal['code'], detail: string): void {
    this.#refused.push({ code, device, field, detail })
  }
}

/** The range and type of the published schema, and of our own gate. */
function passes({ min = -Infinity, max = Infinity, integer }: Target, value: number): boolean {
  return value >= min && value <= max && Number.isFinite(value) && (integer !== true || Number.isInteger(value))
}
