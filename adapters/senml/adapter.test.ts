// SenML: the contract, the edges of the RFC, the worked example of the models' page, and the RFC's own examples.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { senml } from '#adapters/senml/adapter.ts'
import { meaningOf } from '#adapters/senml/names.ts'
import {
  NAME_LENGTH_MAX, RELATIVE_SECONDS_END, resolve, VERSION, VERSION_WITH_SECONDARY_UNITS, type Resolved,
} from '#adapters/senml/pack.ts'
import { adapterContract, fixturesOf } from '#test/contract/adapter.contract.ts'

const SAMPLES = join(import.meta.dirname, '../../../shared/samples/senml')
const RECEIVED_AT = Date.UTC(2026, 4, 4, 10, 15, 31)

adapterContract(senml, fixturesOf(import.meta.dirname))

const decode = (pack: unknown, topic = 'senml') => {
  const payload = Buffer.from(JSON.stringify(pack))
  return senml.decode({ topic, payload, qos: 0, retain: false, receivedAt: RECEIVED_AT }, undefined, {})
}
const resolved = (pack: unknown, receivedAt = RECEIVED_AT): Resolved => {
  const answer = resolve(pack, receivedAt)
  assert.ok(!('code' in answer), JSON.stringify(answer))
  return answer
}

describe('Which topics are SenML', () => {
  it('are those with a level of that name, and any of a source that was paired so', () => {
    for (const topic of ['senml', 'senml/roof', 'a/senml', 'a/senml/b']) assert.equal(senml.recognise(topic), topic)
    for (const topic of ['', 'a/b', 'senmlx', 'a/SenML']) assert.equal(senml.recognise(topic), undefined, topic)
    assert.equal(senml.adopt?.('a/b'), 'a/b')
    assert.equal(senml.adopt?.(''), undefined)
  })
})

describe('A SenML pack', () => {
  it('counts times below 2^28 from now and others from 1970, in both directions', () => {
    const at = (t: number) => resolved([{ n: 'x', v: 1, t }]).records[0]!.time
    assert.equal(at(RELATIVE_SECONDS_END), undefined, '2^28 itself is an absolute time, of 1978: before any clock of today')
    assert.equal(at(-RELATIVE_SECONDS_END), undefined)
    assert.equal(at(-(RELATIVE_SECONDS_END - 1)), RECEIVED_AT - (RELATIVE_SECONDS_END - 1) * 1000)
    assert.equal(at(3600), RECEIVED_AT + 3_600_000)
    assert.equal(at(946_684_800), Date.UTC(2000, 0, 1))
  })

  it('decides by the sum of base time and time whether it is from now', () => {
    assert.equal(resolved([{ bt: -10, n: 'x', v: 1, t: -5 }]).records[0]!.time, RECEIVED_AT - 15_000)
    assert.equal(resolved([{ bt: 1_777_889_730, n: 'x', v: 1, t: -30 }]).records[0]!.time, Date.UTC(2026, 4, 4, 10, 15, 0))
  })

  it('is understood in the version of the RFC, in drafts before it, and with secondary units', () => {
    for (const bver of [1, 5, VERSION, VERSION_WITH_SECONDARY_UNITS]) assert.equal(resolved([{ bver, n: 'x', v: 1 }]).records.length, 1)
    for (const bver of [0, -1, VERSION + 1, 25, 27, 1.5, '10', null]) {
      assert.ok('code' in resolve([{ bver, n: 'x', v: 1 }], RECEIVED_AT), String(bver))
    }
  })

  it('has names of letters, digits and -:./_ that begin with a letter or digit', () => {
    for (const n of ['a', '0', 'a-b:c.d/e_f', '2001:db8::3']) assert.equal(resolved([{ n, v: 1 }]).records[0]!.name, n)
    for (const n of ['', ':a', '/3303/0/5700', '-a', '_a', 'a b', 'ä', 'a\u0000', 'a+', 'a#', 7, null]) {
      assert.equal(resolved([{ n, v: 1 }]).refused.length, 1, JSON.stringify(n))
    }
  })

  it('has names of at most 255 characters, base name included', () => {
    const bn = 'b'.repeat(NAME_LENGTH_MAX - 1)
    assert.equal(resolved([{ bn, n: 'x', v: 1 }]).records[0]!.name.length, NAME_LENGTH_MAX)
    assert.equal(resolved([{ bn, n: 'xy', v: 1 }]).refused.length, 1)
  })

  it('adds a base value to large, small and whole values without a trace of binary', () => {
    const sum = (bv: number, v: number) => resolved([{ bv, n: 'x', v }]).records[0]!.value
    assert.equal(sum(20.1, 0.2), 20.3)
    assert.equal(sum(-1, 1.001), 0.001)
    assert.equal(sum(1e21, 1), 1e21 + 1)
    assert.equal(sum(5e-324, 1), 1 + 5e-324)
    assert.equal(resolved([{ bv: 1.7e308, n: 'x', v: 1.7e308 }]).refused.length, 1)
  })

  it('gives what was put in, whatever base the sender chose', () => {
    const seconds = fc.integer({ min: 1_600_000_000, max: 1_777_889_000 })
    const decimal = fc.integer({ min: -1_000_000, max: 1_000_000 }).map(thousandths => thousandths === 0 ? 0 : thousandths / 1000)
    const record = fc.record({ n: fc.stringMatching(/^[a-z]{1,6}$/), t: seconds, v: decimal })
    fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), seconds, decimal, (records, bt, bv) => {
      const base = { bn: 'base:', bt, bv }
      const pack = records.map(({ n, t, v }, i) => ({ ...i === 0 && base, n, t: t - bt, v: Number((v - bv).toFixed(3)) }))
      const read = resolved(pack).records.map(({ name, time, value }) => ({ name, time, value }))
      assert.deepEqual(read, records.map(({ n, t, v }) => ({ name: `base:${n}`, time: t * 1000, value: v })))
    }))
  })
})

describe('What a name says', () => {
  it('is in its last segment, and the device is what stands before', () => {
    const says = (name: string, unit: string, quantity: string, device: string, channel = '') => {
      assert.deepEqual(meaningOf(name, unit, false), { kind: 'number', quantity, device, channel })
    }
    says('urn:dev:ow:10e2:temperature', 'Cel', 'temperature', 'urn:dev:ow:10e2')
    says('home/attic/windSpeed', 'm/s', 'windSpeed', 'home/attic')
    says('node7.pressure', 'hPa', 'pressure', 'node7')
    says('co2', 'ppm', 'co2', '')
    says('a/humidity12', '%RH', 'humidity', 'a', '12')
  })

  it('is not guessed: a word that is not known stays unmapped, whatever its unit', () => {
    for (const word of ['setpoint', 'target-temperature', 'cpu', 'coolant', 'max', 'co22']) {
      assert.deepEqual(meaningOf(`a:${word}`, 'Cel', false), { kind: 'unknown' }, word)
    }
  })
})

describe('The worked example of an outdoor station', () => {
  it('gives six readings of one device at its own time', () => {
    const { readings, refused } = decode([
      { bn: 'urn:dev:ow:10e2073a01080063:', bt: 1777889730, n: 'temperature', u: 'Cel', v: -3.5 },
      { n: 'humidity', u: '%RH', v: 91 }, { n: 'pressure', u: 'Pa', v: 100870 },
      { n: 'wind_speed', u: 'm/s', v: 4.2 }, { n: 'wind_direction', u: 'deg', v: 235 }, { n: 'rain', u: 'mm', v: 0.2 },
    ])
    assert.deepEqual(refused, [])
    assert.deepEqual(readings.map(({ quantity, value, unit }) => [quantity, value, unit]), [
      ['temperature', -3.5, 'Cel'], ['humidity', 91, '%RH'], ['pressure', 100870, 'Pa'], ['windSpeed', 4.2, 'm/s'],
      ['windDirection', 235, 'deg'], ['precipitation', 0.2, 'mm'],
    ])
    for (const { device, observedAt } of readings) {
      assert.deepEqual([device, observedAt], ['urn:dev:ow:10e2073a01080063', Date.UTC(2026, 4, 4, 10, 15, 30)])
    }
  })
})

interface PublishedRecord {
  readonly n: string
  readonly u?: string
  readonly t: number
  readonly v?: number
  readonly vs?: string
  readonly vb?: boolean
}

describe('The examples of RFC 8428 (skipped where ../shared/samples is absent)', () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  const read = (name: string): unknown => JSON.parse(readFileSync(join(SAMPLES, name), 'utf8'))
  const examples = () => readdirSync(SAMPLES).filter(name => /^ex\d+\.json$/.test(name))
  /** Their resolved forms took "now" to be the time when they were generated. */
  const generatedAt = (records: readonly PublishedRecord[]) => records[0]!.t * 1000

  it('resolve to the published names, units, values and times', () => {
    let compared = 0
    for (const name of examples().filter(name => existsSync(join(SAMPLES, name.replace('.json', '.gen.resolved.json'))))) {
      const published = read(name.replace('.json', '.gen.resolved.json')) as PublishedRecord[], receivedAt = generatedAt(published)
      // The published forms leave out data values.
      const ours = resolved(read(name), receivedAt).records.filter(({ field }) => !field.endsWith('.vd'))
      assert.deepEqual(
        ours.map(({ name: n, unit, value, time }) => ({ n, unit, value, time: time ?? receivedAt })),
        published.map(({ n, u = '', t, v, vs, vb }) => ({ n, unit: u, value: v ?? vs ?? vb, time: Math.round(t * 1000) })),
        name,
      )
      compared++
    }
    assert.ok(compared >= 12, `${compared} examples compared`)
  })

  it('give readings with the quantities that they have', () => {
    const quantities = (name: string) => [...new Set(decode(read(name)).readings.map(({ device, quantity }) => `${device} ${quantity}`))]
    const ow = 'urn:dev:ow:10e2073a01080063'
    assert.deepEqual(quantities('ex1.json'), [`${ow} temperature`])
    assert.deepEqual(quantities('ex2.json'), [`${ow} voltageDc`, `${ow} currentDc`])
    assert.deepEqual(quantities('ex4.json'), [`${ow} humidity`])
    assert.deepEqual(quantities('ex5.json'), [`${ow} humidity`, `${ow} battery`])
    assert.deepEqual(decode(read('ex5.json')).devices, [{ device: ow, location: [24.30628, 60.07967] }])
    const ex6 = ['2001:db8::2 temperature', '2001:db8::2 humidity', '2001:db8::1 temperature', '2001:db8::1 humidity']
    assert.deepEqual(quantities('ex6.json'), ex6)
    assert.deepEqual(quantities('ex7.json'), [`${ow} temperature`, `${ow} contact`])
    assert.deepEqual(quantities('ex9.json'), [`${ow} temperature`])
    assert.equal(decode(read('ex3.json')).readings.length, 7)
    assert.deepEqual(decode(read('ex12.json')).refused.map(({ code }) => code), ['AMBIGUOUS', 'AMBIGUOUS'])
  })
})
