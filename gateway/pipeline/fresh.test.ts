import assert from 'node:assert/strict'
import type { Stream } from '#gateway/devices/streams.ts'
import { Freshness } from '#gateway/pipeline/fresh.ts'
import type { Observation } from '#semantic-models/observation.ts'

const stream = { number: 1 } as Stream
const at = (observedAt: number, text: string, timed = true) => ({ timed, observedAt, entity: { parts: [{ bit: 1, text }] } }) as unknown as Observation

describe('Freshness', () => {
  it('lets the same values pass when they carry no time of their own', () => {
    const freshness = new Freshness()
    assert.deepEqual([1, 2].map(() => freshness.judge(stream, at(5, 'a', false), true)), [undefined, undefined])
  })

  it('calls the same report of the same instant a duplicate, and another of that instant not', () => {
    const freshness = new Freshness()
    assert.deepEqual([at(5, 'a'), at(5, 'a'), at(5, 'b'), at(6, 'a')].map(report => freshness.judge(stream, report, false)), [undefined, 'DUPLICATE', undefined, undefined])
  })

  it('calls an older retained report stale, and takes an older one that is not retained', () => {
    const freshness = new Freshness()
    assert.deepEqual([freshness.judge(stream, at(9, 'a'), true), freshness.judge(stream, at(5, 'b'), true), freshness.judge(stream, at(5, 'b'), false)], [undefined, 'STALE', undefined])
  })

  it('judges each stream by itself', () => {
    const freshness = new Freshness()
    assert.deepEqual([freshness.judge(stream, at(9, 'a'), true), freshness.judge({ number: 2 } as Stream, at(5, 'a'), true)], [undefined, undefined])
  })
})
