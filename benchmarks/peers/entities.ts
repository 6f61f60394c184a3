// The entities of the peers: plain objects, one attribute after the other, as one writes them for JSON.stringify.

type Attribute = object | undefined
export type Entity = Readonly<Record<string, unknown>>

const CORE = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld'
const contextOf = (subject: string): readonly string[] =>
  [`https://raw.githubusercontent.com/smart-data-models/dataModel.${subject}/master/context.jsonld`, CORE]
const ENVIRONMENT = contextOf('Environment'), ENERGY = contextOf('Energy')

/** Figures in the units of the model but for the humidity, in percent. */
export interface Air {
  readonly temperature?: number, readonly humidity?: number, readonly pressure?: number, readonly illuminance?: number,
}

export interface Meter {
  readonly power?: number
  readonly reactive?: number
  readonly apparent?: number
  readonly energy?: number
  readonly exported?: number
  readonly factor?: number
  readonly frequency?: number
  readonly voltage?: number
  readonly current?: number
}

/** By phase, where there is one. */
export type Three = readonly (number | undefined)[]
export interface ThreePhases {
  readonly energy?: number
  readonly power?: number
  readonly apparent?: number
  readonly frequency?: number
  readonly powers?: Three
  readonly apparents?: Three
  readonly voltages?: Three
  readonly currents?: Three
  readonly neutral?: number
  readonly factors?: Three
}

export function indoor({ temperature, humidity, pressure, illuminance }: Air, id: string, at: string): Entity {
  return entity('IndoorEnvironmentObserved', id, at, {
    temperature: property(temperature, 'CEL', at),
    relativeHumidity: property(scaled(humidity, 100), 'C62', at),
    atmosphericPressure: property(pressure, 'A97', at),
    illuminance: property(illuminance, 'LUX', at),
  }, ENVIRONMENT)
}

export function mains(meter: Meter, id: string, at: string): Entity {
  return entity('ACMeasurement', id, at, {
    totalActivePower: property(meter.power, 'WTT', at),
    totalReactivePower: property(meter.reactive, 'D44', at),
    totalApparentPower: property(meter.apparent, 'D46', at),
    totalActiveEnergyImport: property(meter.energy, 'KWH', at),
    totalActiveEnergyExport: property(meter.exported, 'KWH', at),
    totalPowerFactor: property(meter.factor, 'C62', at),
    frequency: property(meter.frequency, 'HTZ', at),
    phaseVoltage: property(phases([meter.voltage]), 'VLT', at),
    current: property(phases([meter.current]), 'AMP', at),
  }, ENERGY)
}

export function threePhases(meter: ThreePhases, id: string, at: string): Entity {
  return entity('ThreePhaseAcMeasurement', id, at, {
    totalActivePower: property(meter.power, 'WTT', at),
    totalApparentPower: property(meter.apparent, 'D46', at),
    totalActiveEnergyImport: property(meter.energy, 'KWH', at),
    frequency: property(meter.frequency, 'HTZ', at),
    phaseVoltage: property(phases(meter.voltages), 'VLT', at),
    current: property(phases(meter.currents, meter.neutral), 'AMP', at),
    activePower: property(phases(meter.powers), 'WTT', at),
    apparentPower: property(phases(meter.apparents), 'D46', at),
    powerFactor: property(phases(meter.factors), 'C62', at),
  }, ENERGY)
}

/** Divided, without what a division of doubles adds. */
export function scaled(value: number | undefined, by: number): number | undefined {
  return value === undefined ? undefined : Number((value / by).toPrecision(15))
}

function property(value: unknown, unitCode: string, observedAt: string): Attribute {
  return value === undefined ? undefined : { type: 'Property', value, unitCode, observedAt }
}

function phases(values: Three | undefined, neutral?: number): object | undefined {
  const [L1, L2, L3] = values ?? []
  return L1 === undefined && L2 === undefined && L3 === undefined && neutral === undefined ? undefined : { L1, L2, L3, N: neutral }
}

function entity(type: string, id: string, at: string, attributes: Readonly<Record<string, Attribute>>, context: readonly string[]): Entity {
  const dateObserved = { type: 'Property', value: { '@type': 'DateTime', '@value': at } }
  return { id: `urn:ngsi-ld:${type}:${id}`, type, dateObserved, ...attributes, '@context': context }
}
