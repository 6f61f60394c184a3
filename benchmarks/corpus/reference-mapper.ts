// A second mapper, slow and plain, with tables of its own: written from the description of the models alone, sharing nothing with semantic-models
// but types. What it makes is what the compiled mapper must make, to the byte.
import type { Phase, Reading } from '#adapters/reading.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'

type Json = Record<string, unknown>
export interface Reference { readonly entities: readonly string[], readonly refused: readonly string[] }

/** Where a reading goes: the member of a model, or of the catch-all. */
interface Place { readonly model: string, readonly name: string, readonly fraction?: true, readonly min?: number, readonly max?: number, readonly integer?: true, readonly phased?: true, readonly meter?: string, readonly fill?: true }

/** An entity while it grows: measured members by name, then what else is known. */
interface Growing { readonly model: string, readonly facts: DeviceFacts, readonly at: number, readonly quantity?: string, readonly meter?: string, readonly members: Map<string, Json>, periodMs?: number, unit?: string, isStated: boolean }

const SUBJECTS: Record<string, string> = {
  IndoorEnvironmentObserved: 'Environment', AirQualityObserved: 'Environment', NoiseLevelObserved: 'Environment', WeatherObserved: 'Weather', ACMeasurement: 'Energy', ThreePhaseAcMeasurement: 'Energy',
  DeviceMeasurement: 'Device', SmartMeteringObservation: 'Device', WasteContainer: 'WasteManagement', TrafficFlowObserved: 'Transportation', CrowdFlowObserved: 'Transportation', ParkingSpot: 'Parking',
  Streetlight: 'Streetlighting', WaterConsumptionObserved: 'WaterConsumption',
}

/** The order in which measured members are written. */
const ORDER = [
  'temperature', 'dewPoint', 'relativeHumidity', 'atmosphericPressure', 'illuminance', 'peopleCount', 'peopleCountTowards', 'peopleCountAway', 'co2', 'pm1', 'pm25', 'pm4', 'pm10', 'no2', 'o3', 'so2', 'co',
  'volatileOrganicCompoundsTotal', 'LAS', 'LAeq', 'LAmax', 'windSpeed', 'gustSpeed', 'windDirection', 'precipitation', 'solarRadiation', 'uVIndexMax', 'totalActivePower', 'totalReactivePower', 'totalApparentPower',
  'totalActiveEnergyImport', 'totalActiveEnergyExport', 'totalReactiveEnergyImport', 'totalReactiveEnergyExport', 'totalApparentEnergyImport', 'totalApparentEnergyExport', 'totalPowerFactor', 'frequency', 'phaseVoltage',
  'powerState', 'illuminanceLevel', 'powerConsumption', 'voltage', 'current', 'activePower', 'reactivePower', 'apparentPower', 'powerFactor', 'activeEnergyImport', 'activeEnergyExport', 'lifetimePowerConsumption',
  'peakConsumption', 'offPeakConsumption', 'totalConsumption', 'waterConsumption', 'alarmStopsLeaks', 'alarmTamper', 'fillingLevel', 'status', 'cargoWeight', 'intensity', 'averageVehicleSpeed', 'occupancy', 'numValue', 'textValue',
]
const PHASES: readonly Phase[] = ['L1', 'L2', 'L3', 'N']

const STATUS = ['battery', 'batteryVoltage', 'linkQuality', 'rssi', 'snr', 'firmware', 'uptime', 'availability', 'update', 'settings']
const WORDS: Record<string, readonly string[]> = {
  contact: ['open', 'closed'], occupancy: ['occupied', 'free'], binState: ['ok', 'lidOpen', 'dropped', 'moved', 'vandalized', 'burning', 'unknown'], parking: ['closed', 'free', 'occupied', 'unknown'],
  lampState: ['bootingUp', 'low', 'off', 'on'],
  ...Object.fromEntries(['motion', 'tamper', 'smoke', 'leak', 'gasAlarm', 'coAlarm', 'vibration'].map(quantity => [quantity, ['detected', 'clear']])),
}

/** UN/CEFACT code; spelling → [a, n, d] of (value + a) × n ÷ d. */
type Unit = readonly [string, Record<string, readonly [number, number, number]>]
const same = (...spellings: string[]) => Object.fromEntries(spellings.map(spelling => [spelling, [0, 1, 1] as const]))
const PPM: Unit = ['59', { ...same('ppm'), ppb: [0, 1, 1000] }], PPB: Unit = ['61', { ...same('ppb'), ppm: [0, 1000, 1] }]
const MASS: Unit = ['GQ', { ...same('μg/m3', 'ug/m3'), 'mg/m3': [0, 1000, 1], 'mg/L': [0, 1_000_000, 1] }]
const ONE: Unit = ['C62', same('', 'index', 'level', 'count', 'times', 'x', '/', 'VOC Index points', 'VOC index points', 'NOx Index points')]
const PERCENT: Unit = ['P1', same('%', '%RH', '/100')]
const UNITS: readonly (readonly [string, ...Unit[]])[] = [
  ['temperature dewPoint soilTemperature', ['CEL', { ...same('°C', 'C', 'oC', 'Cel', 'tC'), '°F': [-32, 5, 9], F: [-32, 5, 9], K: [-273.15, 1, 1] }]],
  ['humidity soilMoisture fillLevel laneOccupancy', PERCENT],
  ['lampLevel', PERCENT, ['P1', { '': [0, 100, 254] }]],
  ['pressure pressureSeaLevel', ['A97', { ...same('hPa', 'mbar'), kPa: [0, 10, 1], Pa: [0, 1, 100], bar: [0, 1000, 1], mmHg: [0, 26664477483, 20000000000], psi: [0, 8896443230521, 129032000000], inHg: [0, 21164929, 625000] }]],
  ['illuminance', ['LUX', same('lx', 'Lx', 'lux')]],
  ['co2', PPM], ['pm1 pm25 pm4 pm10', MASS], ['no2 o3 so2 voc formaldehyde', MASS, PPB], ['co', MASS, PPM],
  ['soundLevel soundLevelSlow soundLevelEq soundLevelMax', ['2N', same('dB', 'dBA', 'dB(A)')]],
  ['windSpeed windGust', ['MTS', { ...same('m/s'), 'km/h': [0, 5, 18], mph: [0, 1397, 3125], kn: [0, 463, 900], kt: [0, 463, 900] }]],
  ['vehicleSpeed', ['KMH', { ...same('km/h'), 'm/s': [0, 18, 5], mph: [0, 25146, 15625] }]],
  ['windDirection', ['DD', same('°', 'deg')]],
  ['precipitation precipitationTotal', ['MMT', { ...same('mm', 'l/m2'), in: [0, 127, 5] }]], ['precipitationRate', ['H67', { ...same('mm/h'), 'in/h': [0, 127, 5] }]],
  ['solarRadiation', ['D54', same('W/m2')]],
  ['powerActive', ['WTT', { ...same('W', 'w', 'watt', 'Watt'), kW: [0, 1000, 1], MW: [0, 1_000_000, 1], mW: [0, 1, 1000], mWt: [0, 1, 1000] }]],
  ['powerReactive', ['D44', { ...same('VAR', 'VAr', 'var'), kvar: [0, 1000, 1], kVAr: [0, 1000, 1] }]], ['powerApparent', ['D46', { ...same('VA'), kVA: [0, 1000, 1] }]],
  ['energyImport energyExport energyImportPeak energyImportOffPeak energyImportTariff1 energyImportTariff2 energyImportTariff3 energyImportTariff4 energyExportTariff1 energyExportTariff2 energyExportTariff3 energyExportTariff4',
    ['KWH', { ...same('kWh'), Wh: [0, 1, 1000], MWh: [0, 1000, 1], Wmin: [0, 1, 60000], J: [0, 1, 3600000], MJ: [0, 5, 18], GJ: [0, 2500, 9] }]],
  ['energyReactiveImport energyReactiveExport', ['K3', { ...same('kVArh', 'kvarh'), VArh: [0, 1, 1000], varh: [0, 1, 1000] }]], ['energyApparentImport energyApparentExport', ['C79', { ...same('kVAh'), VAh: [0, 1, 1000] }]],
  ['voltage voltageDc', ['VLT', { ...same('V', 'volt', 'Volt'), mV: [0, 1, 1000], kV: [0, 1000, 1] }]], ['current currentDc', ['AMP', { ...same('A'), mA: [0, 1, 1000] }]], ['frequency', ['HTZ', { ...same('Hz'), kHz: [0, 1000, 1] }]],
  ['gasVolume waterVolume', ['MTQ', { ...same('m3'), L: [0, 1, 1000], l: [0, 1, 1000], liter: [0, 1, 1000], gal: [0, 473176473, 125000000000], ft3: [0, 55306341, 1953125000] }]],
  ['gasFlow waterFlow', ['MQH', { ...same('m3/h'), 'L/h': [0, 1, 1000], 'L/min': [0, 3, 50], 'l/s': [0, 18, 5], 'm3/s': [0, 3600, 1], 'gal/min': [0, 1419529419, 6250000000] }]],
  ['distance liquidLevel', ['MTR', { ...same('m', 'meters'), cm: [0, 1, 100], mm: [0, 1, 1000], in: [0, 127, 5000], ft: [0, 381, 1250] }]], ['weight', ['KGM', { ...same('kg'), g: [0, 1, 1000], lb: [0, 45359237, 100000000] }]],
  ['soilConductivity', ['G42', { ...same('μS/cm'), 'mS/cm': [0, 1000, 1], 'S/m': [0, 10000, 1] }]], ['radon', ['A19', same('Bq/m3')]],
  ['powerFactor', ONE, ['C62', { '%': [0, 1, 100] }]],
  ['peoplePresent vocIndex noxIndex airQualityIndex uvIndex uvIndexMax vehicleCount vehicleTotal peopleCount peopleIn peopleOut peopleTotal', ONE],
]
/** The units of a quantity. */
export const unitsOf = (quantity: string): readonly Unit[] => (UNITS.find(([names]) => names.split(' ').includes(quantity))?.slice(1) ?? []) as Unit[]

/** The full entities of these readings as text, in no particular order, and what was refused as `CODE field`. */
export function reference(readings: readonly Reading[], factsOf: (device: string) => DeviceFacts, receivedAt: number): Reference {
  const growing: Growing[] = [], refused: string[] = []
  for (const reading of readings) {
    const { quantity, value, field } = reading, facts = factsOf(reading.device), at = reading.observedAt ?? receivedAt
    if (STATUS.includes(quantity)) continue
    const isWord = quantity in WORDS
    if (isWord ? !WORDS[quantity]!.includes(value as string) : !Number.isFinite(value)) { refused.push(`BAD_PAYLOAD ${field}`); continue }
    const found = isWord ? undefined : convertedBy(quantity, reading.unit, facts.dialect)
    if (!isWord && !found) { refused.push(`BAD_UNIT ${field}`); continue }
    const place = placeOf(reading, facts)
    if (place === 'none') { refused.push(`NO_MODEL ${field}`); continue }
    const canonical = found ? rounded(value as number, found.factor, 1) : value, code = found?.code
    const scaled = !place || !found ? canonical : place.fill ? filled(value as number, found.factor, facts) : place.fraction ? rounded(value as number, found.factor, 100) : canonical
    if (place && allows(place, scaled)) add(growing, place, reading, facts, at, scaled, place.fraction || place.fill ? 'C62' : code)
    else if (typeof canonical === 'number' && !Number.isFinite(canonical)) refused.push(`BAD_PAYLOAD ${field}`)
    else addToCatchAll(growing, reading, facts, at, canonical, code)
  }
  return { entities: growing.map(entity => JSON.stringify(written(entity))), refused }
}

/** §2 and §3 in one: undefined is the catch-all, 'none' no model at all. */
function placeOf({ quantity, phase, whole }: Reading, { role, placement, phases, emptyMm, fullMm = 0 }: DeviceFacts): Place | undefined | 'none' {
  // A value of one phase is no total, unless the device has no other phase.
  const isTotal = phase === undefined || (phase === 'L1' && phases === 1)
  if (quantity === 'lampState' || quantity === 'lampLevel') {
    if (role !== 'streetlight') return 'none'
    return quantity === 'lampState' ? { model: 'Streetlight', name: 'powerState' } : { model: 'Streetlight', name: 'illuminanceLevel', fraction: true, min: 0, max: 1 }
  }
  const lamp: Record<string, string> = { powerActive: 'powerConsumption', voltage: 'voltage', current: 'current', powerFactor: 'powerFactor', energyImport: 'lifetimePowerConsumption' }
  if (role === 'streetlight' && lamp[quantity] && isTotal) return { model: 'Streetlight', name: lamp[quantity] }
  if (quantity === 'fillLevel') return { model: 'WasteContainer', name: 'fillingLevel', fraction: true, min: 0, max: 1 }
  if (quantity === 'binState') return { model: 'WasteContainer', name: 'status' }
  if (quantity === 'distance' && emptyMm !== undefined && emptyMm > fullMm) return { model: 'WasteContainer', name: 'fillingLevel', fill: true }
  if (role === 'wasteContainer' && quantity === 'temperature') return { model: 'WasteContainer', name: 'temperature' }
  if (role === 'wasteContainer' && quantity === 'weight') return { model: 'WasteContainer', name: 'cargoWeight', min: 0 }
  if (quantity === 'parking') return { model: 'ParkingSpot', name: 'status' }
  if (role === 'waterMeter' && quantity === 'leak') return { model: 'WaterConsumptionObserved', name: 'alarmStopsLeaks' }
  if (role === 'waterMeter' && quantity === 'tamper') return { model: 'WaterConsumptionObserved', name: 'alarmTamper' }
  if (role === 'waterMeter' && quantity === 'waterVolume' && whole) return { model: 'WaterConsumptionObserved', name: 'waterConsumption', integer: true }
  if (quantity === 'gasVolume' || quantity === 'waterVolume') return { model: 'SmartMeteringObservation', name: 'totalConsumption', meter: quantity === 'gasVolume' ? 'Gas' : 'Water' }
  if (quantity === 'energyImportPeak') return { model: 'SmartMeteringObservation', name: 'peakConsumption', meter: 'Electricity' }
  if (quantity === 'energyImportOffPeak') return { model: 'SmartMeteringObservation', name: 'offPeakConsumption', meter: 'Electricity' }
  return mains(quantity, phase, phases) ?? observed(quantity, placement)
}

function mains(quantity: string, phase: Phase | undefined, phases: 1 | 3): Place | undefined | 'none' {
  const model = phases === 3 ? 'ThreePhaseAcMeasurement' : 'ACMeasurement'
  if (quantity === 'voltage') return { model, name: 'phaseVoltage', min: 0, phased: true }
  if (quantity === 'current') return { model, name: 'current', phased: true }
  if (quantity === 'frequency') {
    if (phase === undefined || phase === 'L1') return { model, name: 'frequency', min: 0 }
    return phases === 3 ? 'none' : undefined
  }
  const atLeast0 = { min: 0 }, factor = { min: -1, max: 1 }
  const known: Record<string, readonly [total: string, byPhase: string | undefined, range: object]> = {
    powerActive: ['totalActivePower', 'activePower', {}], powerReactive: ['totalReactivePower', 'reactivePower', {}], powerApparent: ['totalApparentPower', 'apparentPower', atLeast0],
    energyImport: ['totalActiveEnergyImport', 'activeEnergyImport', atLeast0], energyExport: ['totalActiveEnergyExport', 'activeEnergyExport', atLeast0],
    energyReactiveImport: ['totalReactiveEnergyImport', undefined, atLeast0], energyReactiveExport: ['totalReactiveEnergyExport', undefined, atLeast0],
    energyApparentImport: ['totalApparentEnergyImport', undefined, atLeast0], energyApparentExport: ['totalApparentEnergyExport', undefined, atLeast0], powerFactor: ['totalPowerFactor', 'powerFactor', factor],
  }
  const row = known[quantity]
  if (!row) return undefined
  const [total, byPhase, range] = row
  if (phase === undefined || (phases === 1 && phase === 'L1')) return { model, name: total, ...range }
  return phases === 3 && byPhase ? { model, name: byPhase, phased: true, ...range } : undefined
}

function observed(quantity: string, placement: DeviceFacts['placement']): Place | undefined {
  const noise: Record<string, string> = { soundLevelSlow: 'LAS', soundLevelEq: 'LAeq', soundLevelMax: 'LAmax' }
  if (noise[quantity]) return { model: 'NoiseLevelObserved', name: noise[quantity] }
  if (quantity === 'vehicleCount') return { model: 'TrafficFlowObserved', name: 'intensity', min: 0 }
  if (quantity === 'vehicleSpeed') return { model: 'TrafficFlowObserved', name: 'averageVehicleSpeed', min: 0 }
  if (quantity === 'laneOccupancy') return { model: 'TrafficFlowObserved', name: 'occupancy', fraction: true, min: 0, max: 1 }
  const crowd: Record<string, string> = { peopleCount: 'peopleCount', peopleIn: 'peopleCountTowards', peopleOut: 'peopleCountAway' }
  if (crowd[quantity]) return { model: 'CrowdFlowObserved', name: crowd[quantity], integer: true, min: 0 }
  if (quantity === 'pm1') return { model: 'AirQualityObserved', name: 'pm1' }
  if (['co2', 'pm25', 'pm4', 'pm10', 'no2', 'o3', 'so2', 'co'].includes(quantity)) return { model: 'AirQualityObserved', name: quantity, min: 0 }
  if (quantity === 'voc') return { model: 'AirQualityObserved', name: 'volatileOrganicCompoundsTotal', min: 0 }
  if (quantity === 'windGust') return { model: 'WeatherObserved', name: 'gustSpeed' }
  if (quantity === 'windDirection') return { model: 'WeatherObserved', name: 'windDirection', min: 0, max: 360 }
  if (quantity === 'uvIndexMax') return { model: 'WeatherObserved', name: 'uVIndexMax', min: 0 }
  if (['windSpeed', 'precipitation', 'solarRadiation'].includes(quantity)) return { model: 'WeatherObserved', name: quantity, min: 0 }
  const model = placement === 'outdoor' ? 'WeatherObserved' : 'IndoorEnvironmentObserved'
  if (quantity === 'temperature') return placement === 'outdoor' ? { model, name: 'temperature' } : { model, name: 'temperature', min: 0 }
  if (quantity === 'humidity') return { model, name: 'relativeHumidity', fraction: true, min: 0, max: 1 }
  if (quantity === 'pressure') return { model, name: 'atmosphericPressure', min: 0 }
  if (quantity === 'illuminance') return { model, name: 'illuminance', min: 0 }
  if (quantity === 'dewPoint' && placement === 'outdoor') return { model, name: 'dewPoint' }
  if (quantity === 'peoplePresent' && placement === 'indoor') return { model, name: 'peopleCount', min: 0 }
  return undefined
}

function allows({ min = -Infinity, max = Infinity, integer }: Place, value: unknown): boolean {
  return typeof value === 'string' || (Number.isFinite(value) && (value as number) >= min && (value as number) <= max && (!integer || Number.isInteger(value)))
}

function add(growing: Growing[], place: Place, { phase, periodMs }: Reading, facts: DeviceFacts, at: number, value: unknown, code: string | undefined): void {
  let entity = growing.find(other => other.model === place.model && other.facts === facts && other.at === at && other.meter === place.meter)
  if (!entity) growing.push(entity = { model: place.model, facts, at, meter: place.meter, members: new Map(), isStated: false })
  if (periodMs !== undefined) entity.periodMs = Math.max(periodMs, entity.periodMs ?? 0)
  const isYesNo = place.name.startsWith('alarm'), plain = isYesNo ? (value === 'detected' ? 1 : 0) : value
  if (place.fill && entity.isStated) return
  if (place.name === 'fillingLevel' && !place.fill) entity.isStated = true
  const before = entity.members.get(place.name)?.['value'] as Json | undefined
  const phased = { ...before, [phase ?? 'L1']: plain }
  const whole = place.phased ? Object.fromEntries(PHASES.filter(name => name in phased).map(name => [name, phased[name]])) : plain
  entity.members.set(place.name, property(whole, isYesNo ? 'C62' : code, at))
}

function addToCatchAll(growing: Growing[], { quantity, phase }: Reading, facts: DeviceFacts, at: number, value: unknown, code: string | undefined): void {
  const name = `${quantity}${phase ?? ''}`
  let entity = growing.find(other => other.quantity === name && other.facts === facts && other.at === at)
  if (!entity) growing.push(entity = { model: 'DeviceMeasurement', facts, at, quantity: name, members: new Map(), isStated: false })
  entity.members.set(typeof value === 'number' ? 'numValue' : 'textValue', property(value, code, at))
  entity.unit = code
}

function written({ model, facts, at, quantity, meter, members, periodMs, unit }: Growing): Json {
  const entity: Json = { id: `urn:ngsi-ld:${model}:${facts.id}${quantity ? `:${quantity}` : ''}`, type: model }
  if (model === 'ParkingSpot') entity['timeInstant'] = moment(at)
  else if (model === 'Streetlight') entity['observationDateTime'] = moment(at)
  else if (model !== 'WaterConsumptionObserved') entity['dateObserved'] = moment(at)
  for (const name of ORDER) if (members.has(name)) entity[name] = members.get(name)
  if (model === 'AirQualityObserved') entity['typeofLocation'] = property(facts.placement)
  if (model === 'ACMeasurement') entity['phaseType'] = property('singlePhase')
  if (meter) entity['meterType'] = property(meter)
  if (quantity) entity['controlledProperty'] = property(quantity)
  if (unit) entity['unit'] = property(unit)
  if (model === 'ParkingSpot' && facts.category) entity['category'] = property(facts.category)
  const period = model === 'NoiseLevelObserved' ? periodMs ?? 0 : ['TrafficFlowObserved', 'CrowdFlowObserved'].includes(model) ? periodMs : undefined
  if (period !== undefined) Object.assign(entity, { dateObservedFrom: moment(at - period), dateObservedTo: moment(at) })
  if (facts.location) entity['location'] = { type: 'GeoProperty', value: { type: 'Point', coordinates: facts.location } }
  if (model !== 'WaterConsumptionObserved') entity['refDevice'] = { type: 'Relationship', object: `urn:ngsi-ld:Device:${facts.id}` }
  if (model === 'ParkingSpot' && facts.refParkingSite) entity['refParkingSite'] = { type: 'Relationship', object: facts.refParkingSite }
  entity['@context'] = [`https://raw.githubusercontent.com/smart-data-models/dataModel.${SUBJECTS[model]}/master/context.jsonld`, 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld']
  return entity
}

function property(value: unknown, unitCode?: string, observedAt?: number): Json {
  return { type: 'Property', value, ...(unitCode === undefined ? {} : { unitCode }), ...(observedAt === undefined ? {} : { observedAt: new Date(observedAt).toISOString() }) }
}

const moment = (at: number): Json => ({ type: 'Property', value: { '@type': 'DateTime', '@value': new Date(at).toISOString() } })

function convertedBy(quantity: string, text: string, dialect: string): { code: string, factor: readonly [number, number, number] } | undefined {
  const unit = text.normalize('NFKC').trim(), isSenml = dialect === 'senml'
  if (isSenml && (unit === 'C' || unit === 'F')) return undefined
  if (isSenml && unit === '/' && unitsOf(quantity).includes(PERCENT)) return { code: 'P1', factor: [0, 100, 1] }
  const spelling = quantity === 'illuminance' ? unit.toLowerCase() : unit
  for (const [code, spellings] of unitsOf(quantity)) if (Object.hasOwn(spellings, spelling)) return { code, factor: spellings[spelling]! }
  return undefined
}

/** (value + a) × n ÷ d ÷ by: untouched where nothing changes, else 15 significant digits, or six decimals where there is an offset. */
function rounded(value: number, [a, n, d]: readonly [number, number, number], by: number): number {
  if (a === 0 && n === d * by) return value
  const [top, bottom] = sum(decimal(value), decimal(a)), numerator = top * BigInt(n), denominator = bottom * BigInt(d * by)
  if (a !== 0) return Number(`${nearest(numerator * 1_000_000n, denominator)}e-6`) + 0
  return fifteen(numerator, denominator)
}

function filled(value: number, [, n, d]: readonly [number, number, number], { emptyMm = 0, fullMm = 0 }: DeviceFacts): number {
  const [p, q] = decimal(value), distance = [p * BigInt(n) * 1000n, q * BigInt(d)] as const
  const [top, bottom] = sum(decimal(emptyMm), [-distance[0], distance[1]]), [depth, of] = sum(decimal(emptyMm), decimal(-fullMm))
  return Math.max(0, Math.min(1, fifteen(top * of, bottom * depth)))
}

function fifteen(numerator: bigint, denominator: bigint): number {
  const size = numerator < 0n ? -numerator : numerator
  for (let decimals = -400; decimals < 400; decimals++) {
    const top = 10n ** BigInt(Math.max(0, decimals)), bottom = 10n ** BigInt(Math.max(0, -decimals))
    if (size * top >= denominator * bottom * 10n ** 14n) return Number(`${nearest(numerator * top, denominator * bottom)}e${-decimals}`)
  }
  return 0
}

/** Half away from zero. */
function nearest(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator, whole = size / denominator, isUp = (size % denominator) * 2n >= denominator
  return (whole + (isUp ? 1n : 0n)) * (numerator < 0n ? -1n : 1n)
}

function decimal(value: number): readonly [bigint, bigint] {
  const [, sign, whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value))!
  const digits = BigInt(`${sign}${whole}${fraction}`), exponent = Number(power) - fraction.length
  return exponent < 0 ? [digits, 10n ** BigInt(-exponent)] : [digits * 10n ** BigInt(exponent), 1n]
}

function sum([a, b]: readonly [bigint, bigint], [c, d]: readonly [bigint, bigint]): readonly [bigint, bigint] { return [a * d + c * b, b * d] }
