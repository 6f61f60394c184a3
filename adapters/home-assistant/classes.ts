// Device classes of Home Assistant as data: class, unit, name → quantity (https://www.home-assistant.io/integrations/sensor/#device-class).
import type { Quantity } from '#adapters/quantity.ts'

/** What a declaration says of the meaning of an entity. */
export interface Meaning {
  readonly deviceClass: string | undefined
  readonly unit: string | undefined
  readonly stateClass: string | undefined
  /** Its names in one, in lower case, words parted by blanks. */
  readonly name: string
  readonly isDiagnostic: boolean
}

/** Undefined where nothing of it is measured; a text says why it cannot be told what is. */
export type Judged = { readonly quantity: Quantity, readonly unit: string } | string | undefined

interface Row {
  readonly quantity: Quantity | undefined
  /** The class fits all units unless some are named. */
  readonly units?: readonly string[]
  /** Words in the entity's names. */
  readonly name?: RegExp
  readonly stateClasses?: readonly (string | undefined)[]
  readonly isDiagnostic?: true
  /** Why this combination cannot be told. */
  readonly why?: string
}

const TOTAL = ['total', 'total_increasing'] as const
const is = (quantity: Quantity, more: Omit<Row, 'quantity'> = {}): Row => ({ quantity, ...more })
const nothing = (more: Omit<Row, 'quantity'>): Row => ({ quantity: undefined, ...more })
const unclear = (why: string): Row => ({ quantity: undefined, why })

/** Aims, extremes, and what was computed for people. */
const NOT_MEASURED = /\b(?:set|setpoint|target|feels?|apparent|index|min|minimum|max|maximum|average|calibration|offset|difference)\b/
const OF_ELECTRONICS = /\b(?:cpu|chip|mcu|processor|core|board|internal|esp|esp32|esp8266|device) temp|\bcpu\b/
const OF_SOIL = /\bsoil\b/
/** Of what a moisture or a conductivity may be; a room may have such a name too, so this tells nothing of a temperature. */
const OF_PLANT = /\b(?:soil|ground|plant|pot|fertility|fer|earth)\b/
/** Counted anew each day: models know counters since installation only. */
const OF_PERIOD = /\b(?:today|yesterday|daily|day|hourly|hour|weekly|week|monthly|month|yearly|year|period|session|cost)\b/
const RETURNED = /\b(?:export|exported|returned|return|injected|injection|feedin|feed)\b/
const BATTERY = /\b(?:batt|battery|vcc|vdd|cell)\b/

/** Of a class the first row that fits counts; a class that is not here measures nothing that has a quantity. */
const SENSORS: Readonly<Record<string, readonly Row[]>> = {
  temperature: [
    nothing({ isDiagnostic: true }), nothing({ name: OF_ELECTRONICS }), is('dewPoint', { name: /\bdew\b/ }),
    nothing({ name: NOT_MEASURED }),
    // OpenMQTTGateway says the same in both scales.
    nothing({ units: ['°F'], name: /\btempf\b/ }),
    is('soilTemperature', { name: OF_SOIL }), is('temperature'),
  ],
  humidity: [nothing({ name: NOT_MEASURED }), is('soilMoisture', { name: OF_SOIL }), is('humidity')],
  moisture: [is('soilMoisture', { name: OF_PLANT }), unclear('Moisture of what is not told.')],
  conductivity: [is('soilConductivity', { name: OF_PLANT }), unclear('Conductivity of what is not told.')],
  atmospheric_pressure: [is('pressureSeaLevel', { name: /\b(?:sea|qnh|reduced|msl|relative)\b/ }), is('pressure')],
  pressure: [
    is('pressureSeaLevel', { name: /\b(?:sea|qnh|reduced|msl|relative)\b/, units: ['hPa', 'mbar', 'inHg', 'mmHg'] }),
    is('pressure', { units: ['hPa', 'mbar', 'inHg', 'mmHg'] }), is('pressure', { name: /\b(?:air|atmospheric|barometric|barometer)\b/ }),
    unclear('In this unit it need not be the pressure of the air.'),
  ],
  illuminance: [is('illuminance')],
  carbon_dioxide: [is('co2')], carbon_monoxide: [is('co')],
  nitrogen_dioxide: [is('no2')], ozone: [is('o3')], sulphur_dioxide: [is('so2')],
  pm1: [is('pm1')], pm25: [is('pm25')], pm4: [is('pm4')], pm10: [is('pm10')], aqi: [is('airQualityIndex')],
  volatile_organic_compounds: [is('voc')], volatile_organic_compounds_parts: [is('voc')],
  sound_pressure: [is('soundLevelSlow', { units: ['dBA', 'dB(A)'] }), is('soundLevel')],
  wind_speed: [is('windGust', { name: /\bgusts?\b/ }), is('windSpeed')], wind_direction: [is('windDirection')],
  precipitation: [
    nothing({ name: OF_PERIOD }), is('precipitationTotal', { stateClasses: TOTAL }), unclear('Since when the rain is counted is not told.'),
  ],
  precipitation_intensity: [is('precipitationRate')], irradiance: [is('solarRadiation')],
  power: [nothing({ name: NOT_MEASURED }), is('powerActive')], apparent_power: [is('powerApparent')], reactive_power: [is('powerReactive')],
  power_factor: [is('powerFactor')], frequency: [is('frequency')],
  voltage: [is('batteryVoltage', { name: BATTERY }), is('voltage')], current: [is('current')],
  energy: [
    nothing({ name: OF_PERIOD }), is('energyExport', { name: RETURNED, stateClasses: [...TOTAL, undefined] }),
    is('energyImport', { stateClasses: [...TOTAL, undefined] }), unclear('An energy that is measured and not counted.'),
  ],
  reactive_energy: [is('energyReactiveExport', { name: RETURNED }), is('energyReactiveImport')],
  gas: [nothing({ name: OF_PERIOD }), is('gasVolume', { units: ['m³', 'm3', 'ft³', 'ft3', 'L'] }), unclear('Not a volume of gas.')],
  water: [nothing({ name: OF_PERIOD }), is('waterVolume')],
  volume_flow_rate: [is('waterFlow', { name: /\bwater\b/ }), is('gasFlow', { name: /\bgas\b/ }), unclear('What flows is not told.')],
  distance: [is('distance')], weight: [is('weight')],
  battery: [is('battery')], signal_strength: [is('rssi', { units: ['dBm'] }), nothing({})],
  // Not Home Assistant's: what a unit and a name tell where there is no class.
  radon: [is('radon')], uv: [is('uvIndex')],
}

const CLASS_OF_UNIT: Readonly<Record<string, string>> = {
  '°C': 'temperature', '°F': 'temperature', lx: 'illuminance', lux: 'illuminance', hPa: 'pressure', mbar: 'pressure',
  W: 'power', kW: 'power', VA: 'apparent_power', var: 'reactive_power', kWh: 'energy', Wh: 'energy', V: 'voltage', mV: 'voltage',
  A: 'current', mA: 'current', Hz: 'frequency', dBm: 'signal_strength', 'W/m²': 'irradiance', 'Bq/m³': 'radon',
  'mm/h': 'precipitation_intensity', 'UV index': 'uv',
}

/** Units that several classes have: the name has to tell. */
const CLASSES_OF_NAME: Readonly<Record<string, readonly (readonly [name: RegExp, deviceClass: string])[]>> = {
  '%': [[/\b(?:humidity|hum)\b/, 'humidity'], [/\b(?:battery|batt)\b/, 'battery'], [/\bmoisture\b/, 'moisture']],
  ppm: [[/\b(?:co2|carbon dioxide)\b/, 'carbon_dioxide']],
  'µg/m³': [
    [/\bpm ?(?:2 5|25)\b/, 'pm25'], [/\bpm ?10\b/, 'pm10'], [/\bpm ?(?:1 0|1)\b/, 'pm1'], [/\bpm ?(?:4 0|4)\b/, 'pm4'],
  ],
  'm/s': [[/\bwind\b/, 'wind_speed']], 'km/h': [[/\bwind\b/, 'wind_speed']],
  '°': [[/\bwind\b/, 'wind_direction']],
}

/** What a sensor measures. */
export function judgeSensor(meaning: Meaning): Judged {
  const unit = meaning.unit?.replace('μ', 'µ') ?? '', deviceClass = meaning.deviceClass ?? classOf(unit, meaning.name)
  if (deviceClass === undefined) return Object.hasOwn(CLASSES_OF_NAME, unit) ? 'Neither a class nor its name tells what it is.' : undefined
  const row = Object.hasOwn(SENSORS, deviceClass) ? SENSORS[deviceClass]!.find(each => fits(each, meaning)) : undefined
  if (!row?.quantity) return row?.why
  return { quantity: row.quantity, unit: UNITLESS.has(row.quantity) && unit !== '%' ? '' : meaning.unit ?? '' }
}

/** What is a number without a unit may be declared with a word in its place. */
const UNITLESS: ReadonlySet<Quantity> = new Set<Quantity>(['airQualityIndex', 'uvIndex', 'powerFactor'])

function classOf(unit: string, name: string): string | undefined {
  if (Object.hasOwn(CLASS_OF_UNIT, unit)) return CLASS_OF_UNIT[unit]
  return Object.hasOwn(CLASSES_OF_NAME, unit) ? CLASSES_OF_NAME[unit]!.find(([pattern]) => pattern.test(name))?.[1] : undefined
}

function fits({ units, name, stateClasses, isDiagnostic }: Row, meaning: Meaning): boolean {
  return (units?.includes(meaning.unit ?? '') ?? true) && (name?.test(meaning.name) ?? true)
    && (stateClasses?.includes(meaning.stateClass) ?? true) && (isDiagnostic !== true || meaning.isDiagnostic)
}

const ALARM = ['detected', 'clear'] as const, OPEN = ['open', 'closed'] as const, OCCUPIED = ['occupied', 'free'] as const

/** Binary sensors: quantity, and the words for on and off (https://www.home-assistant.io/integrations/binary_sensor/#device-class). */
export const BINARY_SENSORS: ReadonlyMap<string, readonly [Quantity, on: string, off: string]> = new Map([
  ['door', ['contact', ...OPEN]], ['window', ['contact', ...OPEN]], ['opening', ['contact', ...OPEN]],
  ['garage_door', ['contact', ...OPEN]],
  ['motion', ['motion', ...ALARM]], ['occupancy', ['occupancy', ...OCCUPIED]], ['presence', ['occupancy', ...OCCUPIED]],
  ['moisture', ['leak', ...ALARM]], ['smoke', ['smoke', ...ALARM]], ['gas', ['gasAlarm', ...ALARM]],
  ['carbon_monoxide', ['coAlarm', ...ALARM]],
  ['tamper', ['tamper', ...ALARM]], ['vibration', ['vibration', ...ALARM]], ['connectivity', ['availability', 'online', 'offline']],
])

/** The words of a quantity for on and off. */
export const WORDS: ReadonlyMap<Quantity, readonly [on: string, off: string]> =
  new Map([...BINARY_SENSORS.values()].map(([quantity, on, off]) => [quantity, [on, off]]))
