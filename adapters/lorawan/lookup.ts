// A field's name → what it measures: by the family's own fields, else the common ones, with a unit and a channel that stand in the name.
import { foldName, remembering, splitChannel } from '#adapters/name.ts'
import { FAMILIES, type Family } from '#adapters/lorawan/families.ts'
import { NUMBER_FIELDS, WORD_FIELDS, type NumberField, type WordField } from '#adapters/lorawan/fields.ts'
import { splitSuffix } from '#adapters/lorawan/units.ts'

export interface Found {
  /** Fields of this name, in the order in which their ranges are tried; empty where it is a yes/no field. */
  readonly numbers: readonly NumberField[]
  readonly word?: WordField
  /** The unit that stands in the name. */
  readonly unit?: string
  /** The number at the end of the name. */
  readonly channel?: string
  /** Written `temperature_3`, as Cayenne LPP does: a number of the message's fields, which need not be one of several of a kind. */
  readonly isNumbered?: boolean
}

type Index = ReadonlyMap<string, Found>

interface FamilyIndex { readonly family: Family, readonly index: Index }

/** Names that a number can follow; shorter ones (`o3`, `co2`) have it in them. */
const STEM_LENGTH_MIN = 3
const NUMBERED = /_\d{1,3}$/
const CHANNEL_WORD = /(?:channel|chn|ch)$/

type LookUp = (name: string) => Found | undefined

const common = indexOf(NUMBER_FIELDS, WORD_FIELDS)
const lookUpCommon = remembering(name => inIndexes(name, undefined) ?? withUnit(name, undefined))
const byFamily: ReadonlyMap<Family, LookUp> = new Map(FAMILIES.map(family => {
  const own: FamilyIndex = { family, index: indexOf(family.numbers, family.words) }
  return [family, remembering(name => inIndexes(name, own) ?? withUnit(name, own))]
}))

/** Undefined: a field that is not mapped. */
export function lookUp(name: string, family: Family | undefined): Found | undefined {
  return (family && byFamily.get(family) || lookUpCommon)(name)
}

function withUnit(name: string, family: FamilyIndex | undefined): Found | undefined {
  const split = splitSuffix(name), found = split && inIndexes(split.name, family)
  return found && found.word === undefined ? { ...found, unit: split.unit } : undefined
}

function inIndexes(name: string, family: FamilyIndex | undefined): Found | undefined {
  const folded = foldName(name)
  const found = ofName(folded, family)
  if (found) return found
  const split = splitChannel(folded), stem = split?.stem.replace(CHANNEL_WORD, '')
  if (!split || stem === undefined || stem.length < STEM_LENGTH_MIN) return undefined
  const numbered = ofName(stem, family)
  return numbered && { ...numbered, channel: split.channel, isNumbered: stem === split.stem && NUMBERED.test(name) }
}

function ofName(folded: string, family: FamilyIndex | undefined): Found | undefined {
  if (family?.family.unmapped?.includes(folded)) return undefined
  return family?.index.get(folded) ?? common.get(folded)
}

function indexOf(numbers: readonly NumberField[], words: readonly WordField[]): Index {
  const index = new Map<string, Found>(words.flatMap(word => word.names.map(name => [name, { numbers: [], word }] as const)))
  for (const field of numbers) for (const name of field.names) index.set(name, { numbers: [...index.get(name)?.numbers ?? [], field] })
  return index
}
