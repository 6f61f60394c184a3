// Shelly: the contract, the topics, and a real three-phase meter of somebody else's.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Packet } from '#adapters/packet.ts'
import { shelly } from '#adapters/shelly/adapter.ts'
import { componentOf, COMPONENTS } from '#adapters/shelly/components.ts'
import { adapterContract, fixturesOf } from '#test/contract/adapter.contract.ts'

const ALONE = ['wifi', 'sys', 'presence']
const SAMPLES = join(import.meta.dirname, '../../../shared/samples/shelly')

adapterContract(shelly, fixturesOf(import.meta.dirname))

const RECEIVED_AT = Date.UTC(2026, 4, 4, 10, 15, 31)
const packet = (topic: string, payload: unknown): Packet =>
  ({ topic, payload: Buffer.from(JSON.stringify(payload)), qos: 1, retain: false, receivedAt: RECEIVED_AT })

describe('Which topics are a Shelly\'s', () => {
  it('takes the whole prefix, slashes included, as the key', () => {
    assert.equal(shelly.recognise('a/b/c/events/rpc'), 'a/b/c')
    assert.equal(shelly.recognise('a/b/c/status/switch:0'), 'a/b/c')
    assert.equal(shelly.recognise('a/status/status/wifi'), 'a/status')
  })

  it('knows the last will of others only by the factory\'s names, or when its owner said so', () => {
    assert.equal(shelly.recognise('shellies/shellypro4pm-1/online'), 'shellies/shellypro4pm-1')
    assert.equal(shelly.recognise('someone/online'), undefined)
    assert.equal(shelly.adopt?.('someone/online'), 'someone')
  })

  it('leaves commands, first-generation topics and other devices\' status alone', () => {
    for (const topic of [
      'events/rpc', '/online', '/events/rpc', 'x/rpc', 'x/command/switch:0', 'x/status/anything', 'x/status/switch:0/more', 'x/events/ble',
      'shellies/shelly1pm-1/relay/0/power', 'shellies/shellymotion-1/status',
    ]) {
      assert.equal(shelly.recognise(topic), undefined, topic)
    }
  })
})

describe('Shelly components', () => {
  it('never give one device two fields of the same quantity by two components of one notification', () => {
    // pm1, cover, light and em are other profiles of a device with switches; emdata has what em has not.
    const kinds = [...COMPONENTS.keys()].filter(kind => !['pm1', 'cover', 'light', 'em', 'emdata'].includes(kind))
    const seen = new Map<string, string>()
    for (const kind of kinds) {
      for (const number of ALONE.includes(kind) ? [''] : [':0', ':1', ':100']) {
        const { component, device } = componentOf('p', kind + number)!
        for (const quantity of new Set(component.fields.map(field => field.quantity))) {
          const key = `${device} ${quantity}`
          assert.equal(seen.get(key), undefined, `${kind}${number} and ${seen.get(key)} both say ${key}`)
          seen.set(key, kind + number)
        }
      }
    }
  })

  it('have numbers of at most five digits, and no names that only look like one', () => {
    for (const key of ['switch:123456', 'switch:-1', 'switch:0:1', 'Switch:0', 'switch:', 'toString', '__proto__', 'constructor:0']) {
      assert.equal(componentOf('p', key), undefined, key)
    }
    assert.equal(componentOf('p', 'switch:12345')?.device, 'p.switch:12345')
  })

  it('are decoded alike from a notification and from a status topic', () => {
    for (const kind of COMPONENTS.keys()) {
      const status = {
        id: 7, apower: 1, voltage: 2, tC: 3, rh: 4, lux: 5, alarm: true, total_act: 6, act_power: 7, total_act_energy: 8, battery: 9,
        num_objects: 1, total_act_power: 2, rssi: -1, uptime: 3, current_C: 4,
      }
      const key = ALONE.includes(kind) ? kind : `${kind}:7`
      const told = shelly.decode(packet('p/events/rpc', { method: 'NotifyStatus', params: { [key]: status } }), undefined, {})
      const published = shelly.decode(packet(`p/status/${key}`, status), undefined, {})
      assert.ok(told.readings.length + told.refused.length > 0, kind)
      const bare = ({ readings }: typeof told) => readings.map(({ device, quantity, value, unit }) => ({ device, quantity, value, unit }))
      assert.deepEqual(bare(told), bare(published), kind)
    }
  })
})

describe('A real Shelly Pro 3EM (skipped where ../shared/samples is absent)', () => {
  before(function () {
    if (!existsSync(SAMPLES)) this.skip()
  })

  it('gives every figure of its three phases, with unit and phase', () => {
    const text = readFileSync(join(SAMPLES, 'gen2-pro3em-status-em0.json'), 'utf8')
    const { topic, payload } = JSON.parse(text) as { topic: string, payload: Record<string, unknown> }
    const { readings, refused, devices } = shelly.decode(packet(topic, payload), undefined, {})
    assert.deepEqual(refused, [])
    assert.deepEqual(devices, [{ device: shelly.recognise(topic), phases: 3 }])
    const figures = /^[abc]_(voltage|current|act_power|aprt_power|pf)$|^a_freq$|^total_(act|aprt)_power$/
    const mapped = Object.keys(payload).filter(key => figures.test(key))
    assert.deepEqual(readings.map(({ field }) => field).sort(), mapped.sort())
    for (const { field, value, phase } of readings) {
      assert.equal(value, payload[field])
      assert.equal(phase, field === 'a_freq' ? undefined : ({ a: 'L1', b: 'L2', c: 'L3' } as Record<string, string>)[field.split('_')[0]!])
    }
  })
})
