import assert from 'node:assert/strict'
import { assertNeverFalls, assertWithin, between, describeDevice, mean, planOf, watch } from '#simulators/devices/device.contract.ts'
import { chirpstack } from '#simulators/devices/chirpstack.ts'

interface Event {
  readonly time: string
  readonly deviceInfo: { readonly applicationId: string, readonly devEui: string, readonly deviceName: string }
  readonly devAddr?: string
  readonly fCnt?: number
  readonly dr?: number
  readonly object: Readonly<Record<string, number | string>>
  readonly rxInfo: readonly { readonly rssi: number, readonly snr?: number, readonly nsTime: string }[]
  readonly txInfo: { readonly modulation: { readonly lora: { readonly spreadingFactor: number } } }
  readonly margin?: number
  readonly batteryLevel?: number
}

interface Seen {
  readonly atMs: number
  readonly topic: string
  readonly event: Event
}

const HOUR_MS = 3_600_000
const events = (model: string, kind: string, options = {}): readonly Seen[] =>
  watch(model, options).filter(({ message }) => message.topic.endsWith(`/event/${kind}`))
    .map(({ atMs, message }) => ({ atMs, topic: message.topic, event: JSON.parse(message.payload) as Event }))
const decoded = (seen: readonly Seen[], key: string) => seen.map(({ event }) => Number(event.object[key]))

for (const model of Object.keys(chirpstack.models)) describeDevice(model)

describe('chirpstack', () => {
  it('publishes under its application and the device\'s EUI in lower case', () => {
    const [source] = planOf('chirpstack-bin', { count: 2 })
    const applications = new Set<string>()
    for (const { topic, event: { deviceInfo } } of events('chirpstack-bin', 'up', { hours: 1, count: 2 })) {
      assert.equal(topic, `application/${deviceInfo.applicationId}/device/${deviceInfo.devEui}/event/up`)
      assert.equal(deviceInfo.devEui, source!.devices.find(({ name }) => name === deviceInfo.deviceName)!.address.toLowerCase())
      assert.match(deviceInfo.applicationId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
      applications.add(deviceInfo.applicationId)
    }
    assert.equal(applications.size, 1)
  })

  it('joins once, before its first uplink, and tells its status once a day', () => {
    const days = watch('chirpstack-soil', { hours: 60, periodS: 900 })
      .map(({ atMs, message }) => [atMs, message.topic.split('/').at(-1)] as const)
    assert.deepEqual(days.slice(0, 3).map(([, kind]) => kind), ['join', 'up', 'status'])
    assert.equal(days.filter(([, kind]) => kind === 'join').length, 1)
    const asked = days.flatMap(([atMs, kind]) => kind === 'status' ? [atMs] : [])
    assert.equal(asked.length, 3)
    assert.ok(asked.slice(1).every((atMs, k) => atMs - asked[k]! >= 24 * HOUR_MS && atMs - asked[k]! < 24.5 * HOUR_MS))
  })

  it('tells the battery of its payload in 254 steps, and leaves out a margin of zero', () => {
    const statuses = events('chirpstack-parking', 'status', { hours: 24 * 30, periodS: 43_200, count: 4 })
    for (const { event: { batteryLevel } } of statuses) assert.ok(Math.abs(batteryLevel! * 2.54 - Math.round(batteryLevel! * 2.54)) < 0.02)
    const margins = statuses.map(({ event }) => event.margin)
    assert.ok(margins.includes(undefined) && !margins.includes(0))
    const [up] = events('chirpstack-parking', 'up', { hours: 1 }), [status] = events('chirpstack-parking', 'status', { hours: 1 })
    assert.ok(Math.abs(Number(up!.event.object.battery) - status!.event.batteryLevel!) <= 0.2)
  })

  it('leaves zeros out everywhere but in the decoded payload', () => {
    const seen = events('chirpstack-parking', 'up', { hours: 24 * 20, periodS: 600, startMs: Date.parse('2026-01-10T02:00:00Z') })
    assert.equal(seen[0]!.event.fCnt, undefined)
    assert.deepEqual(seen.slice(1).map(({ event }) => event.fCnt), seen.slice(1).map((_, k) => k + 1))
    const radios = seen.flatMap(({ event }) => event.rxInfo)
    assert.ok(radios.some(({ snr }) => snr === undefined) && radios.every(({ snr, rssi }) => snr !== 0 && rssi < -40 && rssi >= -125))
    assert.ok(decoded(seen, 'temperature').includes(0))
  })

  it('carries the network\'s times to the nanosecond with its offset, and the data rate of its spreading factor', () => {
    for (const { atMs, event } of events('chirpstack-air', 'up', { hours: 2, count: 4, clockSkewS: 3_600 })) {
      for (const time of [event.time, event.rxInfo[0]!.nsTime]) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\+00:00$/)
      const aheadMs = Date.parse(event.time) - atMs
      assert.ok(aheadMs >= 29 && aheadMs <= 121, `${aheadMs} ms`)
      assert.equal(event.dr! + event.txInfo.modulation.lora.spreadingFactor, 12)
    }
  })

  it('has water meters that only count up, most in the mornings and evenings, and say what runs through them', () => {
    const days = events('chirpstack-water', 'up', { hours: 72, count: 20, periodS: 900 })
    const [first] = days
    const own = days.filter(({ topic }) => topic === first!.topic)
    assertNeverFalls('volume', decoded(own, 'water_volume_m3'))
    const used = decoded(own, 'water_volume_m3').at(-1)! - decoded(own, 'water_volume_m3')[0]!
    assert.ok(used > 0.2 && used < 3, `${used} m3 in three days`)
    assertWithin('flow', decoded(days, 'water_flow_lph'), 0, 180)
    const flow = (from: number, to: number) => mean(decoded(between(days, from, to), 'water_flow_lph'))
    assert.ok(flow(6.5, 8.5) > 4 * flow(2, 4) && flow(18, 21) > 3 * flow(2, 4))
  })
})
