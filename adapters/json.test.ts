import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  isRecord, numberOf, numberOfText, own, parsePayload, PAYLOAD_BYTES_MAX, PAYLOAD_DEPTH_MAX, type JsonRecord,
} from '#adapters/json.ts'

const bytes = (text: string) => Buffer.from(text)
const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth))

describe('A payload', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(fc.property(fc.json(), text => {
      assert.deepEqual(parsePayload(bytes(text)), { ok: true, value: JSON.parse(text) })
    }))
  })

  it('is refused with the same words whatever it holds, and never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), payload => {
      const parsed = parsePayload(payload)
      if (!parsed.ok) assert.match(parsed.detail, /^The payload is (?:empty|not UTF-8|not JSON)\.$/)
    }))
  })

  it('may be as long as the limit and not one byte longer', () => {
    const text = (length: number) => bytes(`"${'x'.repeat(length - 2)}"`)
    assert.equal(parsePayload(text(PAYLOAD_BYTES_MAX)).ok, true)
    assert.equal(parsePayload(text(PAYLOAD_BYTES_MAX + 1)).ok, false)
    assert.equal(parsePayload(text(20), 20).ok, true)
    assert.equal(parsePayload(text(21), 20).ok, false)
  })

  it('may be as deep as the limit and not one bracket deeper', () => {
    assert.equal(parsePayload(nested(PAYLOAD_DEPTH_MAX)).ok, true)
    assert.deepEqual(parsePayload(nested(PAYLOAD_DEPTH_MAX + 1)), { ok: false, detail: 'The payload is nested more than 64 deep.' })
    assert.equal(parsePayload(bytes('[{"a":'.repeat(30_000))).ok, false)
  })

  it('may hold any number of brackets in its texts and side by side', () => {
    assert.equal(parsePayload(bytes(`["${'[{'.repeat(100)}","\\"${'['.repeat(100)}"]`)).ok, true)
    assert.equal(parsePayload(bytes(`[${'[],'.repeat(1000)}{}]`)).ok, true)
  })

  it('is refused when it is not UTF-8, has a byte order mark, or is empty', () => {
    assert.deepEqual(parsePayload(Uint8Array.of(0x22, 0xc3, 0x28, 0x22)), { ok: false, detail: 'The payload is not UTF-8.' })
    assert.deepEqual(parsePayload(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)), { ok: false, detail: 'The payload is not UTF-8.' })
    assert.equal(parsePayload(bytes('\ufeff{}')).ok, false)
    assert.deepEqual(parsePayload(bytes('')), { ok: false, detail: 'The payload is empty.' })
  })
})

describe('An untrusted record', () => {
  it('gives only what it has itself', () => {
    const record = JSON.parse('{"__proto__":{"temperature":1},"a":2}') as JsonRecord
    assert.equal(own(record, 'a'), 2)
    assert.equal(own(record, 'temperature'), undefined)
    assert.equal(own(record, 'constructor'), undefined)
    assert.equal(own(record, 'toString'), undefined)
    assert.deepEqual(own(record, '__proto__'), { temperature: 1 })
  })

  it('is an object, not an array and not null', () => {
    assert.deepEqual([{}, [], null, 'x', 1, undefined].map(isRecord), [true, false, false, false, false, false])
  })
})

describe('A number', () => {
  it('is finite, and minus zero is zero', () => {
    assert.ok(Object.is(numberOf(-0), 0))
    assert.equal(numberOf(21.5), 21.5)
    for (const value of [Infinity, -Infinity, NaN, '21.5', null, true, [1], {}]) assert.equal(numberOf(value), undefined)
  })

  it('as a text is a plain decimal or nothing', () => {
    const plain = [['21.5', 21.5], ['-3', -3], ['+4', 4], ['007.50', 7.5], ['0', 0]] as const
    for (const [text, value] of plain) assert.equal(numberOfText(text), value)
    assert.ok(Object.is(numberOfText('-0'), 0))
    const others = ['', '1,', 'NaN', 'Infinity', '0x10', ' 5', '5 ', '5.', '.5', '1e3', '1_000', '١', '9'.repeat(400), 5, null]
    for (const text of others) assert.equal(numberOfText(text), undefined)
  })
})
