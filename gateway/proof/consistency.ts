// Whether a tree is what another one has grown into: nothing of the older one was changed, moved or taken away.
import { EMPTY_ROOT } from '#gateway/proof/paths.ts'
import { HASH_BYTES, nodeHash, PATH_HASHES_MAX } from '#gateway/proof/tree.ts'

export interface SizedRoot {
  readonly size: number
  /** In base64. */
  readonly root: string
}

/** One hash more than the longest way from a leaf: the subtree that the older tree ends with. */
export const CONSISTENCY_HASHES_MAX = PATH_HASHES_MAX + 1

/** Whether this path leads to both roots (RFC 9162 §2.1.4.2). From no leaves at all everything has grown. */
export function isConsistent(first: SizedRoot, second: SizedRoot, path: Buffer): boolean {
  if (first.size > second.size || path.length % HASH_BYTES !== 0 || path.length > CONSISTENCY_HASHES_MAX * HASH_BYTES) return false
  if (first.size === second.size) return path.length === 0 && first.root === second.root
  if (first.size === 0) return path.length === 0 && first.root === btoa(EMPTY_ROOT)
  const hashes = hashesIn(path), isWholeSubtree = 2 ** Math.round(Math.log2(first.size)) === first.size
  if (isWholeSubtree) hashes.unshift(atob(first.root))
  const climbed = climb(hashes, first.size - 1, second.size - 1)
  return climbed !== undefined && btoa(climbed.older) === first.root && btoa(climbed.newer) === second.root
}

/** Up from the subtree that the older tree ends with, to the root of either; undefined where there are too few hashes or too many. */
function climb(hashes: readonly string[], olderLast: number, newerLast: number): { readonly older: string, readonly newer: string } | undefined {
  let at = olderLast, last = newerLast
  for (; at % 2 === 1; last = Math.floor(last / 2)) at = Math.floor(at / 2)
  const [start, ...siblings] = hashes
  if (start === undefined) return undefined
  let older = start, newer = start
  for (const sibling of siblings) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      older = nodeHash(sibling, older)
      newer = nodeHash(sibling, newer)
      for (; at % 2 === 0 && at !== 0; last = Math.floor(last / 2)) at = Math.floor(at / 2)
    } else newer = nodeHash(newer, sibling)
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? { older, newer } : undefined
}

function hashesIn(path: Buffer): string[] {
  return Array.from({ length: path.length / HASH_BYTES }, (_, n) => path.latin1Slice(n * HASH_BYTES, (n + 1) * HASH_BYTES))
}
