// What names and units of SenML say about the quantity, as data, and the rule that reads them.
import { foldName, splitChannel } from '#adapters/name.ts'
import type { NumberQuantity, StatusQuantity, TextQuantity } from '#adapters/quantity.ts'

/** Quantity → the last segments of names, folded, that say it. Volts and amperes of an unknown kind are direct current. */
const NAMES: Readonly<Partial<Record<NumberQuantity | StatusQuantity, readonly string[]>>> = {
  temperature: ['temperature', 'temp', 'airtemperature', 'airtemp', 'ambienttemperature', 'ambienttemp', 'temperatureair'],
  humidity: ['humidity', 'hum', 'rh', 'relativehumidity', 'relhumidity', 'airhumidity'],
  dewPoint: ['dewpoint', 'dewpointtemperature'],
  pressure: ['pressure', 'airpressure', 'barometricpressure', 'barometer', 'baro', 'atmosphericpressure', 'atmpressure'],
  pressureSeaLevel: ['pressuresealevel', 'sealevelpressure', 'mslp'],
  illuminance: ['illuminance', 'lux', 'light', 'ambientlight', 'illumination', 'lightintensity', 'luminosity'],
  co2: ['co2', 'carbondioxide'],
  pm1: ['pm1', 'pm1.0', 'pm1p0'],
  pm25: ['pm2.5', 'pm25', 'pm2p5'],
  pm4: ['pm4', 'pm4.0', 'pm4p0'],
  pm10: ['pm10', 'pm10.0', 'pm10p0'],
  no2: ['no2', 'nitrogendioxide'],
  o3: ['o3', 'ozone'],
  so2: ['so2', 'sulphurdioxide', 'sulfurdioxide'],
  co: ['co', 'carbonmonoxide'],
  voc: ['voc', 'tvoc'],
  vocIndex: ['vocindex'],
  noxIndex: ['noxindex'],
  airQualityIndex: ['aqi', 'iaq', 'airqualityindex'],
  formaldehyde: ['hcho', 'ch2o', 'formaldehyde'],
  radon: ['radon'],
  soundLevelEq: ['laeq', 'leqa', 'soundlevelaeq'],
  soundLevelSlow: ['las', 'laslow'],
  soundLevelMax: ['lamax', 'lasmax', 'lafmax'],
  soundLevel: ['noise', 'noiselevel', 'sound', 'soundlevel', 'soundpressurelevel', 'spl', 'leq'],
  windSpeed: ['windspeed', 'wind', 'windvelocity'],
  windGust: ['windgust', 'gust', 'gustspeed', 'windgustspeed'],
  windDirection: ['winddirection', 'winddir'],
  precipitation: ['rain', 'rainfall', 'precipitation'],
  precipitationRate: ['rainrate', 'rainintensity', 'precipitationrate', 'precipitationintensity'],
  precipitationTotal: ['raintotal', 'rainfalltotal', 'totalrain', 'totalrainfall', 'precipitationtotal', 'cumulativerain'],
  solarRadiation: ['solarradiation', 'irradiance', 'solarirradiance', 'globalradiation'],
  uvIndex: ['uvindex', 'uvi', 'uv'],
  soilMoisture: ['soilmoisture', 'soilhumidity', 'soilwatercontent', 'vwc'],
  soilTemperature: ['soiltemperature', 'soiltemp'],
  soilConductivity: ['soilconductivity', 'soilec'],
  powerActive: ['power', 'activepower', 'poweractive', 'realpower'],
  powerReactive: ['reactivepower', 'powerreactive'],
  powerApparent: ['apparentpower', 'powerapparent'],
  powerFactor: ['powerfactor', 'cosphi', 'pf'],
  frequency: ['frequency', 'mainsfrequency', 'freq'],
  voltageDc: ['voltage', 'volt', 'volts', 'dcvoltage', 'voltagedc'],
  currentDc: ['current', 'dccurrent', 'currentdc', 'amps'],
  energyImport: ['energy', 'activeenergy', 'energyimport', 'importedenergy', 'totalenergy', 'energytotal'],
  energyExport: ['energyexport', 'exportedenergy'],
  energyReactiveImport: ['reactiveenergy', 'reactiveenergyimport'],
  energyReactiveExport: ['reactiveenergyexport'],
  energyApparentImport: ['apparentenergy', 'apparentenergyimport'],
  gasVolume: ['gasvolume', 'gasmeter'],
  gasFlow: ['gasflow'],
  waterVolume: ['watervolume', 'watermeter', 'waterconsumption'],
  waterFlow: ['waterflow', 'waterflowrate'],
  fillLevel: ['filllevel', 'fillinglevel', 'fill', 'fillpercent'],
  distance: ['distance', 'range'],
  liquidLevel: ['waterlevel', 'liquidlevel', 'waterdepth'],
  weight: ['weight', 'mass'],
  vehicleCount: ['vehiclecount', 'vehicles'],
  vehicleSpeed: ['vehiclespeed', 'trafficspeed', 'averagevehiclespeed'],
  vehicleTotal: ['vehicletotal', 'totalvehicles'],
  laneOccupancy: ['laneoccupancy', 'roadoccupancy'],
  peoplePresent: ['peoplepresent', 'personspresent', 'peopleinroom'],
  peopleCount: ['peoplecount', 'personcount', 'pedestriancount'],
  peopleIn: ['peoplein'],
  peopleOut: ['peopleout'],
  peopleTotal: ['peopletotal', 'totalpeople'],
  battery: ['battery', 'batt', 'bat', 'batterylevel', 'batterypercent', 'soc'],
  batteryVoltage: ['batteryvoltage', 'batvoltage', 'vbat', 'vbatt', 'batv'],
  rssi: ['rssi'],
  snr: ['snr'],
  uptime: ['uptime'],
}

const DETECTED = ['detected', 'clear'] as const
const OPEN = ['open', 'closed'] as const
const OCCUPIED = ['occupied', 'free'] as const

export interface YesNo {
  readonly quantity: TextQuantity
  /** For true (or 1), and for false (or 0). Absent where either could be meant: then only the words themselves are understood. */
  readonly words?: readonly [string, string]
  /** What a text value may be. */
  readonly texts: readonly string[]
}

const yesNo = (quantity: TextQuantity, words: readonly [string, string]): YesNo => ({ quantity, words, texts: words })

const PARKING: YesNo = { quantity: 'parking', words: OCCUPIED, texts: ['occupied', 'free', 'closed', 'unknown'] }

/** The last segment of a name → a yes/no quantity. `contact` true is an open door to some and a closed one to others. */
const YES_NO: ReadonlyMap<string, YesNo> = new Map<string, YesNo>([
  ...['open', 'opened', 'dooropen', 'windowopen'].map((name): [string, YesNo] => [name, yesNo('contact', OPEN)]),
  ['closed', yesNo('contact', ['closed', 'open'])],
  ...['contact', 'door', 'window'].map((name): [string, YesNo] => [name, { quantity: 'contact', texts: OPEN }]),
  ...['motion', 'movement', 'pir', 'motiondetected'].map((name): [string, YesNo] => [name, yesNo('motion', DETECTED)]),
  ...['occupancy', 'occupied', 'presence'].map((name): [string, YesNo] => [name, yesNo('occupancy', OCCUPIED)]),
  ...['parking', 'parkingoccupied', 'parkingspot', 'parkingstatus'].map((name): [string, YesNo] => [name, PARKING]),
  ...['tamper', 'tampered'].map((name): [string, YesNo] => [name, yesNo('tamper', DETECTED)]),
  ...['smoke', 'smokealarm', 'smokedetected'].map((name): [string, YesNo] => [name, yesNo('smoke', DETECTED)]),
  ...['leak', 'waterleak', 'flood', 'leakage'].map((name): [string, YesNo] => [name, yesNo('leak', DETECTED)]),
  ['gasalarm', yesNo('gasAlarm', DETECTED)],
  ['coalarm', yesNo('coAlarm', DETECTED)],
  ['vibration', yesNo('vibration', DETECTED)],
])

/**
 * Units that belong to one quantity, whatever the thing is called (volts and amperes as above). Those that may be several are not here:
 * `m`, `/`, `%`, `dB`, `ppm`, `deg`, `m/s`, `W`, `kWh`, `l`, `Pa`.
 */
const UNITS: ReadonlyMap<string, NumberQuantity | StatusQuantity> = new Map<string, NumberQuantity | StatusQuantity>([
  ['Cel', 'temperature'], ['%RH', 'humidity'], ['lx', 'illuminance'], ['hPa', 'pressure'], ['W/m2', 'solarRadiation'],
  ['mm/h', 'precipitationRate'], ['V', 'voltageDc'], ['mV', 'voltageDc'], ['A', 'currentDc'], ['mA', 'currentDc'],
  ['VA', 'powerApparent'], ['kVA', 'powerApparent'], ['var', 'powerReactive'], ['kvar', 'powerReactive'], ['%EL', 'battery'],
])

/** Segments, folded and without a number, that say where something is or that it is a sensor, and nothing about what it measures. */
const PLACES: ReadonlySet<string> = new Set([
  '', 'sensor', 'probe', 'channel', 'ch', 'node', 'device', 'dev', 'unit', 'thing', 'value', 'val', 'in', 'input', 'port',
  'indoor', 'indoors', 'outdoor', 'outdoors', 'inside', 'outside', 'room', 'ambient', 'air',
])

const HEXADECIMAL = /^[0-9a-f.]+$/, DIGIT = /\d/, THREE_DIGITS = /\d{3}/

/** Names of one device that are split off by a number at their end; a shorter one (`o3`, `co2`) is a name with a number in it. */
const STEM_LENGTH_MIN = 3

const POSITIONS: ReadonlyMap<string, 'latitude' | 'longitude'> = new Map([['lat', 'latitude'], ['lon', 'longitude']])

export type Meaning =
  | { readonly kind: 'number', readonly quantity: NumberQuantity | StatusQuantity, readonly device: string, readonly channel: string }
  | { readonly kind: 'yesNo', readonly yesNo: YesNo, readonly device: string, readonly channel: string }
  | { readonly kind: 'position', readonly part: 'latitude' | 'longitude', readonly device: string }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'unknown' }

const QUANTITIES: ReadonlyMap<string, NumberQuantity | StatusQuantity> = new Map(
  Object.entries(NAMES).flatMap(([quantity, names]) => names.map(name => [name, quantity as NumberQuantity | StatusQuantity] as const)),
)

/**
 * What a resolved name says with its unit, in this order: a position by its unit; the quantity by the last segment (after `:` or `/`, else
 * after `.`), a number at its end being a channel; and, where the last segment tells nothing or the base name is all there is, the quantity
 * by the unit. The device is what stands before the segment that told the quantity ('' where nothing does), else the whole name.
 */
export function meaningOf(name: string, unit: string, isBaseName: boolean): Meaning {
  const part = POSITIONS.get(unit)
  if (part) return { kind: 'position', part, device: ownerOfPosition(name) }
  const cut = Math.max(name.lastIndexOf(':'), name.lastIndexOf('/'))
  const said = meaningAfter(name, cut) ?? meaningAfter(name, Math.max(cut, name.lastIndexOf('.')))
  if (said) return said
  const segment = foldName(name.slice(cut + 1))
  if (!isBaseName && !PLACES.has(splitChannel(segment)?.stem ?? segment) && !isIdentifier(segment)) return { kind: 'unknown' }
  const quantity = UNITS.get(unit)
  return quantity ? { kind: 'number', quantity, device: trimmed(name), channel: '' } : { kind: 'ambiguous' }
}

/** Hexadecimal with a digit, or anything with three digits in a row. */
function isIdentifier(segment: string): boolean {
  return HEXADECIMAL.test(segment) && DIGIT.test(segment) || THREE_DIGITS.test(segment)
}

function meaningAfter(name: string, cut: number): Meaning | undefined {
  const word = foldName(name.slice(cut + 1)), device = trimmed(name.slice(0, Math.max(0, cut))), split = splitChannel(word)
  const said = meaningOfWord(word, device, '')
  return said || !split || split.stem.length < STEM_LENGTH_MIN ? said : meaningOfWord(split.stem, device, split.channel)
}

function meaningOfWord(word: string, device: string, channel: string): Meaning | undefined {
  const quantity = QUANTITIES.get(word), yesNo = YES_NO.get(word)
  if (quantity) return { kind: 'number', quantity, device, channel }
  return yesNo && { kind: 'yesNo', yesNo, device, channel }
}

/** `…:latitude` is a position of what stands before it; any other name is itself what has the position. */
function ownerOfPosition(name: string): string {
  return trimmed(name.replace(/(?:^|[:/.])(?:lat|latitude|lon|lng|longitude)$/i, ''))
}

function trimmed(name: string): string {
  let end = name.length
  while (end > 0 && ':/.'.includes(name[end - 1]!)) end--
  return name.slice(0, end)
}
