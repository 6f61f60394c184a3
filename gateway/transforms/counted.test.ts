import assert from 'node:assert/strict'
import fc from 'fast-check'
import { coarser } from '#gateway/transforms/cells.ts'
import { CONTRIBUTORS_MAX, CONTRIBUTORS_MIN, EPSILON_MAX, MICRO, mayCount, WINDOW_SECONDS_MAX, type Count } from '#gateway/transforms/counted.ts'
import { revealsNoMore, strongest, weakest } from '#gateway/transforms/lattice.ts'
import { opText, parseOp, SECONDS_MAX, type Aggregate, type ValueOp } from '#gateway/transforms/op.ts'

const op = <T extends ValueOp>(text: string): T => {
  const parsed = parseOp(text)
  if (typeof parsed === 'string') throw new Error(`${text}: ${parsed}`)
  return parsed as T
}
const refusal = (text: string): string => { const parsed = parseOp(text); return typeof parsed === 'string' ? parsed : 'understood' }
const front = fc.constantFrom('', 'round:0.5', 'round:1.5', 'round:1', 'bucket:0|10|20', 'bucket:0|20')
const rule = fc.tuple(fc.constantFrom('', 'aggregate:60|3', 'aggregate:900', 'aggregate:900|9', 'aggregate:1800|5', 'aggregate:7|20'), fc.constantFrom('', 'dp:0.5', 'dp:1', 'dp:5', 'dp:0.000001'))
  .filter(parts => parts.some(part => part !== ''))
const aggregate = fc.tuple(front, rule).map(([of, parts]) => op<Aggregate>([of, ...parts].filter(part => part !== '').join('+')))
const number = fc.oneof(aggregate, fc.constantFrom('pass', 'drop', 'round:0.5', 'round:1.5', 'round:1', 'bucket:0|10|20', 'bucket:0|20').map(text => op<ValueOp>(text)))
const count = fc.record({ seconds: fc.constantFrom(60, 900, 1_800, 6_300, 7), contributors: fc.constantFrom(3, 5, 9, 20, 100), epsilon: fc.constantFrom(undefined, 1, 500_000, MICRO, 2 * MICRO) })
const reading = fc.integer({ min: -400, max: 4_000 }).map(n => n / 100)

/** What whoever makes this count would put into it of a reading; undefined: they may not have it. */
function putIn(by: ValueOp, value: number, how: Count): number | undefined {
  if (by.name === 'aggregate') return mayCount(by, how) ? putIn(by.of ?? op('pass'), value, how) : undefined
  return by.name === 'pass' ? value : by.name === 'round' || by.name === 'bucket' ? coarser(by, value) : undefined
}

describe('An attribute that is only counted', () => {
  it('is written in one way', () => {
    const texts = ['aggregate:900', 'aggregate:0900', 'aggregate:900|05', 'dp:0.50', 'aggregate:1|5+dp:0.5', 'aggregate:1|6+dp:1', 'round:0.50+aggregate:60|9', 'bucket:0|20+dp:10', 'aggregate:900|5+dp:1.000001']
    const written = texts.map(text => { const parsed = parseOp(text); return typeof parsed === 'string' ? 'refused' : opText(parsed) })
    assert.deepEqual(written, ['aggregate:900|5', 'refused', 'refused', 'dp:0.5', 'dp:0.5', 'aggregate:1|6+dp:1', 'round:0.5+aggregate:60|9', 'bucket:0|20+dp:10', 'aggregate:900|5+dp:1.000001'])
    fc.assert(fc.property(aggregate, each => assert.deepEqual(parseOp(opText(each)), each)))
  })

  it('is refused where it is none, with how to write it', () => {
    const wrong = ['aggregate', 'aggregate:', 'aggregate:0', `aggregate:${SECONDS_MAX + 1}`, 'aggregate:900|2', `aggregate:900|${CONTRIBUTORS_MAX + 1}`, 'aggregate:9|5|5', 'aggregate:900+aggregate:900', 'mask+aggregate:900', 'round:0.5+',
      '+aggregate:900', 'aggregate:900+round:0.5', 'aggregate:900+', 'pass+aggregate:900', 'grid:1+aggregate:900', 'round:0+aggregate:900', 'round:0.5+round:1+aggregate:900', 'dp:1+aggregate:900']
    for (const text of wrong) assert.match(refusal(text), /write aggregate:SECONDS|write round|write dp|no operation/, text)
    for (const text of ['dp', 'dp:0', 'dp:0.0000001', 'dp:10.000001', 'dp:-1', 'dp:x', 'dp:1+dp:1']) assert.match(refusal(text), /write dp:EPSILON|write aggregate/, text)
    for (const text of [`aggregate:${WINDOW_SECONDS_MAX}`, `aggregate:1|${CONTRIBUTORS_MIN}`, `aggregate:1|${CONTRIBUTORS_MAX}`, `dp:${EPSILON_MAX / MICRO}`, 'dp:0.000001']) op(text)
  })

  it('reveals no more exactly where whatever may be made of it could be made of the other', () => {
    let comparable = 0
    fc.assert(fc.property(number, number, count, reading, reading, (one, other, how, value, second) => {
      if (one.name !== 'aggregate' || !revealsNoMore(one, other)) return
      comparable++
      if (putIn(one, value, how) === undefined) return
      assert.notEqual(putIn(other, value, how), undefined, 'it may be made of one, and not of the other')
      if (putIn(other, value, how) === putIn(other, second, how)) assert.equal(putIn(one, value, how), putIn(one, second, how), 'it tells apart what the other does not')
    }), { numRuns: 20_000 })
    assert.ok(comparable > 1_000)
    for (const [one, other] of [['aggregate:900', 'round:0.5'], ['aggregate:900', 'aggregate:1800'], ['aggregate:900|5', 'aggregate:900|9'], ['dp:1', 'dp:0.5'], ['dp:5', 'aggregate:1|5'], ['aggregate:1|5', 'dp:1'], ['mask', 'aggregate:900'], ['round:0.5', 'round:0.5+aggregate:900']]) {
      assert.equal(revealsNoMore(op(one!), op(other!)), false, `${one} and ${other}`)
    }
  })

  it('is in a lattice with what is told: an order, and of two a strongest that is the weakest of all below both', () => fc.assert(fc.property(number, number, number, (a, b, c) => {
    const both = strongest(a, b)
    assert.ok(revealsNoMore(a, a) && revealsNoMore(both, a) && revealsNoMore(both, b), `${opText(both)} of ${opText(a)} and ${opText(b)}`)
    assert.ok(revealsNoMore(strongest(b, a), both) && revealsNoMore(both, strongest(b, a)))
    if (revealsNoMore(a, b) && revealsNoMore(b, c)) assert.ok(revealsNoMore(a, c))
    if (revealsNoMore(c, a) && revealsNoMore(c, b)) assert.ok(revealsNoMore(c, both), `${opText(c)} lies below ${opText(a)} and ${opText(b)}, and not below ${opText(both)}`)
    assert.ok(both.name === 'drop' || typeof parseOp(opText(both)) !== 'string')
  }), { numRuns: 20_000 }))

  it('is joined window by window, crowd by crowd, noise by noise', () => {
    const joined = (one: string, other: string) => opText(strongest(op(one), op(other)))
    assert.deepEqual(
      [joined('aggregate:900|5', 'aggregate:600|9'), joined('aggregate:900', 'dp:5'), joined('aggregate:900', 'dp:0.5'), joined('round:0.5', 'aggregate:900'), joined('round:0.5+dp:1', 'round:1.5+dp:0.5'), joined('round:0.5', 'round:1+dp:1'), joined('pass', 'dp:1'),
        joined(`aggregate:${SECONDS_MAX}`, `aggregate:${SECONDS_MAX - 1}`), joined('mask', 'aggregate:900')],
      ['aggregate:1800|9', 'aggregate:900|5+dp:1', 'aggregate:900|5+dp:0.5', 'round:0.5+aggregate:900|5', 'round:1.5+dp:0.5', 'drop', 'dp:1', 'drop', 'drop'])
  })

  it('leaves nothing to be kept, and what others may be told as it was', () => {
    const kept = (...texts: string[]) => weakest(texts.map(text => op(text))).map(opText)
    assert.deepEqual([kept('aggregate:900'), kept('aggregate:900', 'dp:1'), kept('aggregate:900', 'round:0.5'), kept('pass', 'dp:1'), kept('dp:1', 'drop'), kept()], [['drop'], ['drop'], ['round:0.5'], ['pass'], ['drop'], []])
  })
})
