// What is remembered of a declaring device: its entities, where each says its state, and where its availability stands.
import { MEMORY_BYTES_MAX, type Memory } from '#adapters/adapter.ts'
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES, type Quantity } from '#adapters/quantity.ts'

/** Why an entity cannot be read: its template is beyond the safe forms, or what it measures is not told. */
export type Problem = 'template' | 'meaning'

export interface Entity {
  /** Where its state is published. */
  readonly topic: string
  readonly template?: string
  /** Undefined where there is a problem. */
  readonly quantity?: Quantity
  readonly unit?: string
  /** Payloads of a binary sensor. */
  readonly on?: string
  readonly off?: string
  /** Its name inside the device, for what the device has several times. */
  readonly name: string
  readonly problem?: Problem
}

export interface Availability {
  readonly template?: string
  readonly on: string
  readonly off: string
  /** What it said last. */
  readonly isUp?: boolean
}

export type Mode = 'all' | 'any' | 'latest'

export interface Known {
  readonly device: string
  /** By the declaration's stem, and behind a # the component inside of a device's declaration. */
  readonly entities: ReadonlyMap<string, Entity>
  /** Which entity is the device itself for a quantity: the first that was declared. */
  readonly mains: ReadonlyMap<Quantity, string>
  readonly availability: ReadonlyMap<string, Availability>
  readonly mode: Mode
}

const QUANTITIES: ReadonlySet<unknown> = new Set<Quantity>([...NUMBER_QUANTITIES, ...TEXT_QUANTITIES, ...STATUS_QUANTITIES])
const NOTHING: JsonRecord = {}

export function unknown(device: string): Known {
  return { device, entities: new Map(), mains: new Map(), availability: new Map(), mode: 'latest' }
}

const read = new WeakMap<Memory, Known>()

/** Memory is not trusted to be ours: what does not fit is as if it were not there. Read once, as most messages leave it as it is. */
export function fromMemory(memory: Memory | undefined): Known | undefined {
  const known = memory && (read.get(memory) ?? knownIn(memory))
  if (known) read.set(memory, known)
  return known
}

function knownIn(memory: Memory): Known | undefined {
  const device = own(memory, 'device'), mode = own(memory, 'mode')
  if (typeof device !== 'string' || device === '') return undefined
  const entities = mapOf(own(memory, 'entities'), entityOf)
  const mains = mapOf(own(memory, 'mains'), id => typeof id === 'string' && entities.has(id) ? id : undefined)
  return {
    device, entities, mode: mode === 'all' || mode === 'any' ? mode : 'latest',
    mains: new Map([...mains].filter((main): main is [Quantity, string] => QUANTITIES.has(main[0]))),
    availability: mapOf(own(memory, 'availability'), availabilityOf),
  }
}

/** Undefined where nothing is declared. */
export function toMemory({ device, entities, mains, availability, mode }: Known): Memory | undefined {
  if (entities.size === 0) return undefined
  return {
    device, mode, entities: Object.fromEntries(entities), mains: Object.fromEntries(mains), availability: Object.fromEntries(availability),
  }
}

export function fits(memory: Memory | undefined): boolean {
  return memory === undefined || Buffer.byteLength(JSON.stringify(memory)) <= MEMORY_BYTES_MAX
}

function mapOf<V>(record: unknown, of: (value: unknown) => V | undefined): Map<string, V> {
  const map = new Map<string, V>()
  for (const [key, value] of Object.entries(isRecord(record) ? record : NOTHING)) {
    const made = of(value)
    if (made !== undefined) map.set(key, made)
  }
  return map
}

function entityOf(value: unknown): Entity | undefined {
  if (!isRecord(value)) return undefined
  const { topic, name, quantity, problem } = value
  if (typeof topic !== 'string' || typeof name !== 'string') return undefined
  const texts = textsOf(value, ['template', 'unit', 'on', 'off'])
  if (problem === 'template' || problem === 'meaning') return { topic, name, ...texts, problem }
  return QUANTITIES.has(quantity) ? { topic, name, ...texts, quantity: quantity as Quantity } : undefined
}

function availabilityOf(value: unknown): Availability | undefined {
  if (!isRecord(value)) return undefined
  const { on, off, isUp } = value
  if (typeof on !== 'string' || typeof off !== 'string') return undefined
  return { on, off, ...textsOf(value, ['template']), ...typeof isUp === 'boolean' && { isUp } }
}

function textsOf<K extends string>(record: JsonRecord, keys: readonly K[]): Partial<Record<K, string>> {
  return Object.fromEntries(keys.flatMap(key => {
    const value = own(record, key)
    return typeof value === 'string' ? [[key, value]] : []
  })) as Partial<Record<K, string>>
}
