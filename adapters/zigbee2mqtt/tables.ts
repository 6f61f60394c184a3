// What the properties of Zigbee2MQTT mean: the tables that the adapter reads, gathered from what 4,516 device definitions expose.
import type { NumberQuantity, StatusQuantity, TextQuantity } from '#adapters/quantity.ts'
import type { Phase } from '#adapters/reading.ts'

/** A property with a number. Where a device has several properties of one quantity, the one that stands earlier in the table counts. */
export interface NumberRule {
  readonly quantity: NumberQuantity | StatusQuantity
  /** The unit that all definitions of the property agree on; undefined where they do not, and only the device's own definition can tell. */
  readonly unit: string | undefined
  readonly rank: number
  readonly channel?: string
  readonly phase?: Phase
}

/** A property with a boolean (some devices say ON and OFF). */
export interface WordRule { readonly quantity: TextQuantity, readonly yes: string, readonly no: string, readonly rank: number }

type Where = Pick<NumberRule, 'channel' | 'phase'>
type NumberRow = readonly [property: string, quantity: NumberQuantity | StatusQuantity, unit?: string, where?: Where]

const NUMBER_ROWS: readonly NumberRow[] = [
  ['battery', 'battery', '%'], ['battery_voltage', 'batteryVoltage', 'V'], ['linkquality', 'linkQuality', 'lqi'],

  ['temperature', 'temperature', '°C'], ['local_temperature', 'temperature', '°C'], ['room_temperature', 'temperature', '°C'],
  ['current_temperature', 'temperature', '°C'], ['air_temp', 'temperature', '°C'], ['temperature_c', 'temperature', '°C'],
  ['temperature_f', 'temperature', '°F'],
  ['external_temperature', 'temperature', '°C', { channel: 'external' }], ['external_temp', 'temperature', '°C', { channel: 'external' }],
  ['floor_temperature', 'temperature', '°C', { channel: 'floor' }], ['floor_temp', 'temperature', '°C', { channel: 'floor' }],
  ['local_temperature_floor', 'temperature', '°C', { channel: 'floor' }], ['temperature_sensor', 'temperature', '°C', { channel: 'floor' }],
  ['probe_temperature', 'temperature', '°C', { channel: 'probe' }], ['ntc_temperature', 'temperature', '°C', { channel: 'ntc' }],
  ['cable_sensor_temperature', 'temperature', '°C', { channel: 'cable' }], ['water_temperature', 'temperature', '°C', { channel: 'water' }],
  ['outdoor_temperature', 'temperature', '°C', { channel: 'outdoor' }],
  ['outdoor_air_temperature', 'temperature', '°C', { channel: 'outdoor' }],
  ['dhw_temperature', 'temperature', '°C', { channel: 'dhw' }], ['boiler_water_temperature', 'temperature', '°C', { channel: 'boiler' }],
  ['return_water_temperature', 'temperature', '°C', { channel: 'return' }],
  ['inlet_water_temperature', 'temperature', '°C', { channel: 'inlet' }],
  ['outlet_water_temperature', 'temperature', '°C', { channel: 'outlet' }],
  ['humidity', 'humidity', '%'], ['external_humidity', 'humidity', '%', { channel: 'external' }],
  ['dew_point', 'dewPoint', '°C'], ['pressure', 'pressure', 'hPa'],
  ['illuminance_lux', 'illuminance', 'lx'], ['illuminance', 'illuminance', 'lx'], ['ambient_light', 'illuminance', 'lx'],

  ['co2', 'co2', 'ppm'], ['co', 'co', 'ppm'], ['co_ppm', 'co', 'ppm'], ['carbon_monoxide_value', 'co', 'ppm'], ['ozone', 'o3', 'ppb'],
  ['pm1', 'pm1', 'µg/m³'], ['pm25', 'pm25', 'µg/m³'], ['pm4', 'pm4', 'µg/m³'], ['pm10', 'pm10', 'µg/m³'],
  ['voc', 'voc'], ['voc_parts', 'voc', 'ppb'], ['tvoc', 'voc', 'ppb'], ['total_volatile_organic_compounds', 'voc', 'ppb'],
  ['voc_index', 'vocIndex', ''], ['nox_index', 'noxIndex', ''], ['aqi', 'airQualityIndex', ''],
  ['formaldehyd', 'formaldehyde', 'µg/m³'], ['hcho', 'formaldehyde', 'mg/m³'], ['formaldehyde', 'formaldehyde'],
  ['formaldehyde_concentration', 'formaldehyde', 'ppm'],
  ['noise', 'soundLevelSlow', 'dBA'], ['noise_level', 'soundLevelSlow', 'dBA'],

  ['wind_speed', 'windSpeed', 'm/s'], ['gust_speed', 'windGust', 'm/s'], ['wind_direction', 'windDirection', '°'],
  ['precipitation', 'precipitation', 'mm'], ['rain_rate', 'precipitationRate', 'mm/h'], ['uv_index', 'uvIndex', ''],
  ['soil_moisture', 'soilMoisture', '%'], ['moisture', 'soilMoisture', '%'], ['soil_temperature', 'soilTemperature', '°C'],
  ['soil_fertility', 'soilConductivity', 'µS/cm'], ['fertility', 'soilConductivity', 'µS/cm'],

  ['total_power', 'powerActive', 'W'], ['total_active_power', 'powerActive', 'W'], ['power', 'powerActive', 'W'],
  ['active_power', 'powerActive', 'W'],
  ['total_power_reactive', 'powerReactive', 'VAR'], ['total_reactive_power', 'powerReactive', 'VAR'],
  ['power_reactive', 'powerReactive', 'VAR'],
  ['total_power_apparent', 'powerApparent', 'VA'], ['total_apparent_power', 'powerApparent', 'VA'],
  ['power_apparent', 'powerApparent', 'VA'], ['apparent_power', 'powerApparent', 'VA'],
  ['power_factor', 'powerFactor', ''], ['ac_frequency', 'frequency', 'Hz'],
  ['voltage', 'voltage', 'V'], ['rms_voltage', 'voltage', 'V'], ['current', 'current', 'A'], ['rms_current', 'current', 'A'],
  ['current_neutral', 'current', 'A', { phase: 'N' }],
  ['energy', 'energyImport', 'kWh'], ['energy_consumed', 'energyImport', 'kWh'], ['active_energy', 'energyImport', 'kWh'],
  ['total_active_energy', 'energyImport', 'kWh'],
  ['energy_all', 'energyImport', 'kWh'], ['current_summ_delivered', 'energyImport', 'kWh'],
  ['total_energy_consumption', 'energyImport', 'kWh'],
  ['consumed_energy', 'energyImport', 'Wh'], ['total_energy', 'energyImport', 'kWh'],
  ['produced_energy', 'energyExport', 'kWh'], ['energy_produced', 'energyExport', 'kWh'], ['reverse_energy', 'energyExport', 'kWh'],
  ['total_output_energy', 'energyExport', 'kWh'], ['current_summ_received', 'energyExport', 'kWh'],
  ['energy_reactive', 'energyReactiveImport', 'kVArh'], ['reactive_energy', 'energyReactiveImport', 'kVArh'],
  ...tariffs('energyImportTariff', n => [`energy_tier_${n}`, `energy_t${n}`, `current_tier${n}_summ_delivered`]),
  ...tariffs('energyExportTariff', n => [`produced_energy_tier_${n}`]),

  ['gas', 'gasVolume', 'm³'], ['volume_flow_rate', 'gasFlow', 'm³/h'],
  ['water_consumed', 'waterVolume'], ['flow', 'waterFlow', 'm³/h'], ['flow_rate', 'waterFlow'],
  ['instantaneous_flow_rate', 'waterFlow', 'm³/h'], ['water_current', 'waterFlow'],
  ['distance', 'distance', 'm'], ['liquid_depth', 'liquidLevel', 'm'], ['water_level', 'liquidLevel', 'cm'], ['weight', 'weight', 'g'],
]

const DETECTED = ['detected', 'clear'] as const

const WORD_ROWS: readonly (readonly [property: string, quantity: TextQuantity, yes: string, no: string])[] = [
  // A contact that is closed is true.
  ['contact', 'contact', 'closed', 'open'], ['garage_door_contact', 'contact', 'closed', 'open'],
  ['occupancy', 'motion', ...DETECTED], ['presence', 'occupancy', 'occupied', 'free'],
  ['water_leak', 'leak', ...DETECTED], ['active_water_leak', 'leak', ...DETECTED], ['water', 'leak', ...DETECTED],
  ['smoke', 'smoke', ...DETECTED], ['gas', 'gasAlarm', ...DETECTED], ['carbon_monoxide', 'coAlarm', ...DETECTED],
  ['tamper', 'tamper', ...DETECTED], ['tamper_alarm', 'tamper', ...DETECTED], ['vibration', 'vibration', ...DETECTED],
]

export const NUMBER_RULES: ReadonlyMap<string, NumberRule> = new Map(
  NUMBER_ROWS.map(([property, quantity, unit, where], rank) => [property, { quantity, unit, rank, ...where }]),
)

export const WORD_RULES: ReadonlyMap<string, WordRule> = new Map(
  WORD_ROWS.map(([property, quantity, yes, no], rank) => [property, { quantity, yes, no, rank }]),
)

/** Types that some devices use for another thing of the same name, one that has no quantity: no mistake there. */
export const OTHER_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['noise', ['boolean']], ['noise_level', ['string']], ['pressure', ['boolean']], ['vibration', ['number', 'string']],
  ['fertility', ['string']], ['ntc_temperature', ['string']], ['temperature_sensor', ['string']],
])

/** Where definitions differ in the unit: properties that only those with this unit have beside it. */
export const TELLING: Readonly<Record<string, readonly (readonly [beside: string, unit: string])[]>> = {
  voc: [['formaldehyd', 'ppb'], ['eco2', 'ppb'], ['device_temperature', 'ppb'], ['noise', 'µg/m³'], ['hcho', 'µg/m³'],
  ['battery_low', 'µg/m³']],
  water_consumed: [['irrigation_target', 'L'], ['timer_state', 'L'], ['auto_clean', 'L'], ['cumulative_heat', 'm³']],
  flow_rate: [['auto_clean', 'L/h']],
}

/** Quantities of the mains that a meter has per phase. */
export const PHASED: ReadonlySet<string> = new Set([
  'voltage', 'current', 'powerActive', 'powerReactive', 'powerApparent', 'powerFactor', 'energyImport', 'energyExport',
])

/** What tells a device on the mains from one on a battery, whose `voltage` is another thing. */
export const MAINS: ReadonlySet<string> = new Set([...PHASED, 'frequency'].filter(quantity => quantity !== 'voltage'))

/** Pressure of a pipe, not of the air: it stands beside the same value in bar or psi. */
export const GAUGE_PROPERTY = /^(?:bar|psi)(?:_\d)?$/i

function tariffs(quantity: 'energyImportTariff' | 'energyExportTariff', names: (n: number) => readonly string[]): NumberRow[] {
  return ([1, 2, 3, 4] as const).flatMap(n => names(n).map((name): NumberRow => [name, `${quantity}${n}`, 'kWh']))
}
