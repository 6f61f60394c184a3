import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Pseudonyms } from '#gateway/transforms/pseudonyms.ts'
import { parseSpec, weakestOf, type Spec } from '#gateway/transforms/spec.ts'
import type { Transform } from '#gateway/transforms/transform.ts'
import { Transforms } from '#gateway/transforms/transforms.ts'
import type { Entity } from '#semantic-models/entity.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { pack, unpack, type Packed } from '#semantic-models/packed.ts'

const AT = '2026-05-04T10:15:30.250Z', TIME = `"observedAt":"${AT}"`
const transforms = new Transforms(new Pseudonyms(randomBytes(32)))

function packed(type: string, members: Readonly<Record<string, string>>): Packed {
  const model = modelOf(type)!, parts = model.attributes.flatMap(name => members[name] === undefined ? [] : [{ bit: model.bitOf(name)!, text: `,"${name}":${members[name]}` }])
  const head = `{"id":"urn:ngsi-ld:${type}:k3v7","type":"${type}","dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"${AT}"}}`
  const entity: Entity = { model, head, parts, mask: parts.reduce((mask, { bit }) => mask | bit, 0) }
  return pack(entity, entity.mask)
}
const spec = ({ model }: Packed, ...texts: string[]): Spec => parseSpec(texts, model, model.attributes)
const ready = (content: Packed, ...texts: string[]): Transform => transforms.of(spec(content, ...texts), 'own_a', 'sub_a')!
const read = (content: Packed) => JSON.parse(content.text(content.mask))
const number = (value: string, unit = 'CEL') => `{"type":"Property","value":${value},"unitCode":"${unit}",${TIME}}`

describe('A transform', () => {
  const climate = packed('IndoorEnvironmentObserved', {
    temperature: number('21.345'), relativeHumidity: number('0.4437', 'C62'), location: '{"type":"GeoProperty","value":{"type":"Point","coordinates":[4.3571234,50.8503]}}', refDevice: '{"type":"Relationship","object":"urn:ngsi-ld:Device:k3v7"}',
  })

  it('changes the value and leaves the unit, the time and what it does not name as they are', () => {
    const coarser = ready(climate, 'temperature=round:0.5', 'location=grid:0.01').of(climate)
    const [before, after] = [read(climate), read(coarser)]
    assert.deepEqual(after, { ...before, temperature: { ...before.temperature, value: 21.5 }, location: { ...before.location, value: { type: 'Point', coordinates: [4.355, 50.855] } } })
    assert.deepEqual(read(unpack(Buffer.from(coarser.bytes))), after)
    assert.equal(coarser.lengthOf(coarser.mask), Buffer.byteLength(JSON.stringify(after)))
    assert.equal(coarser.text(climate.model.maskOf(['relativeHumidity'])), climate.text(climate.model.maskOf(['relativeHumidity'])))
  })

  it('of numbers by phase changes each of them', () => {
    const power = packed('ThreePhaseAcMeasurement', { phaseVoltage: '{"type":"Property","value":{"L1":231.4,"L2":229.6,"L3":-0.3},"unitCode":"VLT","observedAt":"2026-05-04T10:15:30.250Z"}' })
    assert.deepEqual(read(ready(power, 'phaseVoltage=round:1').of(power)).phaseVoltage.value, { L1: 231, L2: 230, L3: 0 })
  })

  it('of time truncates every instant that is told, and nothing else', () => {
    const noise = packed('NoiseLevelObserved', {
      LAeq: number('42.5', '2N'), dateObservedFrom: `{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:14:30.250Z"}}`, dateObservedTo: `{"type":"Property","value":{"@type":"DateTime","@value":"${AT}"}}`,
    })
    const text = ready(noise, '*=time:900').of(noise).text(noise.mask)
    assert.deepEqual(text.match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g), ['2026-05-04T10:15:00.000Z', '2026-05-04T10:15:00.000Z', '2026-05-04T10:00:00.000Z', '2026-05-04T10:15:00.000Z'])
    assert.equal(text.replaceAll(/2026-[^"]+/g, ''), noise.text(noise.mask).replaceAll(/2026-[^"]+/g, ''))
  })

  it('of a place tells the middle of its cell, and leaves out what is no point in the world', () => {
    const at = (value: string) => packed('IndoorEnvironmentObserved', { location: `{"type":"GeoProperty","value":${value}}` })
    for (const [op, told] of [['h3:7', [4.3555, 50.8476]], ['grid:0.01', [4.355, 50.855]]] as const) {
      const place = (value: string) => read(ready(at(value), `location=${op}`).of(at(value))).location
      assert.deepEqual(place('{"type":"Point","coordinates":[4.3571234,50.8503]}'), { type: 'GeoProperty', value: { type: 'Point', coordinates: told } })
      for (const value of ['{"type":"Point","coordinates":[4.3571234,50.8503,12.5]}', '{"type":"Point","coordinates":[4.3571234,90.1]}', '{"type":"Point","coordinates":[-180.5,50]}', '{"type":"Point","coordinates":["4","50"]}', '{"type":"Point"}',
        '{"type":"LineString","coordinates":[[4,50],[5,51]]}', '{"type":"MultiPoint","coordinates":[[4,50]]}', '"Brussels"', 'null']) assert.equal(place(value), undefined, value)
    }
  })

  it('leaves out what it is not made for', () => {
    const words = packed('DeviceMeasurement', { numValue: number('"a text"'), textValue: '{"type":"Property","value":7}', location: '{"type":"GeoProperty","value":{"type":"Polygon","coordinates":[[4.1,50.1]]}}', controlledProperty: '{"type":"Property","value":"contact"}' })
    const left = ready(words, 'numValue=round:1', 'textValue=mask', 'location=grid:1', 'controlledProperty=drop').of(words)
    assert.deepEqual([left.mask, Object.keys(read(left))], [0, ['id', 'type', 'dateObserved', '@context']])
  })

  describe('that renames', () => {
    const named = (text: string) => packed('DeviceMeasurement', { textValue: `{"type":"Property","value":${JSON.stringify(text)},${TIME}}`, refDevice: `{"type":"Relationship","object":${JSON.stringify(`urn:ngsi-ld:Device:${text}`)}}` })
    const wish = spec(named(''), 'textValue=pseudonymise', 'refDevice=pseudonymise')
    const told = (transform: Transform | undefined, text: string) => read(transform!.of(named(text))).textValue.value as string
    const of = (owner: string, recipient: string) => transforms.of(wish, owner, recipient)

    it('gives one recipient the same name each time, and another to the next recipient, of the next owner, and by the next gateway', () => {
      const names = [of('own_a', 'sub_a'), of('own_a', 'sub_b'), of('own_b', 'sub_a'), new Transforms(new Pseudonyms(randomBytes(32))).of(wish, 'own_a', 'sub_a')].map(each => told(each, 'open'))
      assert.equal(new Set(names).size, 4)
      assert.equal(told(of('own_a', 'sub_a'), 'open'), names[0])
      assert.notEqual(told(of('own_a', 'sub_a'), 'closed'), names[0])
      for (const name of names) assert.match(name, /^urn:sluice:pseudonym:[0-9a-f]{32}$/)
      assert.match(read(of('own_a', 'sub_a')!.of(named('k'))).refDevice.object, /^urn:sluice:pseudonym:[0-9a-f]{32}$/)
    })

    it('makes the same of what is kept as of what came', () => fc.assert(fc.property(fc.string(), text => {
      const kept = transforms.kept(weakestOf([{ spec: wish, attributes: ['textValue', 'refDevice'] }]), 'own_a')!, content = named(text)
      assert.equal(of('own_a', 'sub_a')!.of(kept.of(content)).text(content.mask), of('own_a', 'sub_a')!.of(content).text(content.mask))
      assert.deepEqual(kept.of(kept.of(content)).text(content.mask), kept.of(content).text(content.mask))
      assert.match(read(kept.of(content)).textValue.value, /^urn:sluice:kept:[0-9a-f]{32}$/)
    })))
  })

  it('is one object for all who may have the same', () => {
    const one = (...texts: string[]) => ready(climate, ...texts)
    assert.equal(one('temperature=round:0.5', '*=time:60'), one('*=time:60', 'temperature=round:0.50'))
    assert.notEqual(one('temperature=round:0.5'), one('temperature=round:1.5'))
    const names = spec(climate, 'refDevice=pseudonymise')
    assert.notEqual(transforms.of(names, 'own_a', 'sub_a'), transforms.of(names, 'own_a', 'sub_b'))
    assert.equal(transforms.of(names, 'own_a', 'sub_a'), transforms.of(names, 'own_a', 'sub_a'))
    assert.equal(transforms.of(spec(climate), 'own_a', 'sub_a'), undefined)
  })

  it('that is kept for several gives each recipient what the message itself would', () => {
    const rounds = ['pass', 'round:0.5', 'round:1', 'round:3', 'bucket:0|10|20.5', 'bucket:-5|0|21'], grids = ['grid:0.01', 'grid:0.03', 'grid:0.5', 'h3:5', 'h3:9', 'pass'], links = ['pseudonymise', 'pass'], times = ['*=time:60', '*=time:90', '*=time:3600']
    const texts = fc.tuple(fc.constantFrom(...rounds).map(op => `temperature=${op}`), fc.constantFrom(...grids).map(op => `location=${op}`), fc.constantFrom(...links).map(op => `refDevice=${op}`), fc.constantFrom(...times))
    const message = fc.tuple(fc.integer({ min: -4_000, max: 4_000 }), fc.double({ min: -180, max: 180, noNaN: true }), fc.nat(86_400_000)).map(([temperature, longitude, ms]) => packed('IndoorEnvironmentObserved', {
      temperature: number(String(temperature / 100)).replace(AT, new Date(Date.UTC(2026, 4, 4) + ms).toISOString()), location: `{"type":"GeoProperty","value":{"type":"Point","coordinates":[${longitude},50.8503]}}`, refDevice: '{"type":"Relationship","object":"urn:ngsi-ld:Device:k3v7"}',
    }))
    fc.assert(fc.property(fc.array(texts, { minLength: 1, maxLength: 3 }), message, (all, content) => {
      const specs = all.map(each => spec(content, ...each)), kept = transforms.kept(weakestOf(specs.map(each => ({ spec: each, attributes: content.model.attributes }))), 'own_a')
      for (const each of specs) {
        const transform = transforms.of(each, 'own_a', 'sub_a')!
        assert.equal(transform.of(kept ? kept.of(content) : content).text(content.mask), transform.of(content).text(content.mask))
      }
    }), { numRuns: 2_000 })
  })
})
