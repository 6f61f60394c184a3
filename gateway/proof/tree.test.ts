import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { HASH_BYTES, PATH_HASHES_MAX, rootOver as rootOverText, Tree } from '#gateway/proof/tree.ts'

const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
const ZERO = Buffer.of(0), ONE = Buffer.of(1)

/** The largest power of two that is smaller. */
const splitOf = (size: number) => { let k = 1; while (2 * k < size) k *= 2; return k }

/** RFC 9162 §2.1.1, word for word, over the hashes of leaves. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0]!
  const k = splitOf(leaves.length)
  return sha(ONE, rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)))
}

/** RFC 9162 §2.1.3.1. */
function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const k = splitOf(leaves.length)
  return index < k ? [...pathOf(index, leaves.slice(0, k)), rootOf(leaves.slice(k))] : [...pathOf(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))]
}

const treeOf = (leaves: readonly Buffer[]) => new Tree(leaves.map(leaf => leaf.latin1Slice(0, HASH_BYTES)))
const rootOver = (leaf: Buffer, index: number, size: number, path: Buffer) => rootOverText(leaf.latin1Slice(0, HASH_BYTES), index, size, path)
const leavesOf = (size: number) => Array.from({ length: size }, () => sha(ZERO, randomBytes(8)))

describe('The tree of hashes', () => {
  it('has the roots and paths of RFC 9162, at every size from 1 to 130 and for every leaf', () => {
    for (let size = 1; size <= 130; size++) {
      const leaves = leavesOf(size), tree = treeOf(leaves), root = rootOf(leaves).toString('base64')
      assert.deepEqual([tree.size, tree.root], [size, root])
      for (const [index, leaf] of leaves.entries()) {
        const path = tree.path(index)
        assert.equal(path, Buffer.concat(pathOf(index, leaves)).toString('base64'), `leaf ${index} of ${size}`)
        assert.equal(rootOver(leaf, index, size, Buffer.from(path, 'base64')), root, `leaf ${index} of ${size}`)
      }
    }
  })

  it('has the roots of the test vectors of Certificate Transparency', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
    const roots = [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]
    const leaves = inputs.map(hex => sha(ZERO, Buffer.from(hex, 'hex')))
    for (const [n, root] of roots.entries()) assert.equal(Buffer.from(treeOf(leaves.slice(0, n + 1)).root, 'base64').toString('hex'), root, `size ${n + 1}`)
  })

  it('leads another leaf, another place, another size or another path to another root, or to none', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), fc.nat(), (size, some, other, bit) => {
      const leaves = leavesOf(size), index = some % size, tree = treeOf(leaves), path = Buffer.from(tree.path(index), 'base64')
      const { root } = tree, leaf = leaves[index]!
      const changed = (bytes: Buffer) => { const copy = Buffer.from(bytes); if (copy.length > 0) copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7); return copy }
      assert.notEqual(rootOver(changed(leaf), index, size, path), root)
      if (path.length > 0) assert.notEqual(rootOver(leaf, index, size, changed(path)), root)
      if (other % size !== index) assert.notEqual(rootOver(leaf, other % size, size, path), root)
      assert.notEqual(rootOver(leaf, index, size, Buffer.concat([path, leaf])), root)
      if (path.length > 0) assert.notEqual(rootOver(leaf, index, size, path.subarray(HASH_BYTES)), root)
    }), { numRuns: 300 })
  })

  it('takes no path for a leaf that is not in the tree, or whose length cannot be', () => {
    const leaf = randomBytes(HASH_BYTES), long = Buffer.alloc((PATH_HASHES_MAX + 1) * HASH_BYTES)
    for (const [index, size, path] of [[1, 1, ''], [0, 0, ''], [7, 3, ''], [0, 2, ''], [0, 1, 'x'], [0, 2, 'x'.repeat(31)], [0, 2, 'x'.repeat(33)]] as const) {
      assert.equal(rootOver(leaf, index, size, Buffer.from(path)), undefined, `${index} of ${size}`)
    }
    assert.equal(rootOver(leaf, 0, Number.MAX_SAFE_INTEGER, long), undefined)
    assert.equal(typeof rootOver(leaf, 0, Number.MAX_SAFE_INTEGER, long.subarray(HASH_BYTES)), 'string', 'the longest there can be')
    assert.equal(rootOver(leaf, Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, Buffer.alloc(0)), undefined)
  })
})
