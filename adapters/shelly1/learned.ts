// What a Shelly tells of itself in `announce` and `info` that its other topics leave open: its kind of meter, and its scale.
import type { Memory } from '#adapters/adapter.ts'
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'

/** `phases`: three clamps on one supply. `clamps`: each on a circuit of its own. */
export type Meters = 'phases' | 'clamps'

export interface Learned {
  readonly meters?: Meters
  /** Its `sensor/temperature` is in degrees Fahrenheit. */
  readonly isFahrenheit?: true
}

const METERS_OF_MODEL: ReadonlyMap<unknown, Meters> = new Map([['SHEM-3', 'phases'], ['SHEM', 'clamps']])
const PHASES = 3

/** Memory is not trusted to be ours. */
export function fromMemory(memory: Memory | undefined): Learned {
  const meters = memory && own(memory, 'meters')
  return {
    ...(meters === 'phases' || meters === 'clamps') && { meters },
    ...memory && own(memory, 'isFahrenheit') === true && { isFahrenheit: true as const },
  }
}

export function toMemory({ meters, isFahrenheit }: Learned): Memory | undefined {
  return meters || isFahrenheit ? { ...meters && { meters }, ...isFahrenheit && { isFahrenheit } } : undefined
}

/** `announce` names the model; `info` lists the meters and says the scale that the owner chose. */
export function learnFrom(told: JsonRecord, known: Learned): Learned {
  const emeters = own(told, 'emeters'), tmp = own(told, 'tmp'), units = isRecord(tmp) ? own(tmp, 'units') : undefined
  const counted = Array.isArray(emeters) && emeters.length > 0 ? emeters.length === PHASES ? 'phases' : 'clamps' : undefined
  const meters = METERS_OF_MODEL.get(own(told, 'model')) ?? counted ?? known.meters
  const isFahrenheit = units === 'F' || units !== 'C' && known.isFahrenheit === true
  return { ...meters && { meters }, ...isFahrenheit && { isFahrenheit: true } }
}

/** By the factory's name, else by what it told. */
export function metersOf(id: string, { meters }: Learned): Meters | undefined {
  if (/^shellyem3-/i.test(id)) return 'phases'
  return /^shellyem-/i.test(id) ? 'clamps' : meters
}
