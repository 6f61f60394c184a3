// What the state of a device looks like that has one phase and no endpoints: nearly every one. The others are for `decode`.
import type { FieldForm, FieldRoute, Layout, ReadingForm } from '#adapters/layout.ts'
import { own, type JsonRecord } from '#adapters/json.ts'
import type { Declared } from '#adapters/zigbee2mqtt/declared.ts'
import { MAINS, NUMBER_RULES, WORD_RULES, type NumberRule } from '#adapters/zigbee2mqtt/tables.ts'
import { ENDPOINT_ENDS } from '#adapters/zigbee2mqtt/properties.ts'
import { AIR_PRESSURE_KPA_MAX } from '#adapters/zigbee2mqtt/usual.ts'

const BATTERY = 1, ON_MAINS = 2
const NO_ROUTES: readonly FieldRoute[] = []
const WORDS = (yes: string, no: string) => [{ sent: true, word: yes }, { sent: false, word: no }, { sent: 'ON', word: yes }, { sent: 'OFF', word: no }]

/** The layout by what the bridge declared; undefined for a device on three phases. */
export function layoutFor({ units, isThreePhase }: Declared): Layout | undefined {
  if (isThreePhase) return undefined
  if (Object.keys(units).length === 0) return USUAL
  return { ...USUAL, fields: fieldsWith(name => declaredIn(units, name)) }
}

function declaredIn(units: JsonRecord, name: string): string | undefined {
  const unit = own(units, name)
  return typeof unit === 'string' ? unit : undefined
}

function fieldsWith(unitOf: (name: string) => string | undefined): readonly FieldForm[] {
  const numbers = Array.from(NUMBER_RULES, ([name, rule]): FieldForm => ({
    path: [name], marks: marksOf(name, rule), routes: WORD_RULES.has(name) ? NO_ROUTES : routesOf(rule, unitOf(name)),
  }))
  const words = [...WORD_RULES].filter(([name]) => !NUMBER_RULES.has(name)).map(([name, { quantity, yes, no, rank }]): FieldForm => ({
    path: [name], marks: 0, routes: [{ reading: { quantity, unit: '', rank } }], words: WORDS(yes, no),
  }))
  return [...numbers, ...words]
}

function marksOf(name: string, { quantity }: NumberRule): number {
  return (name.startsWith('battery') ? BATTERY : 0) | (MAINS.has(quantity) ? ON_MAINS : 0)
}

/** As `readNumber` has it, where nothing else in the message could change it. */
function routesOf({ quantity, unit: usual, rank, channel, phase }: NumberRule, declared: string | undefined): readonly FieldRoute[] {
  const reading = (unit: string, from: Partial<ReadingForm> = {}): ReadingForm => ({ channel, quantity, unit, phase, rank, ...from })
  if (quantity === 'voltage') return voltageRoutes(reading, declared)
  if (quantity === 'soundLevelSlow' && declared === 'dB') return [{ reading: reading('dB', { quantity: 'soundLevel' }) }]
  if (declared !== undefined) return [{ reading: reading(declared) }]
  if (quantity === 'pressure') return [{ to: AIR_PRESSURE_KPA_MAX, reading: reading('kPa') }, { reading: reading('hPa') }]
  if (quantity === 'powerFactor') return [{ from: -1, to: 1, reading: reading(usual ?? '') }, { reading: reading('%') }]
  return usual === undefined ? NO_ROUTES : [{ reading: reading(usual) }]
}

function voltageRoutes(reading: (unit: string, from?: Partial<ReadingForm>) => ReadingForm, declared: string | undefined): readonly FieldRoute[] {
  const ofBattery: FieldRoute = { needs: BATTERY, lacks: ON_MAINS, reading: reading(declared ?? 'mV', { quantity: 'batteryVoltage', channel: undefined }) }
  const ofMains: FieldRoute = { needs: ON_MAINS, lacks: BATTERY, reading: reading(declared ?? 'V') }
  return [ofBattery, ofMains]
}

const USUAL: Layout = {
  fields: fieldsWith(() => undefined),
  objects: [{
    path: [], endpoints: ENDPOINT_ENDS,
    others: [
      { startsWith: 'battery', marks: BATTERY },
      { startsWith: 'bar', isAnyCase: true, lengthMax: 5 }, { startsWith: 'psi', isAnyCase: true, lengthMax: 5 },
    ],
  }],
  times: [{ path: ['last_seen'], number: 'milliseconds', text: 'instant' }],
}
