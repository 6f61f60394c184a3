import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { CONSISTENCY_HASHES_MAX, isConsistent } from '#gateway/proof/consistency.ts'
import { Frontier } from '#gateway/proof/frontier.ts'
import { consistencyPath, EMPTY_ROOT, inclusionPath, partsOf, rootOf, type Subtrees } from '#gateway/proof/paths.ts'
import { HASH_BYTES, rootOver, Tree } from '#gateway/proof/tree.ts'

const SIZE_MAX = 70
const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const text = (bytes: Buffer) => bytes.latin1Slice(0, HASH_BYTES)
const base64 = (hash: string) => Buffer.from(hash, 'latin1').toString('base64')
const bytesOf = (path: string) => Buffer.from(path, 'latin1')
const leavesOf = (size: number) => Array.from({ length: size }, () => sha(Buffer.of(0), randomBytes(8)))
const splitOf = (size: number) => { let k = 1; while (2 * k < size) k *= 2; return k }

/** RFC 9162 §2.1.1, word for word. */
function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha()
  if (leaves.length === 1) return leaves[0]!
  const k = splitOf(leaves.length)
  return sha(Buffer.of(1), mth(leaves.slice(0, k)), mth(leaves.slice(k)))
}

/** RFC 9162 §2.1.4.1. */
function subproof(m: number, leaves: readonly Buffer[], isComplete: boolean): Buffer[] {
  if (m === leaves.length) return isComplete ? [] : [mth(leaves)]
  const k = splitOf(leaves.length)
  return m <= k ? [...subproof(m, leaves.slice(0, k), isComplete), mth(leaves.slice(k))] : [...subproof(m - k, leaves.slice(k), false), mth(leaves.slice(0, k))]
}

const subtreesOf = (leaves: readonly Buffer[]): Subtrees => (level, number) => {
  const width = 2 ** level, part = leaves.slice(number * width, (number + 1) * width)
  assert.equal(part.length, width, 'whole subtrees only')
  return text(mth(part))
}

/** The tree of seven leaves of RFC 9162 §2.1.5, whose nodes have names there. */
const SEVEN = leavesOf(7), [a, b, c, d, e, f, j] = SEVEN as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer]
const up = (left: Buffer, right: Buffer) => sha(Buffer.of(1), left, right)
const g = up(a, b), h = up(c, d), i = up(e, f), k = up(g, h), l = up(i, j)

describe('A tree that grows', () => {
  it('has the paths of the examples of RFC 9162 §2.1.5', () => {
    const subtrees = subtreesOf(SEVEN), hex = (path: string) => bytesOf(path).toString('hex'), joined = (...parts: Buffer[]) => Buffer.concat(parts).toString('hex')
    assert.deepEqual([0, 3, 4, 6].map(index => hex(inclusionPath(subtrees, index, 7))), [joined(b, h, l), joined(c, g, l), joined(f, j, k), joined(i, k)])
    assert.deepEqual([3, 4, 6].map(size => hex(consistencyPath(subtrees, size, 7))), [joined(c, d, g, l), joined(l), joined(i, j, k)])
    assert.equal(hex(rootOf(subtrees, 7)), joined(up(k, l)))
  })

  it(`has at every size to ${SIZE_MAX} the root of the RFC, by its parts, by its frontier and as the tree of a batch`, () => {
    const leaves = leavesOf(SIZE_MAX), subtrees = subtreesOf(leaves), frontier = new Frontier()
    assert.equal(base64(rootOf(subtrees, 0)), '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')
    assert.deepEqual([frontier.root, new Frontier().size], [EMPTY_ROOT, 0])
    for (let size = 1; size <= SIZE_MAX; size++) {
      const expected = text(mth(leaves.slice(0, size)))
      frontier.add(text(leaves[size - 1]!), (level, number, hash) => assert.equal(hash, subtrees(level, number)))
      assert.deepEqual([rootOf(subtrees, size), frontier.root, Frontier.of(subtrees, size).root, frontier.size], [expected, expected, expected, size])
      assert.equal(new Tree(leaves.slice(0, size).map(text)).root, base64(expected))
      assert.equal([...partsOf(size)].reduce((sum, [level]) => sum + 2 ** level, 0), size)
    }
  })

  it(`tells of each subtree once, when it becomes whole`, () => {
    const told: string[] = [], frontier = new Frontier()
    for (const leaf of leavesOf(64)) frontier.add(text(leaf), (level, number) => told.push(`${level}/${number}`))
    assert.deepEqual(told.toSorted(), Array.from({ length: 6 }, (_, n) => Array.from({ length: 64 / 2 ** (n + 1) }, (_, number) => `${n + 1}/${number}`)).flat().toSorted())
  })

  it('has inclusion paths that are those of a batch, for every leaf', () => {
    for (const size of [1, 2, 3, 7, 8, 33, SIZE_MAX]) {
      const leaves = leavesOf(size), subtrees = subtreesOf(leaves), tree = new Tree(leaves.map(text))
      for (const index of leaves.keys()) {
        const path = inclusionPath(subtrees, index, size)
        assert.equal(base64(path), tree.path(index))
        assert.equal(rootOver(text(leaves[index]!), index, size, bytesOf(path)), tree.root)
      }
    }
  })

  it(`has consistency paths as in the RFC for all pairs of sizes to ${SIZE_MAX}, and they hold`, () => {
    const leaves = leavesOf(SIZE_MAX), subtrees = subtreesOf(leaves), roots = Array.from({ length: SIZE_MAX + 1 }, (_, size) => ({ size, root: mth(leaves.slice(0, size)).toString('base64') }))
    for (const second of roots) {
      for (const first of roots.slice(0, second.size + 1)) {
        const path = consistencyPath(subtrees, first.size, second.size), expected = first.size === 0 ? [] : subproof(first.size, leaves.slice(0, second.size), true)
        assert.equal(bytesOf(path).toString('hex'), Buffer.concat(expected).toString('hex'), `${first.size} to ${second.size}`)
        assert.ok(isConsistent(first, second, bytesOf(path)), `${first.size} to ${second.size}`)
        if (first.size < second.size) assert.ok(!isConsistent(second, first, bytesOf(path)))
      }
    }
  })

  it('is not what another tree has grown into, by any path that is near', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: SIZE_MAX }), fc.nat(), fc.nat(), fc.nat(), (second, some, bit, other) => {
      const first = 1 + some % second, leaves = leavesOf(second), subtrees = subtreesOf(leaves), path = bytesOf(consistencyPath(subtrees, first, second))
      const older = { size: first, root: base64(rootOf(subtrees, first)) }, newer = { size: second, root: base64(rootOf(subtrees, second)) }
      const flipped = (bytes: Buffer) => { const copy = Buffer.from(bytes); copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7); return copy }
      const otherRoot = (head: typeof older) => ({ ...head, root: flipped(Buffer.from(head.root, 'base64')).toString('base64') })
      assert.ok(isConsistent(older, newer, path))
      assert.ok(!isConsistent(otherRoot(older), newer, path) && !isConsistent(older, otherRoot(newer), path))
      assert.ok(!isConsistent(older, newer, Buffer.concat([path, leaves[0]!])))
      assert.ok(!isConsistent(older, newer, Buffer.concat([path, Buffer.alloc(1)])))
      if (path.length > 0) {
        assert.ok(!isConsistent(older, newer, flipped(path)))
        assert.ok(!isConsistent(older, newer, path.subarray(HASH_BYTES)) && !isConsistent(older, newer, path.subarray(0, -HASH_BYTES)))
      }
      const wrong = 1 + other % SIZE_MAX
      if (wrong !== first && wrong < second) assert.ok(!isConsistent({ ...older, size: wrong }, newer, path), `${first} taken for ${wrong} of ${second}`)
      const changed = leaves.with(other % first, randomBytes(HASH_BYTES)), forked = subtreesOf(changed)
      const fork = { size: second, root: base64(rootOf(forked, second)) }
      assert.ok(!isConsistent(older, fork, path) && !isConsistent(older, fork, bytesOf(consistencyPath(forked, first, second))), 'a leaf that the older tree had was changed')
    }), { numRuns: 500 })
  })

  it('takes no path that is longer than one can be', () => {
    const root = base64(EMPTY_ROOT), long = Buffer.alloc((CONSISTENCY_HASHES_MAX + 1) * HASH_BYTES)
    assert.ok(!isConsistent({ size: 3, root }, { size: Number.MAX_SAFE_INTEGER, root }, long))
    assert.ok(!isConsistent({ size: 0, root }, { size: 2, root }, Buffer.alloc(HASH_BYTES)))
    assert.ok(!isConsistent({ size: 0, root: base64(text(SEVEN[0]!)) }, { size: 2, root }, Buffer.alloc(0)), 'no leaves have one root')
  })
})
