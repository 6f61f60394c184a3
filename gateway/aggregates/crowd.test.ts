import assert from 'node:assert/strict'
import fc from 'fast-check'
import { changed, contributorsOf, nameOf, type Contributor } from '#gateway/aggregates/contributors.ts'
import { crowdOf, isApart, type Crowd } from '#gateway/aggregates/crowd.ts'
import type { Slot } from '#gateway/aggregates/slot.ts'

const slot = (n: number) => ({ stream: { number: n } }) as unknown as Slot
const contributor = (...subjects: string[]): Contributor => ({ subjects, slots: [] })
const crowd = (contributors: number, ...members: string[]): Crowd => ({ contributors, members: members.map(name => [name]) })
const names = (all: readonly Contributor[] | undefined) => all?.map(({ subjects }) => nameOf(subjects)).sort()
const NEVER = (): never => { throw new Error('nothing is drawn') }

/** By hand: who can be reached from whom over shared names. */
function slowGroups(all: readonly (readonly string[])[]): number {
  const left = all.map(subjects => new Set(subjects))
  for (let merged = true; merged;) {
    merged = false
    for (let a = 0; a < left.length && !merged; a++) {
      for (let b = a + 1; b < left.length && !merged; b++) {
        if (left[a]!.isDisjointFrom(left[b]!)) continue
        left[a] = left[a]!.union(left.splice(b, 1)[0]!)
        merged = true
      }
    }
  }
  return left.length
}

describe('Contributors', () => {
  it('are the subjects that some source tells about together, over as many sources as it takes', () => fc.assert(fc.property(
    fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1, maxLength: 3 }), { maxLength: 7 }), all => {
      const found = contributorsOf(all.map((_, n) => slot(n)), ({ stream }) => all[stream.number]!)
      assert.equal(found.length, slowGroups(all))
      assert.deepEqual(found.flatMap(({ slots }) => slots.map(({ stream }) => stream.number)).sort(), all.map((_, n) => n))
      for (const { subjects, slots } of found) assert.deepEqual(new Set(subjects), new Set(slots.flatMap(({ stream }) => all[stream.number]!)))
    }), { numRuns: 2_000 }))

  it('have changed where they are in one crowd only; a household of which the members changed counts once', () => {
    assert.deepEqual([changed([['a'], ['b']], [['b'], ['a']]), changed([['a'], ['b']], [['b'], ['c']]), changed([['a', 'b']], [['a'], ['b']]), changed([['a', 'b'], ['c']], [['a'], ['c', 'd']])], [0, 2, 1, 2])
  })
})

describe('A crowd', () => {
  it('is everybody as long as it is the same as before, or different by as many as it has to have', () => {
    const all = ['a', 'b', 'c', 'd'].map(name => contributor(name))
    assert.deepEqual(names(crowdOf(all, [], 3, NEVER)), ['a', 'b', 'c', 'd'])
    assert.deepEqual(names(crowdOf(all, [crowd(3, 'd', 'c', 'b', 'a')], 3, NEVER)), ['a', 'b', 'c', 'd'])
    assert.deepEqual(names(crowdOf(all, [crowd(3, 'a', 'x', 'b', 'y')], 3, NEVER)), ['a', 'b', 'c', 'd'])
  })

  it('has those who come wait until they are enough', () => {
    const all = ['a', 'b', 'c', 'd', 'e'].map(name => contributor(name)), before = [crowd(3, 'a', 'b', 'c')]
    assert.deepEqual(names(crowdOf(all, before, 3, NEVER)), ['a', 'b', 'c'])
    assert.deepEqual(names(crowdOf([...all, contributor('f')], before, 3, NEVER)), ['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('hides who goes among others, or is nobody', () => {
    const before = [crowd(3, 'a', 'b', 'c', 'd', 'e', 'f', 'g')], left = ['b', 'c', 'd', 'e', 'f', 'g'].map(name => contributor(name)), fewer = crowdOf(left, before, 3)!
    assert.equal(7 - fewer.length >= 3, true)
    assert.equal(crowdOf(['b', 'c', 'd'].map(name => contributor(name)), [crowd(3, 'a', 'b', 'c', 'd')], 3), undefined)
    assert.equal(crowdOf(['a', 'b'].map(name => contributor(name)), [], 3), undefined)
  })

  it('is held apart by the larger number of two aggregates', () => {
    assert.equal(isApart([['a'], ['b'], ['c']], crowd(5, 'a', 'x', 'y'), 3), false)
    assert.equal(isApart([['a'], ['b'], ['c']], crowd(3, 'a', 'x', 'y'), 5), false)
    assert.equal(isApart([['a'], ['b'], ['c']], crowd(3, 'a', 'x', 'y'), 3), true)
  })

  it('never differs from any of before by a few, whoever comes and goes', () => {
    let releases = 0, differing = 0
    fc.assert(fc.property(fc.integer({ min: 3, max: 5 }), fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 6, maxLength: 16 }), { minLength: 2, maxLength: 12 }), fc.infiniteStream(fc.nat()), (least, windows, drawn) => {
      const before: Crowd[] = [], draw = (end: number) => drawn.next().value! % end
      for (const present of windows) {
        const made = crowdOf(present.map(n => contributor(`own_${n}`)), before, least, draw)
        if (!made) continue
        const members = new Set(made.map(({ subjects }) => subjects[0]!))
        assert.ok(members.size >= least && members.isSubsetOf(new Set(present.map(n => `own_${n}`))))
        for (const { members: others } of before) {
          const difference = members.symmetricDifference(new Set(others.map(([name]) => name!))).size
          assert.ok(difference === 0 || difference >= least, `${difference} of ${least}`)
          if (difference > 0) differing++
        }
        before.push({ members: [...members].map(name => [name]), contributors: least })
        releases++
      }
    }), { numRuns: 1_000 })
    assert.ok(releases > 2_000 && differing > 500, `${releases} released, ${differing} pairs that differ`)
  })
})
