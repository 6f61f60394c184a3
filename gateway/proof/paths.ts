// A tree that grows: its root at any size, the way from a leaf up to it, and from an older root to a newer one (RFC 9162 §2.1). All of it is
// made of the hashes of whole subtrees, wherever they are kept; of these a tree of n leaves takes some log n at a time.
// A hash is a string of 32 characters, as in tree.ts.
import { hash } from 'node:crypto'
import { nodeHash } from '#gateway/proof/tree.ts'

/** The hash over the 2^level leaves that begin with leaf number × 2^level. All of them are there. */
export type Subtrees = (level: number, number: number) => string

/** Of no leaves at all. */
export const EMPTY_ROOT = hash('sha256', '', 'binary')

/** Over the first `size` leaves (§2.1.1). */
export function rootOf(subtrees: Subtrees, size: number): string { return size === 0 ? EMPTY_ROOT : over(subtrees, 0, size) }

/** The hashes beside the way from a leaf up to the root over `size` leaves, from below, one behind the other (§2.1.3.1). */
export function inclusionPath(subtrees: Subtrees, index: number, size: number): string {
  let from = 0, width = size, path = ''
  while (width > 1) {
    const half = halfOf(width), isLeft = index < from + half
    path = (isLeft ? over(subtrees, from + half, width - half) : over(subtrees, from, half)) + path
    width = isLeft ? half : width - half
    if (!isLeft) from += half
  }
  return path
}

/** What leads from the root over `first` leaves to that over `second`; nothing from none, and to the same (§2.1.4.1). */
export function consistencyPath(subtrees: Subtrees, first: number, second: number): string {
  if (first === 0 || first === second) return ''
  let from = 0, width = second, old = first, isWhole = true, path = ''
  while (old < width) {
    const half = halfOf(width), isLeft = old <= half
    path = (isLeft ? over(subtrees, from + half, width - half) : over(subtrees, from, half)) + path
    width = isLeft ? half : width - half
    if (isLeft) continue
    old -= half
    from += half
    isWhole = false
  }
  return isWhole ? path : over(subtrees, from, width) + path
}

/** The whole subtrees that a tree of so many leaves is made of, the largest first. */
export function* partsOf(size: number): Iterable<readonly [level: number, number: number]> {
  for (let from = 0; from < size;) {
    const level = levelOf(size - from), width = 2 ** level
    yield [level, from / width]
    from += width
  }
}

function over(subtrees: Subtrees, from: number, width: number): string {
  const level = levelOf(width)
  if (2 ** level === width) return subtrees(level, from / width)
  const half = halfOf(width)
  return nodeHash(over(subtrees, from, half), over(subtrees, from + half, width - half))
}

/** Of the largest whole subtree that is not wider. */
function levelOf(width: number): number {
  let level = 0
  while (2 ** (level + 1) <= width) level++
  return level
}

/** The largest power of two that is smaller. */
function halfOf(width: number): number {
  const half = 2 ** levelOf(width)
  return half === width ? half / 2 : half
}
