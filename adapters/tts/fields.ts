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

/** No place where people live has less, or more. A pressure that is none of the air's is a pipe's or a depth's. Kilopascals of air could be a pipe's. */
const HPA = [600, 1100] as const
/** Sensors of the 1-Wire family, as their maker documents them. */
const DALLAS = [-55, 125] as const

export const NUMBER_FIELDS: readonly NumberField[] = [
  { quantity: 'temperature', unit: '°C', names: ['temperature', 'temp', 'tempc', 'temperaturec', 'airtemperature', 'airtemp', 'ambienttemperature', 'ambienttemp', 'temperatureair', 'sensortemperature', 'tempcsht', 'tempcsht31', 'tempctmp117', 'roomtemperature'] },
  { quantity: 'temperature', unit: '°C', names: ['tempcds', 'tempds18b20'], channel: 'probe', range: DALLAS, absent: [327.67] },
  { quantity: 'temperature', unit: '°C', names: ['tempcds18b20'], channel: 'probe', range: DALLAS, absent: [0, 327.67] },
  { quantity: 'temperature', unit: '°C', names: ['externaltemperature', 'exttemperature', 'temperatureexternal', 'exttempcsht', 'temperatureext', 'exttemp'], channel: 'external' },
  { quantity: 'humidity', unit: '%', names: ['humidity', 'hum', 'humi', 'rh', 'relativehumidity', 'airhumidity', 'airrelativehumidity', 'ambienthumidity', 'hygro', 'humsht', 'humsht31', 'roomhumidity'] },
  { quantity: 'humidity', unit: '%', names: ['externalhumidity', 'exthumsht', 'humidityexternal'], channel: 'external' },
  { quantity: 'dewPoint', unit: '°C', names: ['dewpoint', 'dewpointtemperature', 'tdew', 'tdewc'] },
  ...([['hPa', 1], ['Pa', 100], ['mbar', 1], ['kPa', 0.1], ['bar', 0.001]] as const).map(([unit, perHpa]): NumberField => (
    { quantity: 'pressure', unit, names: ['pressure', 'barometricpressure', 'airpressure', 'atmosphericpressure', 'barometer'], range: [HPA[0] * perHpa, HPA[1] * perHpa], ...perHpa < 1 && { isTold: true } }
  )),
  { quantity: 'pressureSeaLevel', unit: 'hPa', names: ['pressuresealevel', 'sealevelpressure'], range: HPA },
  { quantity: 'illuminance', unit: 'lx', names: ['illuminance', 'illumination', 'illum', 'lux', 'luminosity', 'light', 'lightintensity', 'ambientlight', 'ill'] },
  { quantity: 'co2', unit: 'ppm', names: ['co2', 'co2concentration', 'co2level', 'carbondioxide'] },
  { quantity: 'pm1', unit: 'μg/m3', names: ['pm1', 'pm1.0', 'pm1.0massconcentration'] },
  { quantity: 'pm25', unit: 'μg/m3', names: ['pm2.5', 'pm25', 'pm2.5massconcentration'] },
  { quantity: 'pm4', unit: 'μg/m3', names: ['pm4', 'pm4.0', 'pm4massconcentration', 'pm4.0massconcentration'] },
  { quantity: 'pm10', unit: 'μg/m3', names: ['pm10', 'pm10.0', 'pm10massconcentration'] },
  { quantity: 'no2', unit: undefined, names: ['no2'] },
  { quantity: 'o3', unit: undefined, names: ['o3', 'ozone'] },
  { quantity: 'so2', unit: undefined, names: ['so2'] },
  { quantity: 'co', unit: undefined, names: ['co', 'carbonmonoxide'] },
  { quantity: 'voc', unit: undefined, names: ['tvoc', 'voc', 'totalvoc'] },
  { quantity: 'formaldehyde', unit: undefined, names: ['hcho', 'ch2o', 'formaldehyde'] },
  { quantity: 'radon', unit: 'Bq/m3', names: ['radon'] },
  { quantity: 'airQualityIndex', unit: '', names: ['iaq', 'aqi', 'airqualityindex'] },
  { quantity: 'soundLevel', unit: 'dB', names: ['noise', 'noiselevel', 'sound', 'soundlevel', 'soundavg', 'soundpressurelevel', 'spl', 'decibel', 'leq'] },
  { quantity: 'soundLevelSlow', unit: 'dB(A)', names: ['las', 'laf', 'la'] },
  { quantity: 'soundLevelEq', unit: 'dB(A)', names: ['laeq'] },
  { quantity: 'soundLevelMax', unit: 'dB(A)', names: ['lamax', 'lasmax', 'lafmax'] },
  { quantity: 'windSpeed', unit: 'm/s', names: ['windspeed', 'windspeedaverage', 'windspeedavg', 'averagewindspeed'] },
  { quantity: 'windGust', unit: 'm/s', names: ['windgust', 'gust', 'gustspeed', 'windgustspeed', 'maximumwindspeed', 'maxwindspeed', 'windspeedmax', 'peakwindgust'] },
  { quantity: 'windDirection', unit: '°', names: ['winddirection', 'winddir', 'windangle', 'winddirectionsensor'] },
  { quantity: 'precipitation', unit: 'mm', names: ['precipitation', 'rain', 'rainfall', 'raingauge'] },
  { quantity: 'precipitationTotal', unit: 'mm', names: ['rainfalltotal', 'totalrainfall', 'cumulativeprecipitation', 'cumulativerain', 'raincumulative', 'rainaccumulation', 'raintotal', 'totalrain'] },
  { quantity: 'precipitationRate', unit: 'mm/h', names: ['rainrate', 'rainintensity', 'rainfallintensity', 'rainfallhourly', 'precipitationintensity'] },
  { quantity: 'solarRadiation', unit: 'W/m2', names: ['solarradiation', 'totalsolarradiation', 'solarirradiance', 'irradiance', 'globalradiation'] },
  { quantity: 'uvIndex', unit: '', names: ['uvindex', 'uvi', 'uv'] },
  { quantity: 'soilMoisture', unit: '%', names: ['soilmoisture', 'soilhumidity', 'soilwatercontent', 'moisture', 'watersoil', 'vwc', 'soilvwc'] },
  { quantity: 'soilMoisture', unit: undefined, names: ['volumetricwatercontent', 'soilmoistureatdepth'] },
  { quantity: 'soilTemperature', unit: '°C', names: ['soiltemperature', 'soiltemp', 'tempsoil', 'temperaturesoil', 'soiltemperatureatdepth'] },
  { quantity: 'soilConductivity', unit: 'μS/cm', names: ['conductsoil', 'soilconductivity', 'soilec', 'conductivitysoil'] },
  { quantity: 'distance', unit: 'mm', names: ['distance', 'distanceaverage', 'measureddistance'] },
  { quantity: 'distance', unit: 'cm', names: ['lidardistance'] },
  { quantity: 'fillLevel', unit: '%', names: ['filllevel', 'fillinglevel', 'fillinglvl', 'levelpercentage', 'levelpercent', 'fillpercentage', 'fillpercent', 'fillingdegree', 'fullness'] },
  { quantity: 'liquidLevel', unit: undefined, names: ['waterlevel', 'liquidlevel', 'waterdepth', 'waterdeep', 'depth'] },
  { quantity: 'weight', unit: undefined, names: ['weight'] },
  { quantity: 'waterVolume', unit: undefined, names: ['watervolume', 'watertotal', 'totalwater', 'waterconsumption', 'waterflowvalue', 'watermeter', 'watermeterreading'] },
  { quantity: 'waterFlow', unit: undefined, names: ['waterflow', 'waterflowrate'] },
  { quantity: 'gasVolume', unit: undefined, names: ['gasvolume', 'gastotal', 'gasmeter'] },
  { quantity: 'powerActive', unit: 'W', names: ['activepower', 'poweractive'] },
  { quantity: 'powerActive', unit: undefined, names: ['power', 'instantaneouspower'] },
  { quantity: 'powerReactive', unit: 'var', names: ['reactivepower'] },
  { quantity: 'powerApparent', unit: 'VA', names: ['apparentpower'] },
  { quantity: 'powerFactor', unit: '', names: ['powerfactor', 'cosphi'], range: [-1, 1] },
  { quantity: 'powerFactor', unit: '%', names: ['powerfactor', 'cosphi'], range: [-100, 100] },
  { quantity: 'energyImport', unit: undefined, names: ['energy', 'activeenergy', 'totalenergy', 'energytotal', 'activeenergyimport', 'energyimport', 'energyconsumption', 'powerconsumption'] },
  { quantity: 'energyExport', unit: undefined, names: ['activeenergyexport', 'energyexport'] },
  { quantity: 'voltageDc', unit: 'V', names: ['voltage', 'dcvoltage'], range: [-60, 60] },
  { quantity: 'currentDc', unit: undefined, names: ['current', 'dccurrent'] },
  { quantity: 'peoplePresent', unit: '', names: ['peoplecountall', 'peoplepresent', 'occupants'] },
  { quantity: 'peopleIn', unit: '', names: ['peoplein', 'periodin', 'periodiccounterin'] },
  { quantity: 'peopleOut', unit: '', names: ['peopleout', 'periodout', 'periodiccounterout'] },
  { quantity: 'vehicleCount', unit: '', names: ['vehiclecount', 'vehicles'] },
  { quantity: 'vehicleSpeed', unit: 'km/h', names: ['vehiclespeed', 'averagevehiclespeed'] },
  { quantity: 'laneOccupancy', unit: '%', names: ['laneoccupancy'] },
  // Decoders put percent and volts under the same names; a cell has 1.5 to 5 V, and a device with so few percent is as good as silent.
  { quantity: 'battery', unit: '%', names: ['battery', 'batterylevel', 'batterypercentage', 'batlevel', 'bat', 'batt', 'batteryperc', 'batterycapacity'], range: [5.001, 100] },
  { quantity: 'batteryVoltage', unit: 'V', names: ['battery', 'batterylevel', 'bat', 'batt'], range: [1.5, 5] },
  { quantity: 'battery', unit: '%', names: ['battery', 'batterylevel', 'batterypercentage', 'batlevel', 'bat', 'batt', 'batteryperc', 'batterycapacity'], range: [0, 5] },
  { quantity: 'batteryVoltage', unit: 'mV', names: ['battery', 'bat', 'batt'], range: [1500, 5000] },
  { quantity: 'batteryVoltage', unit: 'V', names: ['batteryvoltage', 'battvoltage', 'batvoltage', 'batteryvol', 'batv', 'battv', 'vbat', 'vbatt', 'volt', 'vdd'], range: [0, 60] },
  { quantity: 'batteryVoltage', unit: 'mV', names: ['batteryvoltage', 'battvoltage', 'batvoltage', 'batteryvol', 'batv', 'battv', 'vbat', 'vbatt', 'vdd'], range: [500, 60_000] },
]

const DETECTED = { 'true': 'detected', '1': 'detected', yes: 'detected', on: 'detected', detected: 'detected', alarm: 'detected', trigger: 'detected', triggered: 'detected', 'false': 'clear', '0': 'clear', no: 'clear', off: 'clear', normal: 'clear', idle: 'clear', clear: 'clear', ok: 'clear', 'no alarm': 'clear' }
const LEAK = { ...DETECTED, leak: 'detected', leaking: 'detected', 'no leak': 'clear', noleak: 'clear', dry: 'clear', wet: 'detected', y: 'detected', n: 'clear' }
const TAMPER = { ...DETECTED, tamper: 'detected', tampered: 'detected', uninstalled: 'detected', installed: 'clear' }
const OPEN_WORDS = { open: 'open', opened: 'open', close: 'closed', closed: 'closed' }
const FREE_WORDS = { occupied: 'occupied', busy: 'occupied', free: 'free', vacant: 'free', unoccupied: 'free', empty: 'free' }
const YES_OCCUPIED = { 'true': 'occupied', '1': 'occupied', 'false': 'free', '0': 'free' }

export const WORD_FIELDS: readonly WordField[] = [
  // True is an open door to some and a closed one to others: only words, or a name that says which.
  { quantity: 'contact', names: ['contact', 'contactstate', 'contactstatus', 'door', 'doorstatus', 'doorstate', 'windowstatus', 'magnet', 'magnetstatus'], words: OPEN_WORDS },
  { quantity: 'contact', names: ['dooropen', 'dooropenstatus', 'isopen', 'windowopen', 'open'], words: { ...OPEN_WORDS, 'true': 'open', '1': 'open', 'false': 'closed', '0': 'closed' } },
  { quantity: 'motion', names: ['motion', 'motiondetected', 'movement', 'pir', 'pirstatus'], words: DETECTED, isCount: true },
  // 1 is "occupied" to some and "somebody may have just left" to others.
  { quantity: 'occupancy', names: ['occupancy', 'occupancystatus'], words: { ...FREE_WORDS, 'true': 'occupied', '2': 'occupied', 'false': 'free', '0': 'free' } },
  { quantity: 'occupancy', names: ['presence'], words: { ...FREE_WORDS, ...YES_OCCUPIED } },
  { quantity: 'parking', names: ['occupied', 'isoccupied', 'parking', 'parkingstatus', 'parkingstate', 'parkingoccupied', 'parkingspot', 'parkingspotstatus', 'parked', 'carpresent'], words: { ...FREE_WORDS, ...YES_OCCUPIED, closed: 'closed', unknown: 'unknown' } },
  { quantity: 'leak', names: ['leak', 'leakage', 'leakagestatus', 'leakstatus', 'leakdetected', 'waterleak', 'waterleakstatus', 'waterleakdetected', 'flood', 'flooded'], words: LEAK, isCount: true },
  { quantity: 'tamper', names: ['tamper', 'tamperstatus', 'tamperdetected', 'boxtamper'], words: TAMPER },
  { quantity: 'smoke', names: ['smoke', 'smokealarm', 'smokestatus', 'smokedetected'], words: { ...DETECTED, smoke: 'detected' } },
  { quantity: 'gasAlarm', names: ['gasalarm', 'gasstatus'], words: DETECTED },
  { quantity: 'coAlarm', names: ['coalarm'], words: DETECTED },
  { quantity: 'vibration', names: ['vibration', 'vibrationdetected', 'vibrationstatus'], words: DETECTED },
]
