// From layers to what counts: for each setting the last layer that has a right value for it, and else its default.
import type { Fault, Layer, Origin, Place } from '#gateway/config/layer.ts'
import { SETTINGS, valueAt, type Setting } from '#gateway/config/settings.ts'
import { faultsOf } from '#gateway/config/validation.ts'

export interface Effective extends Place {
  readonly value: unknown
  readonly from: Origin
}

export interface Merged {
  /** Of every setting that has a value, by name: `history.url`. */
  readonly settings: Readonly<Record<string, Effective>>
  readonly faults: readonly Fault[]
}

interface Checked { readonly layer: Layer, readonly faults: readonly Fault[] }

/** `layers` in order: a later one wins. What is wrong in one does not count, and leaves the word to those before it. */
export function merge(layers: readonly Layer[]): Merged {
  const checked = layers.map(layer => ({ layer, faults: faultsOf(layer) }))
  const groups = Map.groupBy(SETTINGS, ({ path }) => path.slice(0, -1).join('.'))
  const settings: Record<string, Effective> = {}, faults = checked.flatMap(each => each.faults)
  for (const [group, members] of groups) {
    const begun = group === '' ? undefined : checked.find(({ layer }) => valueAt(layer.written, group.split('.')) !== undefined)
    if (group !== '' && !begun) continue
    const found = Object.fromEntries(members.flatMap(member => effectiveOf(member, checked)))
    const lacking = members.filter(({ name, isRequired }) => isRequired && !found[name])
    // A group that lacks what it needs is as good as none.
    if (lacking.length === 0) Object.assign(settings, found)
    faults.push(...lacking.filter(({ name }) => !isFaulty(name, faults)).map(member => lack(member, group, begun!.layer)))
  }
  return { settings, faults: faults.sort(byPlace) }
}

/** Its name with what counts; nothing where it has no value. */
function effectiveOf({ name, path, described }: Setting, checked: readonly Checked[]): readonly (readonly [string, Effective])[] {
  const source = checked.findLast(({ layer, faults }) => valueAt(layer.written, path) !== undefined && !isFaulty(name, faults))?.layer
  if (source) return [[name, { value: valueAt(source.written, path), from: source.origin, ...source.placeOf(path, 'value') }]]
  return described.default === undefined ? [] : [[name, { value: described.default, from: 'default' }]]
}

/** Those of the file as it is read, then the others. */
function byPlace(a: Fault, b: Fault): number { return (a.line ?? LAST) - (b.line ?? LAST) || (a.column ?? LAST) - (b.column ?? LAST) }
const LAST = Number.MAX_SAFE_INTEGER

/** It, something in it, or the group that it is in. */
function isFaulty(name: string, faults: readonly Fault[]): boolean {
  return faults.some(({ path }) => path !== '' && (path === name || path.startsWith(`${name}.`) || name.startsWith(`${path}.`)))
}

function lack({ name, variable, described }: Setting, group: string, { placeOf }: Layer): Fault {
  const message = `${name} is missing, and ${group} is nothing without it.`
  const remedy = `Give it (or ${variable}), such as ${JSON.stringify(described.examples?.[0])}.`
  return { ...placeOf(group.split('.'), 'name'), path: name, message, remedy }
}
