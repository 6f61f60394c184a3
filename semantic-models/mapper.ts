// Readings → observations: each reading to its model and attribute, converted exactly, and one entity for each device, model and instant.
// On the data path: no promise, no regular expression, no JSON-LD library; texts that do not change are made beforehand.
import type { StatusQuantity } from '#adapters/quantity.ts'
import type { Reading } from '#adapters/reading.ts'
import { minus, over, fractionOf, timesTenExactly, toDigits } from '#semantic-models/decimal.ts'
import { Draft } from '#semantic-models/draft.ts'
import type { Model } from '#semantic-models/model.ts'
import type { DeviceFacts, FieldRefusal, Observation, StatusValue } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { targetIn, type Route, type Target } from '#semantic-models/target.ts'
import { DEVICES_PREPARED_MAX, PreparedDevices, type Prepared } from '#semantic-models/template.ts'
import { closing, opening } from '#semantic-models/text.ts'
import { conversionIn, convert, exactly, type Conversion } from '#semantic-models/units.ts'

export interface Mapped {
  /** Oldest first. */
  readonly observations: readonly Observation[]
  readonly status: readonly StatusValue[]
  readonly refused: readonly FieldRefusal[]
}

/** What one device says of one instant. */
interface Report {
  readonly device: string
  readonly prepared: Prepared
  readonly observedAt: number
  readonly timed: boolean
  readonly drafts: Draft[]
}

const CATCH_ALL = modelOf('DeviceMeasurement')!
const NUM_VALUE = CATCH_ALL.attributes.indexOf('numValue'), TEXT_VALUE = CATCH_ALL.attributes.indexOf('textValue')
const NUM_OPENING = opening('numValue'), TEXT_OPENING = opening('textValue')
const TEXT_CLOSING = closing(), FRACTION_CLOSING = closing('C62')
/** The end of the year 9999: the last instant that has four digits of a year. */
const INSTANT_MAX = 253_402_300_799_999
const MILLIMETRES = 3

const devices = new PreparedDevices(DEVICES_PREPARED_MAX)

/**
 * Maps the readings of one packet. `factsOf` is asked for each device that they name; `receivedAt` (milliseconds) stands in for a time that a
 * reading does not have.
 * Never throws for what a device can send: what cannot be mapped is in `refused`.
 */
export function map(readings: readonly Reading[], factsOf: (device: string) => DeviceFacts, receivedAt: number): Mapped {
  const mapping = new Mapping(factsOf, receivedAt)
  for (const reading of readings) mapping.add(reading)
  return mapping.finish()
}

class Mapping {
  readonly #factsOf: (device: string) => DeviceFacts
  readonly #receivedAt: number
  readonly #reports: Report[] = []
  /** Made when a second report comes. */
  #byInstant: Map<string, Report> | undefined
  #report: Report | undefined
  readonly #status: StatusValue[] = []
  readonly #refused: FieldRefusal[] = []

  constructor(factsOf: (device: string) => DeviceFacts, receivedAt: number) {
    this.#factsOf = factsOf
    this.#receivedAt = Math.floor(receivedAt)
  }

  add(reading: Reading): void {
    const { quantity, value } = reading, report = this.#reportOf(reading), route = report.prepared.routes.get(quantity)
    if (route === undefined) this.#refuse(reading, 'NO_MODEL', `${quantity} is no quantity`)
    else if (route.isStatus) this.#addStatus(reading, report, route)
    else if (route.words !== undefined) this.#addWord(reading, report, route, route.words)
    else if (typeof value === 'number' && Number.isFinite(value)) this.#addNumber(reading, report, route, value)
    else this.#refuse(reading, 'BAD_PAYLOAD', `${quantity} is a finite number`)
  }

  finish(): Mapped {
    const reports = this.#reports, observations: Observation[] = []
    if (reports.length > 1) reports.sort((a, b) => a.observedAt - b.observedAt)
    for (const { device, observedAt, timed, drafts } of reports) {
      for (const draft of drafts) {
        const { model, quantity } = draft.template
        observations.push({ device, model, quantity, observedAt, timed, entity: draft.finish() })
      }
    }
    return { observations, status: this.#status, refused: this.#refused }
  }

  /** Nearly always the same as for the reading before. */
  #reportOf({ device, observedAt }: Reading): Report {
    const timed = observedAt !== undefined && observedAt >= 0 && observedAt <= INSTANT_MAX
    const instant = timed ? Math.floor(observedAt) : this.#receivedAt, last = this.#report
    if (last !== undefined && last.device === device && last.observedAt === instant) return last
    return this.#report = this.#find(device, instant) ?? this.#open(device, instant, timed)
  }

  #find(device: string, observedAt: number): Report | undefined {
    if (this.#reports.length === 0) return undefined
    this.#byInstant ??= new Map(this.#reports.map(report => [keyOf(report.device, report.observedAt), report]))
    return this.#byInstant.get(keyOf(device, observedAt))
  }

  #open(device: string, observedAt: number, timed: boolean): Report {
    const prepared = this.#report?.device === device ? this.#report.prepared : devices.of(this.#factsOf(device))
    const report: Report = { device, prepared, observedAt, timed, drafts: [] }
    this.#reports.push(report)
    this.#byInstant?.set(keyOf(device, observedAt), report)
    return report
  }

  /** A status that has a unit (the voltage of a battery) is told in the canonical one where its own is known; everything else as it came. */
  #addStatus({ device, quantity, value, unit }: Reading, { observedAt }: Report, { spellings }: Route): void {
    const conversion = typeof value === 'number' ? conversionIn(spellings, unit) : undefined
    const told = conversion === undefined ? value : convert(value as number, conversion)
    this.#status.push({ device, quantity: quantity as StatusQuantity, value: told, observedAt })
  }

  #addNumber(reading: Reading, report: Report, route: Route, value: number): void {
    const conversion = conversionIn(route.spellings, reading.unit)
    if (conversion === undefined) return this.#refuse(reading, 'BAD_UNIT', unitDetail(reading, report.prepared.facts))
    const target = targetIn(route, reading)
    if (target?.refuse !== undefined) return this.#refuse(reading, 'NO_MODEL', target.refuse)
    const scaled = target === undefined ? NaN : scale(target, value, conversion, report.prepared.facts)
    if (target === undefined || !passes(target, scaled)) return this.#addToCatchAll(reading, report, convert(value, conversion), conversion)
    const draft = draftFor(report, target, reading), close = target.isFraction ? FRACTION_CLOSING : conversion.close
    if (target.isByPhase) draft.setPhase(target, reading.phase ?? 'L1', scaled, close)
    else draft.set(target.index, target.open, String(scaled), close, target.isFill)
  }

  #addWord(reading: Reading, report: Report, route: Route, words: ReadonlySet<string>): void {
    const { quantity, value } = reading
    const isKnown = typeof value === 'string' && words.has(value), target = targetIn(route, reading)
    if (!isKnown) return this.#refuse(reading, 'BAD_PAYLOAD', `${quantity} is one of ${[...words].join(', ')}`)
    if (target === undefined) return this.#addToCatchAll(reading, report, value, undefined)
    if (target.refuse !== undefined) return this.#refuse(reading, 'NO_MODEL', target.refuse)
    const number = target.numbers?.get(value), draft = draftFor(report, target, reading)
    if (number === undefined) draft.set(target.index, target.open, JSON.stringify(value), TEXT_CLOSING)
    else draft.set(target.index, target.open, String(number), FRACTION_CLOSING)
  }

  /** DeviceMeasurement: the quantity itself, in its canonical unit; one phase alone is a quantity of its own. */
  #addToCatchAll(reading: Reading, report: Report, value: number | string, conversion: Conversion | undefined): void {
    const { quantity, phase } = reading
    if (typeof value === 'number' && !Number.isFinite(value)) return this.#refuse(reading, 'BAD_PAYLOAD', `${quantity} is too large`)
    const draft = draftOf(report, CATCH_ALL, phase === undefined ? quantity : quantity + phase, '')
    if (conversion === undefined) return draft.set(TEXT_VALUE, TEXT_OPENING, JSON.stringify(value), TEXT_CLOSING)
    draft.set(NUM_VALUE, NUM_OPENING, String(value), conversion.close)
    draft.setStatic('unit', conversion.code)
  }

  #refuse({ device, field }: Reading, code: FieldRefusal['code'], detail: string): void {
    this.#refused.push({ code, device, field, detail })
  }
}

const keyOf = (device: string, observedAt: number): string => `${observedAt} ${device}`

/** The draft of a target, with what the rule and the reading say besides the value. */
function draftFor(report: Report, { model, variant, statics }: Target, { periodMs }: Reading): Draft {
  const draft = draftOf(report, model, undefined, variant)
  for (const name in statics) draft.setStatic(name, statics[name]!)
  if (periodMs !== undefined && model.period !== undefined) draft.setPeriod(periodMs)
  return draft
}

function draftOf({ drafts, prepared, observedAt }: Report, model: Model, quantity: string | undefined, variant: string): Draft {
  for (const draft of drafts) {
    const { template } = draft
    if (template.model === model && template.quantity === quantity && draft.variant === variant) return draft
  }
  const draft = new Draft(prepared.templateOf(model, quantity), variant, observedAt)
  drafts.push(draft)
  return draft
}

function scale(target: Target, value: number, conversion: Conversion, { emptyMm = 0, fullMm = 0 }: DeviceFacts): number {
  if (!target.isFill) return convert(value, conversion, target.places)
  const empty = fractionOf(emptyMm), distance = timesTenExactly(exactly(value, conversion), MILLIMETRES)
  return Math.min(1, Math.max(0, toDigits(over(minus(empty, distance), minus(empty, fractionOf(fullMm))))))
}

/** The range and type of the published schema, and of our own gate. */
function passes({ min, max, isInteger }: Target, value: number): boolean {
  return value >= min && value <= max && Number.isFinite(value) && (!isInteger || Number.isInteger(value))
}

function unitDetail({ quantity, unit }: Reading, { dialect }: DeviceFacts): string {
  return unit === '' ? `${quantity} came without a unit` : `${JSON.stringify(unit.slice(0, 40))} is no unit of ${quantity} in ${dialect}`
}
