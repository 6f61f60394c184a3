// What LoRaWAN payload decoders call their figures, as data: field names (folded, see name.ts) → quantity and unit.
import type { NumberQuantity, StatusQuantity, TextQuantity } from '#adapters/quantity.ts'

export interface NumberField {
  readonly quantity: NumberQuantity | StatusQuantity
  /** What vendors document; undefined: they differ, so the message has to say it. */
  readonly unit: string | undefined
  readonly names: readonly string[]
  /** Of several fields with one name the first whose range holds the value; a value outside of all is ambiguous. */
  readonly range?: readonly [number, number]
  /** A part of the device that can be there beside the same quantity of the device itself. */
  readonly channel?: string
  /** Only where the message tells this unit: from the size of a value alone it could be something else. */
  readonly isTold?: true
  /** Figures that stand for "no probe is connected". */
  readonly absent?: readonly number[]
}

export interface WordField {
  readonly quantity: TextQuantity
  readonly names: readonly string[]
  /** What the field may say (lower case; booleans and numbers as text) → the fixed word. */
  readonly words: Readonly<Record<string, string>>
  /** A number is how often it happened since the last message. */
  readonly isCount?: true
}

/** No place where people live has less, or more: a pressure that is none of the air's is a pipe's or a depth's. */
const HPA = [600, 1100] as const
const AIR_PRESSURE = 'pressure barometricpressure airpressure atmosphericpressure barometer'
/** Sensors on a 1-Wire cable, as their maker documents them, and what decoders say where none is connected. */
const CABLE = { channel: 'probe', range: [-55, 125], absent: [327.67] } as const
const EXTERNAL = { channel: 'external' } as const
/** Decoders put percent and volts under the same names; a cell has 1.5 to 5 V, and a device with so few percent is as good as silent. */
const BATTERY = 'battery batterylevel batterypercentage batlevel bat batt batteryperc batterycapacity'
const BATTERY_VOLTAGE = 'batteryvoltage battvoltage batvoltage batteryvol batv battv vbat vbatt volt vdd'

type NumberRow = readonly [NumberField['quantity'], string | undefined, names: string, more?: Partial<NumberField>]

const NUMBER_ROWS: readonly NumberRow[] = [
  ['temperature', '°C', 'temperature temp tempc temperaturec airtemperature airtemp ambienttemperature ambienttemp temperatureair'],
  ['temperature', '°C', 'sensortemperature roomtemperature tempcsht tempcsht31 tempctmp117'],
  ['temperature', '°C', 'tempcds tempds18b20', CABLE],
  ['temperature', '°C', 'tempcds18b20', { ...CABLE, absent: [0, 327.67] }],
  ['temperature', '°C', 'externaltemperature exttemperature temperatureexternal temperatureext exttemp exttempcsht', EXTERNAL],
  ['humidity', '%', 'humidity hum humi humid rh relativehumidity airhumidity airrelativehumidity ambienthumidity roomhumidity'],
  ['humidity', '%', 'hygro humsht humsht31'],
  ['humidity', '%', 'externalhumidity humidityexternal exthumsht', EXTERNAL],
  ['dewPoint', '°C', 'dewpoint dewpointtemperature tdew tdewc'],
  ['pressure', 'hPa', AIR_PRESSURE, { range: HPA }],
  ['pressure', 'Pa', AIR_PRESSURE, { range: [100 * HPA[0], 100 * HPA[1]] }],
  ['pressure', 'mbar', AIR_PRESSURE, { range: HPA, isTold: true }],
  ['pressure', 'kPa', AIR_PRESSURE, { range: [HPA[0] / 10, HPA[1] / 10], isTold: true }],
  ['pressure', 'bar', AIR_PRESSURE, { range: [HPA[0] / 1000, HPA[1] / 1000], isTold: true }],
  ['pressureSeaLevel', 'hPa', 'pressuresealevel sealevelpressure', { range: HPA }],
  ['illuminance', 'lx', 'illuminance illumination illum ill lux luminosity light lightintensity ambientlight'],

  ['co2', 'ppm', 'co2 co2concentration co2level carbondioxide'],
  ['pm1', 'μg/m3', 'pm1 pm1.0 pm1p0 pm1.0massconcentration'],
  ['pm25', 'μg/m3', 'pm2.5 pm25 pm2p5 pm2.5massconcentration'],
  ['pm4', 'μg/m3', 'pm4 pm4.0 pm4p0 pm4massconcentration pm4.0massconcentration'],
  ['pm10', 'μg/m3', 'pm10 pm10.0 pm10p0 pm10massconcentration'],
  ['no2', undefined, 'no2'], ['o3', undefined, 'o3 ozone'], ['so2', undefined, 'so2'], ['co', undefined, 'co carbonmonoxide'],
  ['voc', undefined, 'tvoc voc totalvoc'], ['formaldehyde', undefined, 'hcho ch2o formaldehyde'],
  ['radon', 'Bq/m3', 'radon'], ['airQualityIndex', '', 'iaq aqi airqualityindex'],

  ['soundLevel', 'dB', 'noise noiselevel sound soundlevel soundavg soundpressurelevel spl decibel leq'],
  ['soundLevelSlow', 'dB(A)', 'las laf la'], ['soundLevelEq', 'dB(A)', 'laeq'], ['soundLevelMax', 'dB(A)', 'lamax lasmax lafmax'],

  ['windSpeed', 'm/s', 'windspeed windspeedaverage windspeedavg averagewindspeed'],
  ['windGust', 'm/s', 'windgust gust gustspeed windgustspeed maximumwindspeed maxwindspeed windspeedmax peakwindgust'],
  ['windDirection', '°', 'winddirection winddir windangle'],
  ['precipitation', 'mm', 'precipitation rain rainfall raingauge'],
  ['precipitationTotal', 'mm', 'rainfalltotal totalrainfall raintotal totalrain cumulativerain raincumulative cumulativeprecipitation'],
  ['precipitationRate', 'mm/h', 'rainrate rainintensity rainfallintensity rainfallhourly precipitationintensity'],
  ['solarRadiation', 'W/m2', 'solarradiation totalsolarradiation solarirradiance irradiance globalradiation'],
  ['uvIndex', '', 'uvindex uvi uv'],

  ['soilMoisture', '%', 'soilmoisture soilhumidity soilhum soilwatercontent soilvwc vwc moisture watersoil'],
  ['soilMoisture', undefined, 'volumetricwatercontent soilmoistureatdepth'],
  ['soilTemperature', '°C', 'soiltemperature soiltemp tempsoil temperaturesoil soiltemperatureatdepth'],
  ['soilConductivity', 'μS/cm', 'conductsoil soilconductivity soilec conductivitysoil'],

  ['distance', 'mm', 'distance distanceaverage measureddistance'], ['distance', 'cm', 'lidardistance'],
  ['fillLevel', '%', 'filllevel fillinglevel fillinglvl levelpercentage levelpercent fillpercentage fillpercent fillingdegree fullness'],
  ['liquidLevel', undefined, 'waterlevel liquidlevel waterdepth waterdeep depth'],
  ['weight', undefined, 'weight'],
  ['waterVolume', undefined, 'watervolume watertotal totalwater waterconsumption waterflowvalue watermeter watermeterreading'],
  ['waterFlow', undefined, 'waterflow waterflowrate'],
  ['gasVolume', undefined, 'gasvolume gastotal gasmeter'],

  ['powerActive', 'W', 'activepower poweractive'], ['powerActive', undefined, 'power instantaneouspower'],
  ['powerReactive', 'var', 'reactivepower'], ['powerApparent', 'VA', 'apparentpower'],
  ['powerFactor', '', 'powerfactor cosphi', { range: [-1, 1] }], ['powerFactor', '%', 'powerfactor cosphi', { range: [-100, 100] }],
  ['energyImport', undefined, 'energy activeenergy totalenergy energytotal activeenergyimport energyimport energyconsumption'],
  ['energyImport', undefined, 'powerconsumption'],
  ['energyExport', undefined, 'activeenergyexport energyexport'],
  ['voltageDc', 'V', 'voltage dcvoltage', { range: [-60, 60] }], ['currentDc', undefined, 'current dccurrent'],

  ['peoplePresent', '', 'peoplecountall peoplepresent occupants'],
  ['peopleIn', '', 'peoplein periodin periodiccounterin'], ['peopleOut', '', 'peopleout periodout periodiccounterout'],
  ['vehicleCount', '', 'vehiclecount vehicles carcount'], ['vehicleSpeed', 'km/h', 'vehiclespeed averagevehiclespeed'],
  ['laneOccupancy', '%', 'laneoccupancy'],

  ['batteryVoltage', 'V', BATTERY, { range: [1.5, 5] }],
  ['battery', '%', BATTERY, { range: [0, 100] }],
  ['batteryVoltage', 'mV', BATTERY, { range: [1500, 5000] }],
  ['batteryVoltage', 'V', BATTERY_VOLTAGE, { range: [0, 60] }],
  ['batteryVoltage', 'mV', BATTERY_VOLTAGE, { range: [500, 60_000] }],
]

export const NUMBER_FIELDS: readonly NumberField[] = NUMBER_ROWS.map(
  ([quantity, unit, names, more]) => ({ quantity, unit, names: names.split(' '), ...more }),
)

const words = (word: string, said: string) => Object.fromEntries(said.split(' ').map(text => [text, word]))

const DETECTED = {
  ...words('detected', 'true 1 yes on detected alarm trigger triggered'),
  ...words('clear', 'false 0 no off normal idle clear ok'), 'no alarm': 'clear',
}
const LEAK = { ...DETECTED, ...words('detected', 'leak leaking wet y'), ...words('clear', 'noleak dry n'), 'no leak': 'clear' }
const TAMPER = { ...DETECTED, ...words('detected', 'tamper tampered uninstalled'), ...words('clear', 'installed') }
const OPEN = { ...words('open', 'open opened'), ...words('closed', 'close closed') }
const OCCUPIED = { ...words('occupied', 'occupied busy true'), ...words('free', 'free vacant unoccupied empty false 0') }

type WordRow = readonly [TextQuantity, WordField['words'], names: string, isCount?: true]

const WORD_ROWS: readonly WordRow[] = [
  // True is an open door to some and a closed one to others: only words, or a name that says which.
  ['contact', OPEN, 'contact contactstate contactstatus door doorstatus doorstate windowstatus magnet magnetstatus'],
  ['contact', { ...OPEN, ...words('open', 'true 1'), ...words('closed', 'false 0') }, 'dooropen dooropenstatus isopen windowopen open'],
  ['motion', DETECTED, 'motion motiondetected movement pir pirstatus', true],
  // 1 is "occupied" to some and "somebody may have just left" to others.
  ['occupancy', { ...OCCUPIED, 2: 'occupied' }, 'occupancy occupancystatus'],
  ['occupancy', { ...OCCUPIED, 1: 'occupied' }, 'presence'],
  [
    'parking', { ...OCCUPIED, 1: 'occupied', closed: 'closed', unknown: 'unknown' },
    'occupied isoccupied parking parkingstatus parkingstate parkingoccupied parkingspot parkingspotstatus parked carpresent',
  ],
  ['parking', { ...words('free', 'true 1'), ...words('occupied', 'false 0') }, 'vacant isvacant'],
  ['leak', LEAK, 'leak leakage leakagestatus leakstatus leakdetected waterleak waterleakstatus waterleakdetected flood flooded', true],
  ['tamper', TAMPER, 'tamper tamperstatus tamperdetected boxtamper'],
  ['smoke', { ...DETECTED, smoke: 'detected' }, 'smoke smokealarm smokestatus smokedetected'],
  ['gasAlarm', DETECTED, 'gasalarm gasstatus'], ['coAlarm', DETECTED, 'coalarm'],
  ['vibration', DETECTED, 'vibration vibrationdetected vibrationstatus'],
]

export const WORD_FIELDS: readonly WordField[] = WORD_ROWS.map(
  ([quantity, said, names, isCount]) => ({ quantity, names: names.split(' '), words: said, isCount }),
)
