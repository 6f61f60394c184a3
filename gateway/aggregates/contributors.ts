// Who counts as one: all whom some source tells about together, however many streams they have. And how many changed between two crowds.
import type { Slot } from '#gateway/aggregates/slot.ts'

/** A household. */
export interface Contributor {
  /** All whom its sources tell about. */
  readonly subjects: readonly string[]
  readonly slots: readonly Slot[]
}

/** A contributor's name: the same for the same subjects. */
export const nameOf = (subjects: readonly string[]): string => [...subjects].sort().join()

/** Streams that share a subject, be it through others, are one contributor's. */
export function contributorsOf(slots: readonly Slot[], subjectsOf: (slot: Slot) => readonly string[]): readonly Contributor[] {
  const known = slots.map(slot => ({ slot, subjects: subjectsOf(slot) }))
  return groups(known, ({ subjects }) => subjects).map(members => ({
    subjects: [...new Set(members.flatMap(({ subjects }) => subjects))], slots: members.map(({ slot }) => slot),
  }))
}

/** How many households are in one of two crowds and not in the other; one whose members have changed is one. */
export function changed(one: readonly (readonly string[])[], other: readonly (readonly string[])[]): number {
  const inOne = new Set(one.map(nameOf)), inOther = new Set(other.map(nameOf))
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
