// One state of one device → readings: each property by the tables, at its endpoint or in its phase, in the unit declared or implied.
import { numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { Phase, Reading, Refusal } from '#adapters/reading.ts'
import { parseInstant, plausibleInstant } from '#adapters/time.ts'
import type { Declared } from '#adapters/zigbee2mqtt/declared.ts'
import { propertyOf, type Property } from '#adapters/zigbee2mqtt/properties.ts'
import { OTHER_TYPES, type NumberRule } from '#adapters/zigbee2mqtt/tables.ts'
import { impliedUnit, supplyOf, type Supply } from '#adapters/zigbee2mqtt/usual.ts'

export interface State { readonly readings: readonly Reading[], readonly refused: readonly Refusal[], readonly isThreePhase: boolean }

/** What the other properties of a message tell about one of them. */
interface Context {
  readonly device: string
  readonly state: JsonRecord
  readonly declared: Declared
  readonly observedAt: number | undefined
  readonly supply: Supply
  readonly isThreePhase: boolean
  readonly isGauge: boolean
}

type Ranked = readonly [rank: number, reading: Reading]

const UNIT_DOUBT = 'Devices differ in the unit of this property, and the bridge has not published its list of devices.'
const VOLTAGE_DOUBT = 'A voltage without its unit is of the mains or of a battery: nothing in this message tells which.'

/** `device` is the key for readings; values that are null are not known yet. */
export function readState(state: JsonRecord, device: string, declared: Declared, receivedAt: number): State {
  const names = Object.keys(state), properties = names.map(propertyOf)
  const context: Context = {
    device, state, declared,
    observedAt: plausibleInstant(lastSeen(own(state, 'last_seen')), receivedAt),
    supply: supplyOf(properties),
    isThreePhase: declared.isThreePhase || properties.some(({ tells }) => tells.isThreePhase),
    isGauge: properties.some(({ tells }) => tells.isGauge),
  }
  const readings = new Map<string, Ranked>(), refused: Refusal[] = []
  for (const [index, property] of properties.entries()) {
    const read = readProperty(names[index]!, property, context)
    if (read === undefined) continue
    if ('code' in read) refused.push(read)
    else keepFirst(readings, read)
  }
  return { readings: Array.from(readings.values(), ([, reading]) => reading), refused, isThreePhase: context.isThreePhase }
}

/** Undefined: no quantity, or no value yet. */
function readProperty(field: string, property: Property, context: Context): Ranked | Refusal | undefined {
  const { number: rule, word } = property, value = context.state[field]
  if ((!rule && !word) || value === null) return undefined
  const number = rule && numberOf(value)
  if (rule && number !== undefined) return readNumber(field, property, rule, number, context)
  const flag = word && flagOf(value)
  if (word && flag !== undefined) {
    return [word.rank, readingOf(context, property.channel, word.quantity, flag ? word.yes : word.no, '', undefined, field)]
  }
  if (OTHER_TYPES.get(property.base)?.includes(typeof value)) return undefined
  return { code: 'BAD_PAYLOAD', field, detail: rule ? 'Not a finite number.' : 'Neither true nor false.' }
}

function readNumber(field: string, property: Property, rule: NumberRule, value: number, context: Context): Ranked | Refusal | undefined {
  if (rule.quantity === 'pressure' && context.isGauge) return undefined
  const declared = textOrUndefined(own(context.declared.units, field))
  const supply = context.isThreePhase || property.phase ? 'mains' : context.supply ?? supplyBy(declared)
  const unit = declared ?? impliedUnit(rule, field, value, context.state, supply)
  if (unit === undefined) return { code: 'AMBIGUOUS', field, detail: rule.quantity === 'voltage' ? VOLTAGE_DOUBT : UNIT_DOUBT }
  if (rule.quantity === 'voltage' && supply === 'battery') {
    return property.channel ? undefined : [rule.rank, readingOf(context, undefined, 'batteryVoltage', value, unit, undefined, field)]
  }
  const isPhase = property.phase !== undefined && (property.letter === undefined || context.isThreePhase)
  const phase = rule.phase ?? (isPhase ? property.phase : phaseOfUnmarked(property, rule, context))
  if (phase === 'none') return undefined
  const channel = rule.channel ?? property.channel ?? (isPhase ? undefined : property.letter)
  return [rule.rank, readingOf(context, channel, quantityOf(rule, unit), value, unit, phase, field)]
}

/**
 * On three phases, Zigbee's unmarked attributes are phase A where B is marked; where A is marked too (or only other quantities are per
 * phase) a power is the total, and a voltage or current is neither: 'none'.
 */
function phaseOfUnmarked(property: Property, { quantity }: NumberRule, { state, isThreePhase }: Context): 'L1' | 'none' | undefined {
  const { base, channel, letter } = property
  if (!isThreePhase || channel !== undefined || letter !== undefined) return undefined
  const isMarked = (...endings: string[]) => endings.some(ending => Object.hasOwn(state, `${base}_${ending}`))
  const isPerPhase = quantity === 'voltage' || quantity === 'current'
  if (isMarked('phase_a', 'ph_a', 'a', 'X')) return isPerPhase ? 'none' : undefined
  if (isPerPhase) return 'L1'
  return quantity.startsWith('power') && !base.startsWith('total') && isMarked('phase_b', 'ph_b', 'b') ? 'L1' : undefined
}

/** A level in dB without a weighting is not an A-weighted one. */
function quantityOf({ quantity }: NumberRule, unit: string): NumberRule['quantity'] {
  return quantity === 'soundLevelSlow' && unit === 'dB' ? 'soundLevel' : quantity
}

function supplyBy(unit: string | undefined): Supply {
  return unit === undefined ? undefined : unit === 'mV' ? 'battery' : 'mains'
}

/** Two properties of one quantity in one place are one reading: the better one, whatever their order. */
function keepFirst(readings: Map<string, Ranked>, ranked: Ranked): void {
  const [rank, { device, quantity, phase }] = ranked, key = `${device} ${quantity} ${phase ?? ''}`
  const known = readings.get(key)
  if (!known || rank < known[0]) readings.set(key, ranked)
}

function readingOf(
  { device, observedAt }: Context, channel: string | undefined, quantity: Reading['quantity'], value: number | string, unit: string,
  phase: Phase | undefined, field: string,
): Reading {
  return { device: channel === undefined ? device : `${device}.${channel}`, quantity, value, unit, phase, observedAt, field }
}

function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value
  return value === 'ON' ? true : value === 'OFF' ? false : undefined
}

function textOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Milliseconds, or RFC 3339; the bridge's third form, "2 minutes ago", is no time. */
function lastSeen(value: unknown): number | undefined {
  return typeof value === 'number' ? value : parseInstant(value)
}
