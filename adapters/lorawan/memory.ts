// What is remembered of a device between its messages: its family, and which numbered field is the device's own.
import type { Memory } from '#adapters/adapter.ts'
import { foldName } from '#adapters/name.ts'
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import { NUMBER_QUANTITIES, STATUS_QUANTITIES, TEXT_QUANTITIES, type Quantity } from '#adapters/quantity.ts'
import { FAMILIES, type Family } from '#adapters/lorawan/families.ts'

const QUANTITIES: ReadonlySet<string> = new Set<Quantity>([...NUMBER_QUANTITIES, ...TEXT_QUANTITIES, ...STATUS_QUANTITIES])
/** As long as the number of a channel can be. */
const CHANNEL = /^\d{0,3}$/

/** A working copy; `toMemory` makes the next memory of it. */
export interface Known {
  readonly before: Memory | undefined
  family: Family | undefined
  /** Quantity → the number of the field that was seen first: `temperature_3` of a device that has one temperature is the device's. */
  readonly mains: Map<Quantity, string>
}

/** Memory is not trusted to be ours: what does not fit is as if it were not there. */
export function fromMemory(memory: Memory | undefined): Known {
  const known: Known = { before: memory, family: undefined, mains: new Map() }
  if (!memory) return known
  const name = own(memory, 'family'), mains = own(memory, 'mains')
  known.family = FAMILIES.find(family => family.name === name)
  if (!isRecord(mains)) return known
  for (const [quantity, channel] of Object.entries(mains)) {
    if (QUANTITIES.has(quantity) && typeof channel === 'string' && CHANNEL.test(channel)) known.mains.set(quantity as Quantity, channel)
  }
  return known
}

/** Undefined where there is nothing to remember; the same object where there is nothing new. */
export function toMemory({ before, family, mains }: Known): Memory | undefined {
  if (!family && mains.size === 0) return undefined
  const memory = { ...family && { family: family.name }, ...mains.size > 0 && { mains: Object.fromEntries(mains) } }
  return before && JSON.stringify(before) === JSON.stringify(memory) ? before : memory
}

/** The family by a model that the network knows, else by fields that only it has together, else the one that was remembered. */
export function familyOf(models: readonly string[], payload: JsonRecord, remembered: Family | undefined): Family | undefined {
  const byModel = FAMILIES.find(family => models.some(model => family.models.test(model)))
  if (byModel) return byModel
  const names = new Set(Object.keys(payload).map(foldName))
  return FAMILIES.find(({ has }) => has.some(together => together.every(name => names.has(name)))) ?? remembered
}
