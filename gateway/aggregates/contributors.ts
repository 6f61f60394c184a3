// Who counts as one: all whom some source tells about together, however many streams they have. And how many changed between two crowds.
import type { Slot } from '#gateway/aggregates/slot.ts'

/** A household. */
export interface Contributor {
  /** All whom its sources tell about. */
  readonly subjects: readonly string[]
  readonly slots: readonly Slot[]
}

/** Lists that never change are asked for their names by each crowd that they are held against. */
const known = new WeakMap<readonly string[], string>(), knownSets = new WeakMap<readonly (readonly string[])[], ReadonlySet<string>>()

/** A contributor's name: the same for the same subjects. */
export function nameOf(subjects: readonly string[]): string {
  let name = known.get(subjects)
  if (name === undefined) known.set(subjects, name = [...subjects].sort().join())
  return name
}

function namesIn(members: readonly (readonly string[])[]): ReadonlySet<string> {
  let names = knownSets.get(members)
  if (!names) knownSets.set(members, names = new Set(members.map(nameOf)))
  return names
}

/** Streams that share a subject, be it through others, are one contributor's. */
export function contributorsOf(slots: readonly Slot[], subjectsOf: (slot: Slot) => readonly string[]): readonly Contributor[] {
  return groups(slots.map(slot => ({ slot, subjects: subjectsOf(slot) })), ({ subjects }) => subjects).map(members => ({
    subjects: [...new Set(members.flatMap(({ subjects }) => subjects))], slots: members.map(({ slot }) => slot),
  }))
}

/** How many households are in one of two crowds and not in the other; one whose members have changed is one. */
export function changed(one: readonly (readonly string[])[], other: readonly (readonly string[])[]): number {
  const inOne = namesIn(one), inOther = namesIn(other)
  const either = [...one.filter(subjects => !inOther.has(nameOf(subjects))), ...other.filter(subjects => !inOne.has(nameOf(subjects)))]
  return groups(either, subjects => subjects).length
}

/** Parted so that no two parts have a name in common. */
function groups<T>(all: readonly T[], namesOf: (each: T) => readonly string[]): readonly T[][] {
  const parents = new Map<string, string>()
  const root = (name: string): string => {
    let at = name
    for (let up = parents.get(at); up !== undefined; up = parents.get(at)) at = up
    if (at !== name) parents.set(name, at)
    return at
  }
  for (const each of all) {
    const [first, ...others] = namesOf(each).map(root)
    for (const other of others) if (root(other) !== root(first!)) parents.set(root(other), root(first!))
  }
  return [...Map.groupBy(all, each => root(namesOf(each)[0]!)).values()]
}
