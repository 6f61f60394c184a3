// The fields of a packet are read to their end and not beyond it, at every limit that a length can have.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PROPERTY_RULES, type Carrier } from '#gateway/mqtt/codec/properties.ts'
import { PacketReader } from '#gateway/mqtt/codec/reader.ts'
import { encodeProperties } from '#gateway/mqtt/codec/encode.ts'
import { REASON, Violation } from '#gateway/mqtt/codec/reason.ts'

/** The bytes between others, which are none of its business. */
function readerOf(...bytes: number[]): PacketReader {
  return new PacketReader({ bytes: Buffer.from([0x30, 0x7f, ...bytes, 0x61, 0x61, 0x61, 0x61]), start: 0, body: 2, end: 2 + bytes.length })
}

const codeOf = (act: () => unknown): number | undefined => {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof Violation)
    return error.code
  }
  return undefined
}

describe('a reader of one packet', () => {
  it('reads numbers of one, two and four bytes, the highest first', () => {
    const reader = readerOf(0xff, 0x01, 0x02, 0xff, 0xff, 0xff, 0xfe)
    assert.deepEqual([reader.byte(), reader.word(), reader.long(), reader.isAtEnd], [255, 258, 0xfffffffe, true])
  })

  it('reads numbers of one to four bytes of seven bits, written as short as can be', () => {
    for (const [bytes, value] of [
      [[0], 0], [[0x7f], 127], [[0x80, 1], 128], [[0xff, 0x7f], 16_383], [[0x80, 0x80, 1], 16_384], [[0xff, 0xff, 0x7f], 2_097_151],
      [[0x80, 0x80, 0x80, 1], 2_097_152], [[0xff, 0xff, 0xff, 0x7f], 268_435_455],
    ] as const) assert.equal(readerOf(...bytes).variable(), value)
    for (const bytes of [[0x80], [0x80, 0], [0xff, 0x80, 0], [0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff, 1]]) {
      assert.equal(codeOf(() => readerOf(...bytes).variable()), REASON.MALFORMED, String(bytes))
    }
  })

  it('reads texts and bytes up to the end of the packet, and refuses those that go beyond it', () => {
    assert.equal(readerOf(0, 2, 0xc3, 0xbc).text(), 'ü')
    assert.deepEqual(readerOf(0, 2, 0xff, 0).raw(), Buffer.from([0xff, 0]))
    for (const bytes of [[], [0], [0, 1], [0, 3, 0x61, 0x61], [0xff, 0xff, 0x61]]) {
      assert.deepEqual([codeOf(() => readerOf(...bytes).text()), codeOf(() => readerOf(...bytes).raw())], [REASON.MALFORMED, REASON.MALFORMED], String(bytes))
    }
  })

  it('reads nothing beyond its end, whatever is asked of it', () => {
    const act = fc.constantFrom<(reader: PacketReader) => unknown>(
      reader => reader.byte(), reader => reader.word(), reader => reader.long(), reader => reader.variable(), reader => reader.raw(), reader => reader.text(), reader => reader.properties('PUBLISH'),
    )
    fc.assert(fc.property(fc.array(fc.nat(255), { maxLength: 20 }), fc.array(act, { maxLength: 6 }), (bytes, acts) => {
      const inside = readerOf(...bytes), alone = new PacketReader({ bytes: Buffer.from(bytes), start: 0, body: 0, end: bytes.length })
      const run = (reader: PacketReader) => acts.map(act => { try { return act(reader) } catch (error) { return (error as Violation).code } })
      assert.deepEqual(run(inside), run(alone))
    }), { numRuns: 2_000 })
  })

  it('gives what is left as a view, and is not content with less than all', () => {
    const reader = readerOf(1, 2, 3)
    reader.byte()
    assert.equal(codeOf(() => reader.finish()), REASON.MALFORMED)
    assert.deepEqual([...reader.rest()], [2, 3])
    reader.finish()
  })
})

describe('the properties of a packet', () => {
  const carriers: readonly Carrier[] = ['CONNECT', 'CONNACK', 'PUBLISH', 'WILL', 'ACK', 'SUBSCRIBE', 'UNSUBSCRIBE', 'SUBACK', 'DISCONNECT', 'AUTH']
  const valueOf = { byte: 1, word: 1, long: 1, variable: [1], text: 'x', binary: Buffer.of(1), pair: [['a', 'b']] }
  const encodedOf = (rule: typeof PROPERTY_RULES[number]) => [...encodeProperties({ [rule.name]: valueOf[rule.kind] })]

  for (const rule of PROPERTY_RULES) {
    it(`may be 0x${rule.id.toString(16)}, ${rule.name}, in ${rule.carriers.join(', ')}, ${rule.isList ? 'often' : 'once'}`, () => {
      const [length, ...one] = encodedOf(rule), twice = [length! * 2, ...one, ...one]
      for (const carrier of carriers) {
        const isAllowed = rule.carriers.includes(carrier)
        assert.equal(codeOf(() => readerOf(length!, ...one).properties(carrier)), isAllowed ? undefined : REASON.PROTOCOL_ERROR, carrier)
        assert.equal(codeOf(() => readerOf(...twice).properties(carrier)), isAllowed && rule.isList ? undefined : REASON.PROTOCOL_ERROR, carrier)
      }
    })
  }

  it('are judged when all are read: what is malformed comes before what is not allowed', () => {
    assert.equal(codeOf(() => readerOf(5, 0x01, 1, 0x01, 1, 0x7e).properties('PUBLISH')), REASON.MALFORMED)
    assert.equal(codeOf(() => readerOf(4, 0x01, 1, 0x01, 1).properties('SUBSCRIBE', REASON.MALFORMED)), REASON.MALFORMED)
  })

  it('end where their length says, and no property goes beyond it', () => {
    assert.equal(codeOf(() => readerOf(3, 0x03, 0, 2, 0x61, 0x61).properties('PUBLISH')), REASON.MALFORMED)
    assert.equal(codeOf(() => readerOf(6, 0x03, 0, 2, 0x61, 0x61).properties('PUBLISH')), REASON.MALFORMED)
    const reader = readerOf(5, 0x03, 0, 2, 0x61, 0x61, 9)
    assert.equal(reader.properties('PUBLISH')!.contentType, 'aa')
    assert.equal(reader.byte(), 9)
  })

  it('are none for each id that is not in the table', () => {
    const known = new Set(PROPERTY_RULES.map(({ id }) => id)), unknown = Array.from({ length: 256 }, (_, id) => id).filter(id => !known.has(id))
    for (const id of unknown) assert.equal(codeOf(() => readerOf(2, id, 0).properties('CONNECT')), REASON.MALFORMED, String(id))
    assert.deepEqual([known.size, unknown.length], [27, 229])
  })
})
