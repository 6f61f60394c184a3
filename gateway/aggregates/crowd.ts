// Which of the contributors a window is made of, so that it and none of the day before differ by a few: who takes the difference of two windows
// learns what those bring who are in one of them only (a tracker).
import { randomInt } from 'node:crypto'
import { changed, nameOf, type Contributor } from '#gateway/aggregates/contributors.ts'

/** One that was released, and of how many it had to be at least. */
export interface Crowd { readonly members: readonly (readonly string[])[], readonly contributors: number }

/** How often others are left out at random, to see whether that makes enough of a difference. */
const TRIES = 12

/** Whether they are the same, or differ by as many as a crowd has at least. */
export function isApart(members: readonly (readonly string[])[], { members: others, contributors }: Crowd, least: number): boolean {
  const count = changed(members, others)
  return count === 0 || count >= Math.max(least, contributors)
}

/**
 * All of them where that may be; else the largest crowd of before that is still there, so that who has come waits for others; else without some
 * that are drawn, so that who has gone is not alone. Undefined: none of that may be released.
 */
export function crowdOf(present: readonly Contributor[], before: readonly Crowd[], least: number, draw: (end: number) => number = randomInt): readonly Contributor[] | undefined {
  const fits = (crowd: readonly Contributor[]): boolean => {
    const members = crowd.map(({ subjects }) => subjects)
    return crowd.length >= least && before.every(other => isApart(members, other, least))
  }
  if (fits(present)) return present
  const byName = new Map(present.map(contributor => [nameOf(contributor.subjects), contributor] as const))
  for (const { members } of [...before].sort((a, b) => b.members.length - a.members.length)) {
    const again = members.map(subjects => byName.get(nameOf(subjects)))
    if (again.every(each => each !== undefined) && fits(again)) return again
  }
  for (let n = 0; n < TRIES; n++) {
    const fewer = without(present, Math.ceil((n + 1) * 2 * least / TRIES), draw)
    if (fits(fewer)) return fewer
  }
  return undefined
}

/** So many less, drawn. */
function without(all: readonly Contributor[], count: number, draw: (end: number) => number): readonly Contributor[] {
  const left = [...all]
  for (let n = 0; n < count && left.length > 0; n++) {
    const at = draw(left.length), last = left.pop()!
    if (at < left.length) left[at] = last
  }
  return left
}
