import assert from 'node:assert/strict'
import fc from 'fast-check'
import { view, type Entity } from '#semantic-models/entity.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { pack, unpack, type Packed } from '#semantic-models/packed.ts'

const model = modelOf('IndoorEnvironmentObserved')!, ALL = 2 ** model.attributes.length - 1
const head = '{"id":"urn:ngsi-ld:IndoorEnvironmentObserved:a","type":"IndoorEnvironmentObserved"'
const entityOf = (names: readonly string[], value: string): Entity => ({
  model, head, mask: model.maskOf(names),
  parts: model.attributesIn(model.maskOf(names)).map(name => ({ bit: model.bitOf(name)!, text: `,"${name}":{"type":"Property","value":${JSON.stringify(value)}}` })),
})
const some = fc.subarray([...model.attributes]), value = fc.string({ unit: 'grapheme', maxLength: 8 })
const bytesOf = ({ bytes, from, to }: Packed): Buffer => Buffer.from(bytes.subarray(from, to))
const entity = entityOf(['temperature', 'relativeHumidity', 'refDevice'], 'é'), whole = pack(entity, ALL)

describe('A packed entity', () => {
  it('gives, for any masks and any bytes beside it, the view that the entity gives', () => {
    fc.assert(fc.property(some, some, some, value, fc.nat(40), (names, granted, seen, text, at) => {
      const one = entityOf(names, text), kept = model.maskOf(granted), mask = model.maskOf(seen), packed = pack(one, kept)
      const into = Buffer.alloc(at + packed.lengthOf(mask) + 8, 0x23), end = packed.write(mask, into, at)
      assert.equal(into.toString('utf8', at, end), view(one, kept & mask))
      assert.equal(end - at, packed.lengthOf(mask))
      assert.equal(packed.text(mask), view(one, kept & mask))
      assert.ok(into.subarray(0, at).every(byte => byte === 0x23) && into.subarray(end).every(byte => byte === 0x23))
      const back = unpack(bytesOf(packed))
      assert.deepEqual([back.mask, back.text(mask)], [packed.mask, packed.text(mask)])
    }))
  })

  it('has nothing of what was not granted', () => {
    assert.ok(!bytesOf(pack(entity, model.maskOf(['temperature']))).includes('relativeHumidity'))
  })

  it('is unpacked by the names in its texts: what its model does not have any more stays in', () => {
    const bytes = bytesOf(whole), at = bytes.indexOf('relativeHumidity')
    bytes.write('relativeHumidex_', at)
    assert.deepEqual(model.attributesIn(unpack(bytes).mask), ['temperature', 'refDevice'])
    assert.ok(!unpack(bytes).text(ALL).includes('Humidex'))
  })

  it('is unpacked in the order that its model has now', () => {
    const swapped = pack({ ...entity, parts: entity.parts.toReversed() }, ALL)
    assert.equal(unpack(bytesOf(swapped)).text(ALL), whole.text(ALL))
    assert.equal(unpack(bytesOf(swapped)).text(model.maskOf(['temperature'])), whole.text(model.maskOf(['temperature'])))
  })

  it('is unpacked from the lines that were kept before', () => {
    const lines = Buffer.from(`1 ${model.type} ${entity.parts.length}\n${[head, ...entity.parts.map(({ text }) => text)].join('\n')}`)
    assert.equal(unpack(lines).text(ALL), whole.text(ALL))
    assert.throws(() => unpack(lines.subarray(0, lines.lastIndexOf('\n'))), RangeError)
  })

  it('is not unpacked from bytes that nobody packed', () => {
    const bytes = bytesOf(whole), isSame = (other: Packed) => other.text(ALL) === whole.text(ALL)
    for (let length = 0; length < bytes.length; length++) assert.throws(() => unpack(bytes.subarray(0, length)), RangeError)
    const odd = (at: number, byte: number) => { const copy = Buffer.from(bytes); copy[at] = byte; return copy }
    for (const other of [odd(bytes.length - 1, 3), odd(bytes.length - 2, 9), odd(bytes.indexOf('é') + 1, 0x20), odd(0, 9), Buffer.alloc(0)]) assert.throws(() => unpack(other), RangeError)
    for (let at = bytes.length - 18; at < bytes.length - 2; at++) assert.throws(() => assert.ok(isSame(unpack(odd(at, bytes[at]! ^ 0x40)))))
  })
})
