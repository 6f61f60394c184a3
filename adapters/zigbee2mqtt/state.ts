// One state of one device → readings: each property by the tables, told apart by endpoint and phase, in the unit that was declared or goes without saying.
import { numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { Reading, Refusal } from '#adapters/reading.ts'
import { parseInstant, plausibleInstant } from '#adapters/time.ts'
import { isThreePhaseProperty, type Declared } from '#adapters/zigbee2mqtt/declared.ts'
import { GAUGE_PROPERTY, NUMBER_RULES, OTHER_TYPES, placeOf, WORD_RULES, type NumberRule, type Place } from '#adapters/zigbee2mqtt/properties.ts'
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
  const properties = Object.keys(state), isThreePhase = declared.isThreePhase || properties.some(isThreePhaseProperty)
  const context: Context = {
    device, state, declared, isThreePhase,
    observedAt: plausibleInstant(lastSeen(own(state, 'last_seen')), receivedAt),
    supply: supplyOf(properties),
    isGauge: properties.some(property => GAUGE_PROPERTY.test(property)),
  }
  const readings = new Map<string, Ranked>(), refused: Refusal[] = []
  for (const property of properties) {
    const place = state[property] === null ? undefined : placeOf(property)
    const read = place && readProperty(property, place, context)
    if (read === undefined) continue
    if ('code' in read) refused.push(read)
    else keepFirst(readings, read)
  }
  return { readings: [...readings.values()].map(([, reading]) => reading), refused, isThreePhase }
}

/** Undefined: no quantity. */
function readProperty(property: string, place: Place, context: Context): Ranked | Refusal | undefined {
  const value = context.state[property], number = numberOf(value), rule = NUMBER_RULES.get(place.base)
  if (rule && number !== undefined) return readNumber(property, place, rule, number, context)
  const word = WORD_RULES.get(place.base), flag = flagOf(value)
  if (word && flag !== undefined) {
    return [word.rank, reading(context, place.channel, { quantity: word.quantity, value: flag ? word.yes : word.no, unit: '', field: property })]
  }
  if (OTHER_TYPES.get(place.base)?.includes(typeof value)) return undefined
  return { code: 'BAD_PAYLOAD', field: property, detail: rule ? 'Not a finite number.' : 'Neither true nor false.' }
}

function readNumber(field: string, place: Place, rule: NumberRule, value: number, context: Context): Ranked | Refusal | undefined {
  if (rule.quantity === 'pressure' && context.isGauge) return undefined
  const declared = textOrUndefined(own(context.declared.units, field))
  const supply = context.isThreePhase || place.phase ? 'mains' : context.supply ?? supplyBy(declared)
  const unit = declared ?? impliedUnit(rule, field, value, context.state, supply)
  if (unit === undefined) return { code: 'AMBIGUOUS', field, detail: rule.quantity === 'voltage' ? VOLTAGE_DOUBT : UNIT_DOUBT }
  if (rule.quantity === 'voltage' && supply === 'battery') {
    return place.channel ? undefined : [rule.rank, reading(context, undefined, { quantity: 'batteryVoltage', value, unit, field })]
  }
  const isPhase = place.phase !== undefined && (place.letter === undefined || context.isThreePhase)
  const phase = rule.phase ?? (isPhase ? place.phase : phaseOfUnmarked(place, rule, context))
  if (phase === 'none') return undefined
  const channel = rule.channel ?? place.channel ?? (isPhase ? undefined : place.letter)
  return [rule.rank, reading(context, channel, { quantity: quantityOf(rule, unit), value, unit, ...(phase && { phase }), field })]
}

/**
 * On three phases, Zigbee's unmarked attributes are phase A where B is marked; where A is marked too (or only other quantities are per phase)
 * a power is the total, and a voltage or current is neither: 'none'.
 */
function phaseOfUnmarked({ base, channel, letter }: Place, { quantity }: NumberRule, { state, isThreePhase }: Context): 'L1' | 'none' | undefined {
  if (!isThreePhase || channel !== undefined || letter !== undefined) return undefined
  const isMarked = (...letters: string[]) => letters.some(mark => ['_phase_', '_ph_', '_'].some(joint => Object.hasOwn(state, `${base}${joint}${mark}`)))
  const isPerPhase = quantity === 'voltage' || quantity === 'current'
  if (isMarked('a', 'X')) return isPerPhase ? 'none' : undefined
  if (isPerPhase) return 'L1'
  return quantity.startsWith('power') && !base.startsWith('total') && isMarked('b') ? 'L1' : undefined
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

function reading({ device, observedAt }: Context, channel: string | undefined, what: Omit<Reading, 'device' | 'observedAt'>): Reading {
  return { device: channel === undefined ? device : `${device}.${channel}`, ...what, ...(observedAt !== undefined && { observedAt }) }
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
