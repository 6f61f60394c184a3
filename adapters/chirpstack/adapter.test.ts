// ChirpStack: the contract, the topics, the worked example of a waste bin, and the network's own sample messages.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Decoded } from '#adapters/adapter.ts'
import { chirpstack } from '#adapters/chirpstack/adapter.ts'
import { tts } from '#adapters/tts/adapter.ts'
import { NUMBER_FIELDS } from '#adapters/lorawan/fields.ts'
import { adapterContract, fixturesOf } from '#test/contract/adapter.contract.ts'

const SAMPLES = join(import.meta.dirname, '../../../shared/samples/chirpstack')
const RECEIVED_AT = Date.UTC(2026, 4, 4, 10, 15, 31)

adapterContract(chirpstack, fixturesOf(import.meta.dirname))

const packetOf = (topic: string, payload: unknown) =>
  ({ topic, payload: Buffer.from(JSON.stringify(payload)), qos: 0, retain: false, receivedAt: RECEIVED_AT }) as const
const decode = (payload: unknown, event = 'up') =>
  chirpstack.decode(packetOf(`application/a/device/d/event/${event}`, payload), undefined, {})

describe('Which topics are ChirpStack\'s', () => {
  it('names the device with its application', () => {
    assert.equal(chirpstack.recognise('application/a-1/device/0101/event/up'), 'a-1/0101')
    assert.equal(chirpstack.recognise('application/a-1/device/0101/event/txack'), 'a-1/0101')
    for (const topic of [
      'application/a/device/d/command/down', 'application/a/device/d/event', 'application/a/device/d/event/up/more',
      'application/+/device/d/event/up', 'x/application/a/device/d/event/up', 'application/a/device/event/up', 'gateway/0016c001/event/up',
      'eu868/gateway/0016c001/event/stats',
    ]) assert.equal(chirpstack.recognise(topic), undefined, topic)
  })

  it('takes what a bridge put behind a prefix only for a source that was paired so', () => {
    assert.equal(chirpstack.adopt?.('city/eu868/application/a/device/d/event/up'), 'a/d')
    assert.equal(chirpstack.adopt?.('city/other'), undefined)
  })
})

describe('The decoded payload', () => {
  it('means the same as in The Things Stack, field by field', () => {
    const bare = ({ readings, refused }: Decoded) =>
      [readings.map(({ quantity, value, unit }) => [quantity, value, unit]), refused.map(({ code }) => code)]
    let read = 0
    for (const { names, range } of NUMBER_FIELDS) {
      const payload = { [names[0]!]: range ? (range[0] + range[1]) / 2 : 12.5 }
      const here = decode({ object: payload }), uplink = { uplink_message: { decoded_payload: payload } }
      const there = tts.decode(packetOf('v3/a/devices/d/up', uplink), undefined, {})
      assert.deepEqual(bare(here), bare(there), names[0])
      read += here.readings.length
    }
    assert.ok(read > 50, `${read} fields read`)
  })
})

describe('The network\'s own sample messages (skipped where ../shared/samples is absent)', () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  const sample = (number: number): unknown => JSON.parse(readFileSync(join(SAMPLES, `event-0${number}.json`), 'utf8'))

  it('read an uplink without a codec: how well it was heard, and what is missing', () => {
    const { readings, refused, devices } = decode(sample(1))
    assert.deepEqual(readings.map(({ quantity, value }) => [quantity, value]), [['rssi', -36], ['snr', 10.5]])
    for (const { observedAt } of readings) assert.equal(observedAt, Date.UTC(2022, 6, 18, 9, 34, 15, 775))
    assert.deepEqual(refused.map(({ code, detail }) => [code, /codec/.test(detail)]), [['NO_READING', true]])
    assert.deepEqual(devices, [])
  })

  it('read a status', () => {
    assert.deepEqual(decode(sample(2), 'status').readings.map(({ quantity, value, unit }) => [quantity, value, unit]), [
      ['battery', 88.3, '%'], ['snr', 10, 'dB'],
    ])
  })

  it('read a location', () => {
    assert.deepEqual(decode(sample(7), 'location').devices, [{ device: 'a/d', location: [-8.839375, 37.344214] }])
  })

  it('take joins, acknowledgements, logs and other integrations for what they are', () => {
    for (const [number, event] of [[3, 'join'], [4, 'ack'], [5, 'txack'], [6, 'log'], [8, 'integration']] as const) {
      const { readings, refused } = decode(sample(number), event)
      assert.deepEqual([readings, refused.map(({ code }) => code)], [[], ['NO_READING']], event)
    }
  })
})
