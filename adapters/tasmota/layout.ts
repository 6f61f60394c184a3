// What the reports of a Tasmota look like whose sensors have their places: the generic ones, a meter, and the state. Another sensor that
// measures anything, lists by output and meters with two of anything are for `decode`.
import { MEMORY_BYTES_MAX, type Memory, type SourceSettings } from '#adapters/adapter.ts'
import { isRecord, own } from '#adapters/json.ts'
import { ANY, type FieldForm, type FieldPath, type FieldRoute, type Found, type Layout, type ReadingForm, type WordForm } from '#adapters/layout.ts'
import type { Phase } from '#adapters/reading.ts'
import { ALL_FIELDS, distanceUnit, fieldsOf, METER, STATE_FIELDS, TARIFF_LISTS, TELLING_FIELDS, type FieldRule } from '#adapters/tasmota/fields.ts'
import { PER_PART, PHASES } from '#adapters/tasmota/meter.ts'
import { Places } from '#adapters/tasmota/places.ts'
import type { TopicPlace } from '#adapters/tasmota/topic.ts'

/** Marks: units that are not the factory's, and lists of two or of three. */
const FAHRENHEIT = 1, MERCURY_MM = 2, MERCURY_IN = 4, METRES = 8, MILES = 16, TWO = 32, THREE = 64
const UNIT_MARKS: Readonly<Record<string, readonly (readonly [unit: string, mark: number])[]>> = {
  TempUnit: [['C', 0], ['F', FAHRENHEIT]], PressureUnit: [['hPa', 0], ['mmHg', MERCURY_MM], ['inHg', MERCURY_IN]],
  SpeedUnit: [['km/h', 0], ['m/s', METRES], ['mph', MILES]],
}
/** Reports of others, or with sensors inside of sensors. */
const NOT_HERE = ['ANALOG', 'SPM', 'ZbReceived', 'ZBReceived'], METER_NAME = 'ENERGY'
/** Of a Tasmota itself, not of what it measures. */
const OF_CHIP = ['ESP32']
/** More sensors in one report are for `decode`, which leaves out some. */
const SENSORS_MAX = 16, LAYOUTS_MAX = 256

const layouts = new Map<string, Layout>()

export function layoutFor({ device, word }: TopicPlace, memory: Memory | undefined, { timezone }: SourceSettings): Found | undefined {
  if (word === 'STATE') return { device, layout: STATE }
  const sensors = word === 'SENSOR' && memory ? own(memory, 'isMain') : undefined
  if (!isRecord(sensors) || Object.keys(sensors).length > SENSORS_MAX) return undefined
  const key = JSON.stringify([memory, timezone])
  let layout = layouts.get(key)
  if (!layout) {
    if (layouts.size >= LAYOUTS_MAX || key.length > MEMORY_BYTES_MAX) layouts.clear()
    layouts.set(key, layout = layoutOf(Object.keys(sensors), memory!, timezone))
  }
  return { device, layout }
}

function layoutOf(sensors: readonly string[], memory: Memory, zone: string | undefined): Layout {
  const known = sensors.flatMap(name => name === METER_NAME ? meterFields(placesIn(memory, name)) : sensorFields(name, placesIn(memory, name)))
  const unknown = Array.from(ALL_FIELDS, name => never([ANY, ...name.split('.')]))
  const absent = [...NOT_HERE, METER_NAME].filter(name => !sensors.includes(name)).map(name => never([name]))
  const chips = OF_CHIP.filter(name => !sensors.includes(name)).map((name): FieldForm => ({ path: [name], marks: 0, isMark: true, routes: [{ reading: undefined }] }))
  return {
    fields: [...units(), ...known, ...absent, ...chips, ...unknown], objects: [],
    times: [{ path: ['Epoch'], number: 'seconds' }, { path: ['Time'], number: 'seconds', text: 'local', zone }],
  }
}

const never = (path: FieldPath): FieldForm => ({ path, marks: 0, routes: [] })

function units(): readonly FieldForm[] {
  return Object.entries(UNIT_MARKS).map(([name, known]): FieldForm => ({
    path: [name], marks: 0, words: known.map(([sent, marks]): WordForm => ({ sent, word: '', marks })), routes: [{ reading: undefined }],
  }))
}

/** Whether a quantity of a sensor has its place, and which: undefined is the device of the topic. */
type PlaceOf = (quantity: FieldRule['quantity']) => { readonly channel: string | undefined } | undefined

/** What is remembered tells the same for each quantity as long as nothing new comes. */
function placesIn(memory: Memory, sensor: string): PlaceOf {
  return quantity => {
    const places = new Places('', memory), device = places.devicesOf(sensor, [quantity])(quantity)
    return places.memory === memory ? { channel: device === '' ? undefined : sensor } : undefined
  }
}

function sensorFields(name: string, placeOf: PlaceOf): readonly FieldForm[] {
  const fields = fieldsOf(name, {})
  if (!fields) return [never([name])]
  // With one of these its other fields mean something else.
  const telling = TELLING_FIELDS.filter(field => !fields.has(field) || fields === fieldsOf('', {})).map((field): FieldForm => ({ ...never([name, field]), isNeverNull: true }))
  const told = new Set(telling.map(({ path }) => path[1]))
  return [...telling, ...[...fields].filter(([field]) => !told.has(field)).flatMap(([field, rule]) => fieldsAt([name], field, routesOf(rule, name, placeOf)))]
}

/** A field with a point in its name may also stand one level deeper. */
function fieldsAt(within: FieldPath, field: string, routes: readonly FieldRoute[]): readonly FieldForm[] {
  const paths = field.includes('.') ? [[field], field.split('.')] : [[field]]
  return paths.map((path): FieldForm => ({ path: [...within, ...path], marks: 0, routes, isTextToo: true }))
}

function routesOf({ quantity, unit, rank, channel, phase, max }: FieldRule, name: string, placeOf: PlaceOf): readonly FieldRoute[] {
  const place = placeOf(quantity), told = quantity === 'distance' ? distanceUnit(name, NaN) : unit
  if (!place || told === undefined || name.startsWith('VL53')) return []
  const reading = (unit: string): ReadingForm => ({ quantity, unit, rank, phase, channel: channel ?? place.channel })
  return (UNIT_MARKS[told] ?? [[told, 0]]).map(([unit, needs]): FieldRoute => ({ needs, to: max, reading: reading(unit) })).reverse()
}

/** Of one phase, or with lists of three. */
function meterFields(placeOf: PlaceOf): readonly FieldForm[] {
  const scalars = [...METER].flatMap(([field, rule]) => meterField(field, rule, placeOf)), tariffs = [...TARIFF_LISTS].flatMap(([field, tariff]) =>
    ([1, 2, 3, 4] as const).map((n): FieldForm => {
      const quantity = `${tariff}${n}` as const, place = placeOf(quantity)
      return { path: [METER_NAME, field, n - 1], marks: 0, isTextToo: true, routes: place ? [{ reading: { quantity, unit: 'kWh', rank: 0, channel: place.channel } }] : [] }
    }))
  return [...scalars, ...tariffs]
}

function meterField(field: string, { quantity, unit, rank, phase: own }: FieldRule, placeOf: PlaceOf): readonly FieldForm[] {
  const place = placeOf(quantity), isPerPart = PER_PART.some(name => name === field), path = [METER_NAME, field]
  if (!place) return [{ ...never(path), isNeverNull: true }]
  const route = (needs: number, lacks: number, phase: Phase | undefined): FieldRoute =>
    ({ needs, lacks, reading: { quantity, unit, rank, channel: place.channel, phase: own ?? phase }, ...needs && { tells: { phases: 3 } } })
  const alone = route(0, TWO, undefined), whole: FieldForm = {
    path, marks: 0, isTextToo: true, routes: [route(THREE, 0, quantity === 'voltage' ? 'L1' : undefined), alone],
  }
  if (own) return [whole]
  if (quantity === 'frequency') return [whole, { path: [...path, 0], marks: 0, isTextToo: true, routes: [route(THREE, 0, undefined), alone] }]
  const items = PHASES.map((phase, n): FieldForm => ({
    path: [...path, n], marks: isPerPart ? [0, TWO, TWO | THREE][n]! : 0, isTextToo: true, routes: [route(THREE, 0, phase), ...n === 0 && isPerPart ? [alone] : []],
  }))
  return [whole, ...items, { ...never([...path, PHASES.length]), isNeverNull: true }]
}

const STATE: Layout = {
  fields: Array.from(STATE_FIELDS).flatMap(([field, { quantity, unit, rank }]) => fieldsAt([], field, [{ reading: { quantity, unit, rank } }])),
  objects: [], times: [],
}
