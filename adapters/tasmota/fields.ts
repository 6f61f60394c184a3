// What the fields of Tasmota's sensors mean. Units stand nowhere but here, other than the three that a message states for all its sensors.
import type { NumberQuantity, StatusQuantity, TextQuantity } from '#adapters/quantity.ts'
import type { Phase } from '#adapters/reading.ts'

/** Units that a message states once for all its sensors, and what they are from the factory. */
export const STATED_UNITS = { TempUnit: 'C', PressureUnit: 'hPa', SpeedUnit: 'km/h' } as const
export type StatedUnit = keyof typeof STATED_UNITS

export interface FieldRule {
  readonly quantity: NumberQuantity | StatusQuantity
  /** As Tasmota's own web page shows it, or the name of the stated unit. */
  readonly unit: string
  /** Fields of one quantity: the lower rank counts. */
  readonly rank: number
  readonly channel?: string
  readonly phase?: Phase
  /** Values above are in another unit than the documented one, and which is not known. */
  readonly max?: number
}

export type Fields = ReadonlyMap<string, FieldRule>
type More = Omit<FieldRule, 'quantity' | 'unit' | 'rank'>
type Row = readonly [field: string, quantity: NumberQuantity | StatusQuantity, unit: string, more?: More]

/** Fields of the air, the soil and the light; every sensor may have them. */
const COMMON: Fields = table([
  ['Temperature', 'temperature', 'TempUnit'], ['AMBTMP', 'temperature', 'TempUnit'],
  ['OBJTMP', 'temperature', 'TempUnit', { channel: 'object' }],
  ['DewPoint', 'dewPoint', 'TempUnit'], ['Humidity', 'humidity', '%'], ['Pressure', 'pressure', 'PressureUnit'],
  ['SeaPressure', 'pressureSeaLevel', 'PressureUnit'],
  ['Illuminance', 'illuminance', 'lx'], ['UvIndex', 'uvIndex', ''],
  ['CarbonDioxide', 'co2', 'ppm'], ['CO2', 'co2', 'ppm'], ['TVOC', 'voc', 'ppb'], ['HCHO', 'formaldehyde', 'ppb'],
  ['AQI', 'airQualityIndex', ''],
  ['PM1', 'pm1', 'µg/m³'], ['PM1_0', 'pm1', 'µg/m³'], ['PM2.5', 'pm25', 'µg/m³'], ['PM2_5', 'pm25', 'µg/m³'], ['PM4', 'pm4', 'µg/m³'],
  ['PM4_0', 'pm4', 'µg/m³'], ['PM10', 'pm10', 'µg/m³'],
  ['Moisture', 'soilMoisture', '%', { max: 100 }], ['Fertility', 'soilConductivity', 'µS/cm'],
  ['Distance', 'distance', 'cm'], ['Weight', 'weight', 'kg'],
  ['Battery', 'battery', '%'],
])

const MAINS_ROWS: readonly Row[] = [
  ['Power', 'powerActive', 'W'], ['ActivePower', 'powerActive', 'W'], ['ApparentPower', 'powerApparent', 'VA'],
  ['ReactivePower', 'powerReactive', 'VAr'],
  ['Factor', 'powerFactor', ''], ['Frequency', 'frequency', 'Hz'], ['Voltage', 'voltage', 'V'], ['Current', 'current', 'A'],
]

/** A meter. Its Total is what it counted since it was reset; today, yesterday and the period are not counters. */
export const METER: Fields = table([
  ...MAINS_ROWS, ['CurrentNeutral', 'current', 'A', { phase: 'N' }],
  ['Total', 'energyImport', 'kWh'], ['ImportActive', 'energyImport', 'kWh'], ['Energy', 'energyImport', 'kWh'],
  ['ExportActive', 'energyExport', 'kWh'],
  ['ImportReactive', 'energyReactiveImport', 'kVArh'], ['ExportReactive', 'energyReactiveExport', 'kVArh'],
])

export type Tariffs = 'energyImportTariff' | 'energyExportTariff'

/** Lists by tariff: the counters of tariff 1, 2 and so on. */
export const TARIFF_LISTS: ReadonlyMap<string, Tariffs> = new Map([
  ['TotalTariff', 'energyImportTariff'], ['ExportTariff', 'energyExportTariff'],
])

/** A measured object that is no meter, but has a power or a current of the mains. */
const WITH_MAINS: Fields = new Map([...COMMON, ...table(MAINS_ROWS)])
const DIRECT_CURRENT: Fields = new Map([...COMMON, ...table([['Voltage', 'voltageDc', 'V'], ['Current', 'currentDc', 'A']])])
const BATTERY_POWERED: Fields = new Map([...COMMON, ...table([['Voltage', 'batteryVoltage', 'V']])])
const GAS_INDEX: Fields = new Map([...COMMON, ...table([['VOC', 'vocIndex', ''], ['NOx', 'noxIndex', '']])])
const WIND: Fields = table([
  ['Speed', 'windSpeed', 'SpeedUnit'], ['Speed.Act', 'windSpeed', 'SpeedUnit'], ['SpeedMax', 'windGust', 'SpeedUnit'],
  ['Speed.Max', 'windGust', 'SpeedUnit'],
  ['Degree', 'windDirection', '°'], ['Dir.Deg', 'windDirection', '°'],
])
/** The rain gauge's Active is what has fallen since its last report, its Total a counter. */
const RAIN: Fields = table([
  ['Active', 'precipitation', 'mm'], ['Total', 'precipitationTotal', 'mm'], ['FlowRate', 'precipitationRate', 'mm/h'],
])

/** Zigbee2Tasmota: a Power is a switch, a light is in raw steps, and a battery's voltage is not the mains'. */
export const ZIGBEE: Fields = table([
  ['Temperature', 'temperature', 'TempUnit'], ['Humidity', 'humidity', '%'], ['Pressure', 'pressure', 'PressureUnit'],
  ['SeaPressure', 'pressureSeaLevel', 'PressureUnit'],
  ['ActivePower', 'powerActive', 'W'], ['RMSVoltage', 'voltage', 'V'], ['RMSCurrent', 'current', 'A'], ['Voltage', 'batteryVoltage', 'V'],
  ['BatteryVoltage', 'batteryVoltage', 'V'],
  ['Battery', 'battery', '%'], ['BatteryPercentage', 'battery', '%'], ['LinkQuality', 'linkQuality', 'lqi'],
])

/** 1 and 0: detected and clear, of the radio sensors that a Tasmota passes on. */
const FLAGS: ReadonlyMap<string, TextQuantity> = new Map([['Occupancy', 'motion'], ['PIR', 'motion'], ['Water', 'leak']])
const NO_FLAGS: ReadonlyMap<string, TextQuantity> = new Map()

/** What the STATE of a device says about it. */
export const STATE_FIELDS: Fields = table([['Wifi.RSSI', 'linkQuality', '%'], ['Wifi.Signal', 'rssi', 'dBm'], ['UptimeSec', 'uptime', 's']])

/**
 * Families whose fields mean something else than those of all others. The first that fits counts; undefined: nothing of it is measured
 * outside of the device.
 */
const FAMILIES: readonly (readonly [name: RegExp, fields: Fields | undefined])[] = [
  [/^(?:ESP32|BL09|CSE77|ADE79|AXP)/, undefined],
  // Distances and energies of radar and lightning detectors are those of their targets. Zb… and Mtr… report commands and states of other
  // devices.
  [/^(?:AS3935|LD\d{4})|^(?:Zb|ZB|Mtr)/, undefined],
  [/^(?:TX2\d|WINDMETER|WindMeter)/, WIND],
  [/^RG-?15/, RAIN],
  [/^(?:INA\d|ADS1)/, DIRECT_CURRENT],
  [/^SEN[56]/, GAS_INDEX],
]

const MILLIMETRES = /^(?:TOF|HRXL|DYP)/
const MAINS_HINTS = ['Power', 'ActivePower', 'Current', 'Factor'] as const

/** Fields by which a sensor's others mean something else. */
export const TELLING_FIELDS: readonly string[] = ['Battery', ...MAINS_HINTS]

/** Names of all fields that some sensor may be measured by. */
export const ALL_FIELDS: ReadonlySet<string> = new Set([
  ...TELLING_FIELDS, ...[COMMON, WITH_MAINS, DIRECT_CURRENT, BATTERY_POWERED, GAS_INDEX, WIND, RAIN].flatMap(fields => [...fields.keys()]), ...FLAGS.keys(),
])

/** The meaning of a sensor's fields, by its name and by what else it has; undefined where it has no quantity at all. */
export function fieldsOf(name: string, sensor: Readonly<Record<string, unknown>>): Fields | undefined {
  const family = FAMILIES.find(([pattern]) => pattern.test(name))
  if (family) return family[1]
  if (Object.hasOwn(sensor, 'Battery')) return BATTERY_POWERED
  return MAINS_HINTS.some(field => Object.hasOwn(sensor, field)) ? WITH_MAINS : COMMON
}

export function flagsOf(fields: Fields): ReadonlyMap<string, TextQuantity> {
  return fields === ZIGBEE || fields === BATTERY_POWERED ? FLAGS : NO_FLAGS
}

/** The unit of a distance hangs on the sensor; that of the VL53 family changed from whole millimetres to centimetres with one decimal. */
export function distanceUnit(name: string, value: number): string | undefined {
  if (!name.startsWith('VL53')) return MILLIMETRES.test(name) ? 'mm' : 'cm'
  if (!Number.isInteger(value)) return 'cm'
  return value > VL53_CM_MAX ? 'mm' : undefined
}

/** It sees no farther than four metres. */
export const VL53_CM_MAX = 400

function table(rows: readonly Row[]): Fields {
  return new Map(rows.map(([field, quantity, unit, more], rank) => [field, { quantity, unit, rank, ...more }]))
}
