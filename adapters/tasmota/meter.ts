// Tasmota's energy meters: one number, or a list by phase, by output or by tariff, and the message itself has to tell which.
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import type { Phase } from '#adapters/reading.ts'
import { METER, TARIFF_LISTS, type FieldRule, type Tariffs } from '#adapters/tasmota/fields.ts'
import { Collector, PARTS_MAX, type Measurement, type Part } from '#adapters/tasmota/measure.ts'

export interface Metered extends Measurement { readonly isThreePhase: boolean }

/** What the places of its lists are. */
type Shape = 'single' | 'phases' | 'outputs'

export const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']
/** Lists with an element for each phase or output, in every firmware. */
export const PER_PART = ['Power', 'ActivePower', 'Current', 'ApparentPower', 'ReactivePower', 'Factor', 'Voltage'] as const
const OLD_TARIFFS: Readonly<Record<string, Tariffs>> = { energyImport: 'energyImportTariff', energyExport: 'energyExportTariff' }
const NAMED_PHASE = /^Phase([123])$/

/** `hasOutputs`: a board whose every relay has a meter, as its name says. */
export function meter(path: string, record: JsonRecord, units: JsonRecord, hasOutputs = false): Metered {
  const collector = new Collector(path, units), shape = hasOutputs ? 'outputs' : shapeOf(record)
  let isThreePhase = shape === 'phases'
  for (const [field, value] of Object.entries(record)) {
    const tariff = TARIFF_LISTS.get(field), rule = METER.get(field)
    if (tariff) readTariffs(collector, tariff, field, value, 0)
    else if (rule && Array.isArray(value)) readList(collector, rule, field, value, shape)
    else if (rule && isRecord(value)) isThreePhase = readNamedPhases(collector, rule, field, value) || isThreePhase
    // What all phases have in common is read once, as that of the first.
    else if (rule) collector.number(rule, field, value, shape === 'phases' && rule.quantity === 'voltage' ? { phase: 'L1' } : undefined)
  }
  return { ...collector.result, isThreePhase }
}

/**
 * Outputs of one relay board share the mains, so their voltage is one number; phases each have their own. Three are always phases, more
 * than three never.
 */
function shapeOf(record: JsonRecord): Shape {
  const lengths = PER_PART.map(field => own(record, field)).map(value => Array.isArray(value) ? value.length : 0)
  const parts = Math.max(...lengths)
  if (parts < 2) return 'single'
  if (parts > PHASES.length) return 'outputs'
  const voltage = own(record, 'Voltage')
  return parts === 2 && voltage !== undefined && !Array.isArray(voltage) ? 'outputs' : 'phases'
}

function readList(collector: Collector, rule: FieldRule, field: string, list: readonly unknown[], shape: Shape): void {
  if (rule.quantity === 'frequency') return collector.number(rule, `${field}[0]`, list[0])
  const tariff = shape === 'single' ? OLD_TARIFFS[rule.quantity] : undefined
  if (tariff) return readOldTariffs(collector, rule, tariff, field, list)
  for (const [index, value] of list.slice(0, PARTS_MAX).entries()) collector.number(rule, `${field}[${index}]`, value, partOf(shape, index))
}

/** Of a meter without phases: firmware before 8.4.0 put the sum and the two tariffs into one list; other lists are the tariffs alone. */
function readOldTariffs(collector: Collector, rule: FieldRule, tariff: Tariffs, field: string, list: readonly unknown[]): void {
  const hasSum = list.length % 2 === 1
  if (hasSum) collector.number(rule, `${field}[0]`, list[0])
  readTariffs(collector, tariff, field, list, hasSum ? 1 : 0)
}

function readTariffs(collector: Collector, tariff: Tariffs, field: string, list: unknown, first: number): void {
  if (list === null) return
  if (!Array.isArray(list)) return collector.refuse('BAD_PAYLOAD', field, 'Counters by tariff are a list.')
  for (const n of [1, 2, 3, 4] as const) {
    const index = first + n - 1
    if (index < list.length) collector.number({ quantity: `${tariff}${n}`, unit: 'kWh', rank: 0 }, `${field}[${index}]`, list[index])
  }
}

/** `{"Phase1":…,"Phase2":…}` */
function readNamedPhases(collector: Collector, rule: FieldRule, field: string, record: JsonRecord): boolean {
  const named = Object.keys(record).filter(key => NAMED_PHASE.test(key))
  for (const key of named) collector.number(rule, `${field}.${key}`, record[key], { phase: PHASES[Number(NAMED_PHASE.exec(key)![1]) - 1]! })
  return named.length > 1
}

function partOf(shape: Shape, index: number): Part {
  if (shape === 'outputs') return { channel: String(index + 1) }
  const phase = PHASES[index]
  return shape === 'phases' && phase ? { phase } : {}
}
