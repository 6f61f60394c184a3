// What each shape of message means, as code of the straightforward kind: a schema for ajv, and a function from the parsed message to the entity.
import { indoor, mains, scaled, threePhases, type Air, type Entity, type Three } from '#benchmarks/peers/entities.ts'

type Schema = Readonly<Record<string, unknown>>

export interface PeerRule {
  readonly schema: Schema
  /** Of a message that ajv has found sound; `now` where it tells no time. Undefined: it lacks what it is followed by. */
  readonly entityOf: (message: unknown, id: string, now: string) => Entity | undefined
}

function rule<Message>(schema: Schema, entityOf: (message: Message, id: string, now: string) => Entity | undefined): PeerRule {
  return { schema, entityOf: entityOf as PeerRule['entityOf'] }
}

const object = (properties: Schema, ...required: string[]): Schema => ({ type: 'object', properties, required })
const array = (items: Schema): Schema => ({ type: 'array', items })
const number = { type: 'number' }, atLeast0 = { type: 'number', minimum: 0 }, percent = { type: 'number', minimum: 0, maximum: 100 }
const factor = { type: 'number', minimum: -1, maximum: 1 }, air = { type: 'number', minimum: 600, maximum: 1100 }

const instant = (text: unknown, now: string): string => typeof text === 'string' ? text : now
const ofSeconds = (value: unknown, now: string): string => typeof value === 'number' ? new Date(value * 1000).toISOString() : now
const within = (value: number | undefined, min: number, max = Infinity): number | undefined =>
  value !== undefined && value >= min && value <= max ? value : undefined

/** Zigbee sensors say either; no air has less than 115 hPa. */
const hectopascal = (pressure: number | undefined): number | undefined =>
  pressure !== undefined && pressure <= 115 ? scaled(pressure, 0.1) : pressure
/** Likewise a share, or percent. */
const cosineOf = (given: number | undefined): number | undefined => given !== undefined && Math.abs(given) > 1 ? scaled(given, 100) : given
const celsius = (fahrenheit: number | undefined): number | undefined =>
  fahrenheit === undefined ? undefined : Number(((fahrenheit - 32) * 5 / 9).toFixed(6))

interface Climate extends Air { readonly last_seen?: string, readonly local_temperature?: number }
interface Plug { power: number, voltage?: number, current?: number, energy?: number, power_factor?: number, ac_frequency?: number }
const climate = object({
  temperature: atLeast0, local_temperature: atLeast0, humidity: percent, pressure: atLeast0, illuminance: atLeast0,
}, 'illuminance')
const plug = object({
  power: number, voltage: atLeast0, current: number, energy: atLeast0, power_factor: { type: 'number', minimum: -100, maximum: 100 },
  ac_frequency: atLeast0,
}, 'power')

const ZIGBEE: Readonly<Record<string, PeerRule>> = {
  'zigbee-climate': rule<Climate>(climate, ({ temperature, humidity, pressure, illuminance }, id, now) =>
    indoor({ temperature, humidity, pressure: hectopascal(pressure), illuminance }, id, now)),
  'zigbee-plug': rule<Plug>(plug, ({ power, voltage, current, energy, power_factor, ac_frequency }, id, now) =>
    mains({ power, voltage, current, energy, factor: cosineOf(power_factor), frequency: ac_frequency }, id, now)),
  'zigbee-air': rule<Climate>(climate, ({ temperature, humidity, illuminance, last_seen }, id, now) =>
    indoor({ temperature, humidity, illuminance }, id, instant(last_seen, now))),
  'zigbee-motion': rule<Climate>(climate, ({ illuminance }, id, now) => indoor({ illuminance }, id, now)),
  'zigbee-thermostat': rule<Climate>(climate, ({ local_temperature, illuminance }, id, now) =>
    indoor({ temperature: local_temperature, illuminance }, id, now)),
  'zigbee-light': rule<Climate>(climate, ({ temperature, illuminance }, id, now) => indoor({ temperature, illuminance }, id, now)),
}

interface Sensors {
  readonly AM2301?: { readonly Temperature?: number, readonly Humidity?: number }
  readonly BME280?: { readonly Temperature?: number, readonly Humidity?: number, readonly Pressure?: number }
  readonly SHT3X?: { readonly Temperature?: number, readonly Humidity?: number }
  readonly BH1750?: { readonly Illuminance: number }
  readonly VEML7700?: { readonly Illuminance: number }
}
interface Energy<Figure> {
  readonly ENERGY: {
    readonly Total?: number, readonly Power?: Figure, readonly ApparentPower?: number, readonly ReactivePower?: number, readonly Factor?: Figure
    readonly Voltage?: Figure, readonly Current?: Figure, readonly Frequency?: number
  }
}
const sensors = (sensor: string, light: string, temperature: Schema = atLeast0): Schema => object({
  [sensor]: object(
    { Temperature: temperature, Humidity: percent, Pressure: atLeast0 }
  ), [light]: object({ Illuminance: atLeast0 }, 'Illuminance'),
}, light)
const energy = (of: (figure: Schema) => Schema, required: string): Schema => object({ ENERGY: object({
  Total: atLeast0, Power: of(number), ApparentPower: atLeast0, ReactivePower: number, Factor: of(factor), Voltage: of(atLeast0),
  Current: of(number),
  Frequency: atLeast0,
}, required) }, 'ENERGY')

const TASMOTA: Readonly<Record<string, PeerRule>> = {
  'tasmota-room': rule<Sensors>(sensors('AM2301', 'BH1750'), ({ AM2301, BH1750 }, id, now) =>
    indoor({ temperature: AM2301?.Temperature, humidity: AM2301?.Humidity, illuminance: BH1750!.Illuminance }, id, now)),
  'tasmota-weather': rule<Sensors>(sensors('BME280', 'BH1750'), ({ BME280, BH1750 }, id, now) => indoor({
    temperature: BME280?.Temperature, humidity: BME280?.Humidity, pressure: BME280?.Pressure, illuminance: BH1750!.Illuminance,
  }, id, now)),
  'tasmota-fahrenheit': rule<Sensors>(sensors('SHT3X', 'VEML7700', { type: 'number', minimum: 32 }), ({ SHT3X, VEML7700 }, id, now) =>
    indoor({ temperature: celsius(SHT3X?.Temperature), humidity: SHT3X?.Humidity, illuminance: VEML7700!.Illuminance }, id, now)),
  'tasmota-plug': rule<Energy<number>>(energy(figure => figure, 'Power'), ({ ENERGY: meter }, id, now) => mains({
    power: meter.Power, reactive: meter.ReactivePower, apparent: meter.ApparentPower, energy: meter.Total, factor: meter.Factor,
    frequency: meter.Frequency, voltage: meter.Voltage, current: meter.Current,
  }, id, now)),
  'tasmota-three-phase': rule<Energy<Three>>(energy(array, 'Total'), ({ ENERGY: meter }, id, now) => threePhases({
    energy: meter.Total, powers: meter.Power, factors: meter.Factor, voltages: meter.Voltage, currents: meter.Current,
    frequency: meter.Frequency,
  }, id, now)),
}

interface Switch {
  readonly apower: number, readonly voltage?: number, readonly current?: number, readonly pf?: number, readonly freq?: number
  readonly aenergy?: { readonly total?: number }, readonly ret_aenergy?: { readonly total?: number }
}
type Em = Readonly<Record<string, number | undefined>>
interface Delta { readonly params: { readonly ts?: number, readonly 'switch:0': Switch } }
interface Room {
  readonly params: {
    readonly ts?: number, readonly 'temperature:0'?: { readonly tC?: number }, readonly 'humidity:0'?: { readonly rh?: number }
    readonly 'illuminance:0': { readonly lux: number }
  }
}
const switched = object({
  apower: number, voltage: atLeast0, current: number, pf: factor, freq: atLeast0, aenergy: object({ total: atLeast0 }),
  ret_aenergy: object({ total: atLeast0 }),
}, 'apower')
const em = object({
  total_act_power: number, total_aprt_power: atLeast0, n_current: number, a_freq: atLeast0,
  ...Object.fromEntries(['a', 'b', 'c'].flatMap(phase => [
    [`${phase}_voltage`, atLeast0], [`${phase}_current`, number], [`${phase}_act_power`, number], [`${phase}_aprt_power`, atLeast0],
    [`${phase}_pf`, factor],
  ])),
}, 'total_act_power')
const notified = (params: Schema, required: string): Schema => object({ params: object(params, required) }, 'params')
const room = notified({
  'temperature:0': object({ tC: atLeast0 }), 'humidity:0': object({ rh: percent }), 'illuminance:0': object({ lux: atLeast0 }, 'lux'),
}, 'illuminance:0')

const SHELLY: Readonly<Record<string, PeerRule>> = {
  'shelly-switch': rule<Switch>(switched, ({ apower, voltage, current, pf, freq, aenergy }, id, now) =>
    mains({ power: apower, voltage, current, factor: pf, frequency: freq, energy: scaled(aenergy?.total, 1000) }, id, now)),
  'shelly-meter': rule<Switch>(switched, ({ apower, voltage, current, freq, aenergy, ret_aenergy }, id, now) => mains({
    power: apower, voltage, current, frequency: freq, energy: scaled(aenergy?.total, 1000), exported: scaled(ret_aenergy?.total, 1000),
  }, id, now)),
  'shelly-three-phase': rule<Em>(em, (m, id, now) => threePhases({
    power: m['total_act_power'], apparent: m['total_aprt_power'], frequency: m['a_freq'], neutral: m['n_current'],
    powers: [m['a_act_power'], m['b_act_power'], m['c_act_power']], apparents: [m['a_aprt_power'], m['b_aprt_power'], m['c_aprt_power']],
    voltages: [m['a_voltage'], m['b_voltage'], m['c_voltage']], currents: [m['a_current'], m['b_current'], m['c_current']],
    factors: [m['a_pf'], m['b_pf'], m['c_pf']],
  }, id, now)),
  'shelly-delta': rule<Delta>(notified({ 'switch:0': switched }, 'switch:0'), (
    { params: { ts, 'switch:0': { apower, voltage, current } } }, id, now
  ) =>
    mains({ power: apower, voltage, current }, id, ofSeconds(ts, now))),
  'shelly-room': rule<Room>(room, ({ params }, id, now) => indoor({
    temperature: params['temperature:0']?.tC, humidity: params['humidity:0']?.rh, illuminance: params['illuminance:0'].lux,
  }, id, ofSeconds(params.ts, now))),
}

type Pack = readonly ({ readonly n?: string, readonly v?: number, readonly bt?: number } | undefined)[]
/** RFC 8428 §4.4: a field whose name ends in _ must be understood. */
const pack = array({
  propertyNames: { not: { pattern: '_$' } }, ...object({ bn: { type: 'string' }, n: { type: 'string' }, u: { type: 'string' }, v: number }),
})
/** The values of a pack by their names. */
function named(records: Pack): ReadonlyMap<string, number | undefined> {
  const values = new Map<string, number | undefined>()
  for (const record of records) if (record?.n !== undefined) values.set(record.n, record.v)
  return values
}
const timeOf = ([first]: Pack, now: string): string => ofSeconds(first?.bt, now)

/** A room's air by the names that the figures have. */
function roomOf(records: Pack, id: string, now: string, names: Readonly<Record<keyof Air, string>>): Entity | undefined {
  const values = named(records), illuminance = within(values.get(names.illuminance), 0)
  const temperature = within(values.get(names.temperature), 0), humidity = within(values.get(names.humidity), 0, 100)
  return illuminance === undefined ? undefined
    : indoor({ temperature, humidity, pressure: within(values.get(names.pressure), 0), illuminance }, id, timeOf(records, now))
}

const SENML: Readonly<Record<string, PeerRule>> = {
  'senml-room': rule<Pack>(pack, (records, id, now) =>
    roomOf(records, id, now, { temperature: 'temperature', humidity: 'humidity', pressure: 'pressure', illuminance: 'lux' })),
  'senml-power': rule<Pack>(pack, (records, id, now) => {
    const values = named(records), power = values.get('power')
    return power === undefined ? undefined
      : mains(
        { power, energy: within(values.get('energy'), 0), factor: within(values.get('powerfactor'), -1, 1) }, id, timeOf(records, now)
      )
  }),
  'senml-air': rule<Pack>(pack, (records, id, now) =>
    roomOf(records, id, now, { temperature: 'temp', humidity: 'rh', pressure: 'baro', illuminance: 'illuminance' })),
}

interface Uplink { readonly uplink_message: { readonly decoded_payload: Readonly<Record<string, number | undefined>>, readonly received_at?: string } }
interface Normalized {
  readonly uplink_message: {
    readonly normalized_payload: readonly [{
      readonly time?: string
      readonly air: {
        readonly temperature?: number, readonly relativeHumidity?: number, readonly pressure?: number, readonly lightIntensity: number,
      }
    }]
  }
}
interface Event { readonly object: Readonly<Record<string, number | undefined>>, readonly time?: string }

/** Names of the decoded payload. */
type Names = Partial<Record<keyof Air, string>>
const schemaOf = ({ temperature = '', humidity = '', pressure = '', illuminance = '' }: Names): Schema => object({
  [temperature]: atLeast0, [humidity]: percent, [pressure]: air, [illuminance]: atLeast0,
}, illuminance)
const airOf = (payload: Readonly<Record<string, number | undefined>>, names: Names): Air => ({
  temperature: payload[names.temperature!], humidity: payload[names.humidity!], pressure: payload[names.pressure!],
  illuminance: payload[names.illuminance!],
})
const uplink = (names: Names): PeerRule => rule<Uplink>(
  object({ uplink_message: object({ decoded_payload: schemaOf(names) }, 'decoded_payload') }, 'uplink_message'),
  ({ uplink_message: { decoded_payload, received_at } }, id, now) => indoor(airOf(decoded_payload, names), id, instant(received_at, now)))
const event = (names: Names): PeerRule => rule<Event>(object({ object: schemaOf(names) }, 'object'), ({ object: payload, time }, id, now) =>
  indoor(airOf(payload, names), id, instant(time, now)))
const measurement = object({ air: object({
  temperature: atLeast0, relativeHumidity: percent, pressure: atLeast0, lightIntensity: atLeast0,
}, 'lightIntensity') }, 'air')

const LORAWAN: Readonly<Record<string, PeerRule>> = {
  'things-room': uplink({ temperature: 'temperature', humidity: 'humidity', illuminance: 'lux' }),
  'things-air': uplink(
    { temperature: 'air_temperature', humidity: 'relative_humidity', pressure: 'barometric_pressure', illuminance: 'light_intensity' }
  ),
  'things-light': uplink({ temperature: 'temp', illuminance: 'illuminance' }),
  'things-normalized': rule<Normalized>(
    object({ uplink_message: object({ normalized_payload: array(measurement) }, 'normalized_payload') }, 'uplink_message'),
    ({ uplink_message: { normalized_payload: [{ air: { temperature, relativeHumidity, pressure, lightIntensity }, time }] } }, id, now) =>
      indoor({ temperature, humidity: relativeHumidity, pressure, illuminance: lightIntensity }, id, instant(time, now))),
  'chirp-room': event({ temperature: 'temperature', humidity: 'humidity', illuminance: 'illumination' }),
  'chirp-air': event({ temperature: 'temperature', humidity: 'humidity', pressure: 'pressure', illuminance: 'light' }),
  'chirp-light': event({ illuminance: 'lux' }),
}

/** By the names that the corpus gives the shapes. */
export const RULES: Readonly<Record<string, PeerRule>> = { ...ZIGBEE, ...TASMOTA, ...SHELLY, ...SENML, ...LORAWAN }
