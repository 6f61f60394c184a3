// One sensor of a Tasmota → what it measured, before it is known which device that is.
import { isRecord, numberOf, numberOfText, own, type JsonRecord } from '#adapters/json.ts'
import type { TextQuantity } from '#adapters/quantity.ts'
import type { Reading, Refusal } from '#adapters/reading.ts'
import { distanceUnit, flagsOf, STATED_UNITS, type FieldRule, type Fields, type StatedUnit } from '#adapters/tasmota/fields.ts'

/** A reading that has yet to be given its device and its time; `channel` where it is not the sensor's own device. */
export interface Measured extends Omit<Reading, 'device' | 'observedAt'> { readonly channel?: string }
export interface Measurement { readonly measured: readonly Measured[], readonly refused: readonly Refusal[] }

/** Where a number is part of a list: of a phase, or of an output with a meter of its own. */
export interface Part { readonly phase?: Reading['phase'], readonly channel?: string }

const WHOLE: Part = {}

/** Lists are read up to this many: the largest relay boards have 32 outputs. */
export const PARTS_MAX = 32

/** Collects what a sensor measured. Where it has several fields of one quantity in one place, the one of the lower rank counts. */
export class Collector {
  readonly #path: string
  readonly #units: JsonRecord
  readonly #measured = new Map<string, readonly [rank: number, measured: Measured]>()
  readonly #refused: Refusal[] = []

  /**
   * `path` is where the sensor stands in the payload, '' for the payload itself; `units` is the record that states the units of all its
   * sensors.
   */
  constructor(path: string, units: JsonRecord) {
    this.#path = path
    this.#units = units
  }

  get result(): Measurement { return { measured: [...this.#measured.values()].map(([, measured]) => measured), refused: this.#refused } }

  /** Numbers come as such or, from some sensors, as texts. null is not known. */
  number(rule: FieldRule, field: string, value: unknown, part: Part = WHOLE): void {
    if (value === null || value === undefined) return
    const number = numberOf(value) ?? numberOfText(value)
    if (number === undefined) return this.refuse('BAD_PAYLOAD', field, 'Neither a finite number nor a text with one.')
    const unit = this.#unitOf(rule, number)
    if (unit === undefined) return this.refuse('AMBIGUOUS', field, 'The unit cannot be told: firmwares of this sensor differ in it.')
    const phase = rule.phase ?? part.phase, channel = part.channel ?? rule.channel
    this.#keep(rule.rank, { quantity: rule.quantity, value: number, unit, phase, channel, field: this.#within(field) })
  }

  /** 1 and 0, or true and false. */
  flag(quantity: TextQuantity, field: string, value: unknown): void {
    if (value === null) return
    const isSet = value === 1 || value === true, isClear = value === 0 || value === false
    if (!isSet && !isClear) return this.refuse('BAD_PAYLOAD', field, 'Neither 1 nor 0.')
    this.#keep(0, { quantity, value: isSet ? 'detected' : 'clear', unit: '', field: this.#within(field) })
  }

  refuse(code: Refusal['code'], field: string, detail: string): void {
    this.#refused.push({ code, field: this.#within(field), detail })
  }

  #within(field: string): string {
    return this.#path === '' ? field : `${this.#path}.${field}`
  }

  #keep(rank: number, measured: Measured): void {
    const key = `${measured.quantity} ${measured.phase ?? ''} ${measured.channel ?? ''}`, known = this.#measured.get(key)
    if (!known || rank < known[0]) this.#measured.set(key, [rank, measured])
  }

  #unitOf({ quantity, unit, max }: FieldRule, value: number): string | undefined {
    if (quantity === 'distance') return distanceUnit(this.#path, value)
    if (max !== undefined && value > max) return undefined
    if (!Object.hasOwn(STATED_UNITS, unit)) return unit
    const stated = own(this.#units, unit)
    return typeof stated === 'string' ? stated : STATED_UNITS[unit as StatedUnit]
  }
}

/** Reads the fields of a sensor, and of the objects inside it by a path with a point; a list is one number for each channel of it. */
export function measure(path: string, record: JsonRecord, fields: Fields, units: JsonRecord): Measurement {
  const collector = new Collector(path, units), flags = flagsOf(fields)
  for (const [field, value] of fieldsIn(record)) {
    const rule = fields.get(field), flag = flags.get(field)
    if (rule && Array.isArray(value)) readOutputs(collector, rule, field, value)
    else if (rule) collector.number(rule, field, value)
    else if (flag) collector.flag(flag, field, value)
  }
  return collector.result
}

function readOutputs(collector: Collector, rule: FieldRule, field: string, list: readonly unknown[]): void {
  for (const [index, value] of list.slice(0, PARTS_MAX).entries()) {
    collector.number(rule, `${field}[${index}]`, value, { channel: String(index + 1) })
  }
}

function* fieldsIn(record: JsonRecord): Iterable<readonly [field: string, value: unknown]> {
  for (const [key, value] of Object.entries(record)) {
    if (!isRecord(value)) yield [key, value]
    else for (const [inner, each] of Object.entries(value)) yield [`${key}.${inner}`, each]
  }
}
