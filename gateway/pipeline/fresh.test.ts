import assert from 'node:assert/strict'
import type { Stream } from '#gateway/devices/streams.ts'
import { Freshness } from '#gateway/pipeline/fresh.ts'
import type { Model } from '#semantic-models/model.ts'
import { Packed } from '#semantic-models/packed.ts'

const stream = { number: 1 } as Stream
const at = (observedAt: number, text: string, timed = true) => ({ timed, observedAt, content: new Packed({} as Model, Buffer.from(`#${text}#`), 1, 1 + text.length, 1) })
const RETAINED = { isRetained: true }

describe('Freshness', () => {
  let freshness: Freshness
  beforeEach(() => { freshness = new Freshness() })

  /** Judges as the pipeline does: what is refused as it comes is known, and was not let out. */
  function take({ content, ...report }: ReturnType<typeof at>, { isRetained = false, isGranted = true, of = stream } = {}) {
    const refusal = freshness.judge(of, report, isGranted ? content : undefined, isRetained)
    freshness.note(of, report, isGranted && refusal === undefined ? content : undefined)
    return refusal
  }

  it('lets the same values pass when they carry no time of their own', () => {
    assert.deepEqual([1, 2].map(() => take(at(5, 'a', false), { isRetained: true })), [undefined, undefined])
  })

  it('calls the same report of the same instant a duplicate, and another of that instant not', () => {
    const refusals = [at(5, 'a'), at(5, 'a'), at(5, 'b'), at(6, 'a')].map(report => take(report))
    assert.deepEqual(refusals, [undefined, 'DUPLICATE', undefined, undefined])
  })

  it('calls an older retained report stale, and takes an older one that is not retained', () => {
    assert.deepEqual([take(at(9, 'a'), RETAINED), take(at(5, 'b'), RETAINED), take(at(5, 'b'))], [undefined, 'STALE', undefined])
  })

  it('judges each stream by itself', () => {
    assert.deepEqual([take(at(9, 'a')), take(at(5, 'a'), { isRetained: true, of: { number: 2 } as Stream })], [undefined, undefined])
  })

  it('takes what nobody was allowed to have when it comes again, and still nothing older', () => {
    assert.equal(take(at(9, 'a'), { isGranted: false }), undefined)
    assert.deepEqual([at(5, 'a'), at(9, 'a'), at(9, 'a')].map(report => take(report, RETAINED)), ['STALE', undefined, 'DUPLICATE'])
  })

  it('takes what could not be kept when it comes again', () => {
    take(at(9, 'a'))
    freshness.takeBack(stream)
    assert.deepEqual([take(at(9, 'a')), take(at(9, 'a'))], [undefined, 'DUPLICATE'])
  })
})
