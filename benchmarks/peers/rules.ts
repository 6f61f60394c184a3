// What each shape of message means, as code of the straightforward kind: a schema for ajv, and a function from the parsed message to the entity.

/* What ajv has checked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Message = any
type Schema = Readonly<Record<string, unknown>>
type Attribute = object | undefined
type EntityOf = (message: Message, id: string, now: string) => object | undefined

export interface PeerRule { readonly schema: Schema, readonly entityOf: EntityOf }

const number = { type: 'number' }, atLeast0 = { type: 'number', minimum: 0 }, factor = { type: 'number', minimum: -1, maximum: 1 }, percent = { type: 'number', minimum: 0, maximum: 100 }
const CELSIUS = atLeast0, FAHRENHEIT = { type: 'number', minimum: 32 }

const object = (properties: Schema, ...required: string[]): Schema => ({ type: 'object', properties, required })
const array = (items: Schema): Schema => ({ type: 'array', items })

const CORE = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld'
const contextOf = (subject: string): string[] => [`https://raw.githubusercontent.com/smart-data-models/dataModel.${subject}/master/context.jsonld`, CORE]
const ENVIRONMENT = contextOf('Environment'), ENERGY = contextOf('Energy')

function property(value: unknown, unitCode: string, observedAt: string): Attribute {
  return value === undefined ? undefined : { type: 'Property', value, unitCode, observedAt }
}

function entity(type: string, id: string, observedAt: string, attributes: Readonly<Record<string, Attribute>>, context: string[]): object {
  return { id: `urn:ngsi-ld:${type}:${id}`, type, dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': observedAt } }, ...attributes, '@context': context }
}

/** Without what a division of doubles adds. */
const scaled = (value: number | undefined, by: number): number | undefined => value === undefined ? undefined : Number((value / by).toPrecision(15))
const celsius = (fahrenheit: number | undefined): number | undefined => fahrenheit === undefined ? undefined : Number(((fahrenheit - 32) * 5 / 9).toFixed(6))

/** Zigbee sensors say either; no air has less than 115 hPa. */
const hectopascal = (pressure: number | undefined): number | undefined => pressure !== undefined && pressure <= 115 ? scaled(pressure, 0.1) : pressure
const cosineOf = (given: number | undefined): number | undefined => given !== undefined && Math.abs(given) > 1 ? scaled(given, 100) : given

interface Air { readonly temperature?: number, readonly humidity?: number, readonly pressure?: number, readonly illuminance: number }
function indoor({ temperature, humidity, pressure, illuminance }: Air, id: string, at: string): object {
  return entity('IndoorEnvironmentObserved', id, at, {
    temperature: property(temperature, 'CEL', at), relativeHumidity: property(scaled(humidity, 100), 'C62', at), atmosphericPressure: property(pressure, 'A97', at), illuminance: property(illuminance, 'LUX', at),
  }, ENVIRONMENT)
}

interface Meter {
  readonly power: number, readonly reactive?: number, readonly apparent?: number, readonly energy?: number, readonly exported?: number
  readonly factor?: number, readonly frequency?: number, readonly voltage?: number, readonly current?: number
}
const l1 = (value: number | undefined): object | undefined => value === undefined ? undefined : { L1: value }
function mains({ power, reactive, apparent, energy, exported, factor: cosine, frequency, voltage, current }: Meter, id: string, at: string): object {
  return entity('ACMeasurement', id, at, {
    totalActivePower: property(power, 'WTT', at), totalReactivePower: property(reactive, 'D44', at), totalApparentPower: property(apparent, 'D46', at),
    totalActiveEnergyImport: property(energy, 'KWH', at), totalActiveEnergyExport: property(exported, 'KWH', at), totalPowerFactor: property(cosine, 'C62', at), frequency: property(frequency, 'HTZ', at),
    phaseVoltage: property(l1(voltage), 'VLT', at), current: property(l1(current), 'AMP', at),
  }, ENERGY)
}

type Three = readonly (number | undefined)[] | undefined
interface ThreePhases {
  readonly energy?: number, readonly power?: number, readonly apparent?: number, readonly frequency?: number
  readonly powers?: Three, readonly apparents?: Three, readonly voltages?: Three, readonly currents?: Three, readonly neutral?: number, readonly factors?: Three
}
function phases(values: Three, neutral?: number): object | undefined {
  const [L1, L2, L3] = values ?? []
  return L1 === undefined && L2 === undefined && L3 === undefined && neutral === undefined ? undefined : { L1, L2, L3, N: neutral }
}
function threePhases({ energy, power, apparent, frequency, powers, apparents, voltages, currents, neutral, factors }: ThreePhases, id: string, at: string): object {
  return entity('ThreePhaseAcMeasurement', id, at, {
    totalActivePower: property(power, 'WTT', at), totalApparentPower: property(apparent, 'D46', at), totalActiveEnergyImport: property(energy, 'KWH', at), frequency: property(frequency, 'HTZ', at),
    phaseVoltage: property(phases(voltages), 'VLT', at), current: property(phases(currents, neutral), 'AMP', at), activePower: property(phases(powers), 'WTT', at),
    apparentPower: property(phases(apparents), 'D46', at), powerFactor: property(phases(factors), 'C62', at),
  }, ENERGY)
}

const rule = (schema: Schema, entityOf: EntityOf): PeerRule => ({ schema, entityOf })
const time = (text: unknown, now: string): string => typeof text === 'string' ? text : now
const seconds = (value: unknown, now: string): string => typeof value === 'number' ? new Date(value * 1000).toISOString() : now

const zigbeeRoom = object({ temperature: CELSIUS, humidity: percent, pressure: atLeast0, illuminance: atLeast0 }, 'illuminance')
const energyOf = (meter: string): Schema => object({ ENERGY: object({
  Total: atLeast0, Power: number, ApparentPower: atLeast0, ReactivePower: number, Factor: factor, Voltage: atLeast0, Current: number, Frequency: atLeast0,
}, meter) }, 'ENERGY')
const tasmotaAir = (sensor: string, light: string, temperature: Schema): Schema =>
  object({ [sensor]: object({ Temperature: temperature, Humidity: percent, Pressure: atLeast0 }), [light]: object({ Illuminance: atLeast0 }, 'Illuminance') }, light)
const shellyMeter = object({ apower: number, voltage: atLeast0, current: number, pf: factor, freq: atLeast0, aenergy: object({ total: atLeast0 }), ret_aenergy: object({ total: atLeast0 }) }, 'apower')
/** RFC 8428 §4.4: a field whose name ends in _ must be understood. */
const senmlPack = array({ propertyNames: { not: { pattern: '_$' } }, ...object({ bn: { type: 'string' }, n: { type: 'string' }, u: { type: 'string' }, v: number }) })
const uplink = (payload: Schema): Schema => object({ uplink_message: object({ decoded_payload: payload }, 'decoded_payload') }, 'uplink_message')
const event = (payload: Schema): Schema => object({ object: payload }, 'object')

const uplinkTime = (m: Message, now: string): string => time(m.uplink_message.received_at, now)
const within = (value: number | undefined, min: number, max: number): number | undefined => value !== undefined && value >= min && value <= max ? value : undefined

/** The values of a pack by their names; undefined where it lacks the one that it must have. */
function named(pack: Message, required: string): Record<string, number | undefined> | undefined {
  const values: Record<string, number | undefined> = Object.create(null) as Record<string, number | undefined>
  for (const record of pack) if (record?.n !== undefined) values[record.n] = record.v
  return values[required] === undefined ? undefined : values
}

export const RULES: Readonly<Record<string, PeerRule>> = {
  'zigbee-climate': rule(zigbeeRoom, ({ temperature, humidity, pressure, illuminance }, id, now) => indoor({ temperature, humidity, pressure: hectopascal(pressure), illuminance }, id, now)),
  'zigbee-plug': rule(object({ power: number, voltage: atLeast0, current: number, energy: atLeast0, power_factor: { type: 'number', minimum: -100, maximum: 100 }, ac_frequency: atLeast0 }, 'power'), ({ power, voltage, current, energy, power_factor, ac_frequency }, id, now) =>
    mains({ power, voltage, current, energy, factor: cosineOf(power_factor), frequency: ac_frequency }, id, now)),
  'zigbee-air': rule(zigbeeRoom, ({ temperature, humidity, illuminance, last_seen }, id, now) => indoor({ temperature, humidity, illuminance }, id, time(last_seen, now))),
  'zigbee-motion': rule(zigbeeRoom, ({ illuminance }, id, now) => indoor({ illuminance }, id, now)),
  'zigbee-thermostat': rule(object({ local_temperature: CELSIUS, illuminance: atLeast0 }, 'illuminance'), ({ local_temperature, illuminance }, id, now) => indoor({ temperature: local_temperature, illuminance }, id, now)),
  'zigbee-light': rule(zigbeeRoom, ({ temperature, illuminance }, id, now) => indoor({ temperature, illuminance }, id, now)),
  'tasmota-room': rule(tasmotaAir('AM2301', 'BH1750', CELSIUS), ({ AM2301: air, BH1750: light }, id, now) => indoor({ temperature: air?.Temperature, humidity: air?.Humidity, illuminance: light.Illuminance }, id, now)),
  'tasmota-weather': rule(tasmotaAir('BME280', 'BH1750', CELSIUS), ({ BME280: air, BH1750: light }, id, now) =>
    indoor({ temperature: air?.Temperature, humidity: air?.Humidity, pressure: air?.Pressure, illuminance: light.Illuminance }, id, now)),
  'tasmota-fahrenheit': rule(tasmotaAir('SHT3X', 'VEML7700', FAHRENHEIT), ({ SHT3X: air, VEML7700: light }, id, now) =>
    indoor({ temperature: celsius(air?.Temperature), humidity: air?.Humidity, illuminance: light.Illuminance }, id, now)),
  'tasmota-plug': rule(energyOf('Power'), ({ ENERGY: e }, id, now) =>
    mains({ power: e.Power, reactive: e.ReactivePower, apparent: e.ApparentPower, energy: e.Total, factor: e.Factor, frequency: e.Frequency, voltage: e.Voltage, current: e.Current }, id, now)),
  'tasmota-three-phase': rule(object({ ENERGY: object({ Total: atLeast0, Power: array(number), Factor: array(factor), Voltage: array(atLeast0), Current: array(number), Frequency: atLeast0 }, 'Total') }, 'ENERGY'), ({ ENERGY: e }, id, now) =>
    threePhases({ energy: e.Total, powers: e.Power, factors: e.Factor, voltages: e.Voltage, currents: e.Current, frequency: e.Frequency }, id, now)),
  'shelly-switch': rule(shellyMeter, ({ apower, voltage, current, pf, freq, aenergy }, id, now) => mains({ power: apower, voltage, current, factor: pf, frequency: freq, energy: scaled(aenergy?.total, 1000) }, id, now)),
  'shelly-meter': rule(shellyMeter, ({ apower, voltage, current, freq, aenergy, ret_aenergy }, id, now) =>
    mains({ power: apower, voltage, current, frequency: freq, energy: scaled(aenergy?.total, 1000), exported: scaled(ret_aenergy?.total, 1000) }, id, now)),
  'shelly-three-phase': rule(object({
    total_act_power: number, total_aprt_power: atLeast0, n_current: number, a_freq: atLeast0,
    ...Object.fromEntries(['a', 'b', 'c'].flatMap(phase => [[`${phase}_voltage`, atLeast0], [`${phase}_current`, number], [`${phase}_act_power`, number], [`${phase}_aprt_power`, atLeast0], [`${phase}_pf`, factor]])),
  }, 'total_act_power'), (m, id, now) => threePhases({
    power: m.total_act_power, apparent: m.total_aprt_power, frequency: m.a_freq, neutral: m.n_current, powers: [m.a_act_power, m.b_act_power, m.c_act_power], apparents: [m.a_aprt_power, m.b_aprt_power, m.c_aprt_power],
    voltages: [m.a_voltage, m.b_voltage, m.c_voltage], currents: [m.a_current, m.b_current, m.c_current], factors: [m.a_pf, m.b_pf, m.c_pf],
  }, id, now)),
  'shelly-delta': rule(object({ params: object({ 'switch:0': shellyMeter }, 'switch:0') }, 'params'), ({ params }, id, now) =>
    mains({ power: params['switch:0'].apower, voltage: params['switch:0'].voltage, current: params['switch:0'].current }, id, seconds(params.ts, now))),
  'shelly-room': rule(object({ params: object({ 'temperature:0': object({ tC: CELSIUS }), 'humidity:0': object({ rh: percent }), 'illuminance:0': object({ lux: atLeast0 }, 'lux') }, 'illuminance:0') }, 'params'), ({ params }, id, now) =>
    indoor({ temperature: params['temperature:0']?.tC, humidity: params['humidity:0']?.rh, illuminance: params['illuminance:0'].lux }, id, seconds(params.ts, now))),
  'senml-room': rule(senmlPack, (pack, id, now) => {
    const values = named(pack, 'lux')
    return values && indoor({ temperature: within(values['temperature'], 0, Infinity), humidity: within(values['humidity'], 0, 100), illuminance: values['lux']! }, id, seconds(pack[0].bt, now))
  }),
  'senml-power': rule(senmlPack, (pack, id, now) => {
    const values = named(pack, 'power')
    return values && mains({ power: values['power']!, energy: within(values['energy'], 0, Infinity), factor: within(values['powerfactor'], -1, 1) }, id, now)
  }),
  'senml-air': rule(senmlPack, (pack, id, now) => {
    const values = named(pack, 'illuminance')
    return values && indoor({ temperature: within(values['temp'], 0, Infinity), humidity: within(values['rh'], 0, 100), pressure: within(values['baro'], 0, Infinity), illuminance: values['illuminance']! }, id, seconds(pack[0].bt, now))
  }),
  'things-room': rule(uplink(object({ temperature: CELSIUS, humidity: percent, lux: atLeast0 }, 'lux')), (m, id, now) => {
    const { temperature, humidity, lux } = m.uplink_message.decoded_payload
    return indoor({ temperature, humidity, illuminance: lux }, id, uplinkTime(m, now))
  }),
  'things-air': rule(uplink(object({ air_temperature: CELSIUS, relative_humidity: percent, barometric_pressure: { type: 'number', minimum: 600, maximum: 1100 }, light_intensity: atLeast0 }, 'light_intensity')), (m, id, now) => {
    const { air_temperature, relative_humidity, barometric_pressure, light_intensity } = m.uplink_message.decoded_payload
    return indoor({ temperature: air_temperature, humidity: relative_humidity, pressure: barometric_pressure, illuminance: light_intensity }, id, uplinkTime(m, now))
  }),
  'things-light': rule(uplink(object({ temp: CELSIUS, illuminance: atLeast0 }, 'illuminance')), (m, id, now) => {
    const { temp, illuminance } = m.uplink_message.decoded_payload
    return indoor({ temperature: temp, illuminance }, id, uplinkTime(m, now))
  }),
  'things-normalized': rule(object({ uplink_message: object({ normalized_payload: array(object({ air: object({
    temperature: CELSIUS, relativeHumidity: percent, pressure: atLeast0, lightIntensity: atLeast0,
  }, 'lightIntensity') }, 'air')) }, 'normalized_payload') }, 'uplink_message'), (m, id, now) => {
    const [{ air, time: at }] = m.uplink_message.normalized_payload
    return indoor({ temperature: air.temperature, humidity: air.relativeHumidity, pressure: air.pressure, illuminance: air.lightIntensity }, id, time(at, uplinkTime(m, now)))
  }),
  'chirp-room': rule(event(object({ temperature: CELSIUS, humidity: percent, illumination: atLeast0 }, 'illumination')), ({ object: o, time: at }, id, now) =>
    indoor({ temperature: o.temperature, humidity: o.humidity, illuminance: o.illumination }, id, time(at, now))),
  'chirp-air': rule(event(object({ temperature: CELSIUS, humidity: percent, pressure: { type: 'number', minimum: 600, maximum: 1100 }, light: atLeast0 }, 'light')), ({ object: o, time: at }, id, now) =>
    indoor({ temperature: o.temperature, humidity: o.humidity, pressure: o.pressure, illuminance: o.light }, id, time(at, now))),
  'chirp-light': rule(event(object({ lux: atLeast0 }, 'lux')), ({ object: o, time: at }, id, now) => indoor({ illuminance: o.lux }, id, time(at, now))),
}
