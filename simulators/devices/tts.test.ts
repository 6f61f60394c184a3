import assert from 'node:assert/strict'
import { assertWithin, between, correlation, describeDevice, mean, planOf, watch, ZONE } from '#simulators/devices/device.contract.ts'
import { tts } from '#simulators/devices/tts.ts'
import { localTime } from '#simulators/zone.ts'

interface Place {
  readonly latitude: number
  readonly longitude: number
}

interface Uplink {
  readonly end_device_ids: {
    readonly device_id: string
    readonly dev_eui: string
    readonly application_ids: { readonly application_id: string }
  }
  readonly received_at: string
  readonly uplink_message: {
    readonly f_cnt?: number
    readonly frm_payload: string
    readonly decoded_payload: Readonly<Record<string, number | string>>
    readonly rx_metadata: readonly { readonly snr?: number, readonly rssi: number, readonly location: Place }[]
    readonly received_at: string
    readonly locations: { readonly user: Place }
  }
}

interface Seen {
  readonly atMs: number
  readonly topic: string
  readonly uplink: Uplink
}

const uplinks = (model: string, options = {}): readonly Seen[] =>
  watch(model, options).map(({ atMs, message }) => ({ atMs, topic: message.topic, uplink: JSON.parse(message.payload) as Uplink }))
const decoded = (seen: readonly Seen[], key: string) => seen.map(({ uplink }) => Number(uplink.uplink_message.decoded_payload[key] ?? 0))

for (const model of Object.keys(tts.models)) describeDevice(model)

describe('tts', () => {
  it('publishes under application, tenant and device, with the ids that a network server knows', () => {
    const [source] = planOf('tts-bin', { count: 2 })
    for (const { topic, uplink: { end_device_ids: ids } } of uplinks('tts-bin', { hours: 1, count: 2 })) {
      assert.equal(topic, `v3/city-sensors@ttn/devices/${ids.device_id}/up`)
      assert.equal(ids.application_ids.application_id, 'city-sensors')
      assert.equal(ids.dev_eui, source!.devices.find(({ name }) => name === ids.device_id)!.address)
    }
  })

  it('carries the times of the server, to the nanosecond, whatever a device believes', () => {
    for (const { atMs, uplink } of uplinks('tts-air', { hours: 2, clockSkewS: 3_600 })) {
      const times = [uplink.received_at, uplink.uplink_message.received_at]
      for (const time of times) assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
      const [heard, told] = [Date.parse(uplink.uplink_message.received_at), Date.parse(uplink.received_at)]
      assert.ok(heard >= atMs && heard <= atMs + 121 && told > heard && told < heard + 400)
    }
  })

  it('leaves out what is zero: the first frame counter, a signal at the noise floor, a frost point', () => {
    const seen = uplinks('tts-parking', { hours: 24 * 20, periodS: 600, startMs: Date.parse('2026-01-10T02:00:00Z') })
    assert.equal(seen[0]!.uplink.uplink_message.f_cnt, undefined)
    assert.deepEqual(seen.slice(1).map(({ uplink }) => uplink.uplink_message.f_cnt), seen.slice(1).map((_, k) => k + 1))
    const radios = seen.flatMap(({ uplink }) => uplink.uplink_message.rx_metadata)
    assert.ok(radios.some(({ snr }) => snr === undefined) && radios.every(({ snr }) => snr !== 0))
    const temperatures = seen.map(({ uplink }) => uplink.uplink_message.decoded_payload.temperature)
    assert.ok(temperatures.some(value => value === undefined) && temperatures.every(value => value !== 0))
  })

  it('knows the place of the radio gateways and the place of the device, which is another', () => {
    const [source] = planOf('tts-soil')
    for (const { uplink: { uplink_message: { rx_metadata, locations } } } of uplinks('tts-soil', { hours: 5 })) {
      assert.ok(rx_metadata.length >= 1 && rx_metadata.length <= 3)
      assert.deepEqual([locations.user.longitude, locations.user.latitude], source!.devices[0]!.location)
      for (const { location, rssi } of rx_metadata) {
        assert.notDeepEqual([location.longitude, location.latitude], source!.devices[0]!.location)
        assert.ok(rssi < -40 && rssi >= -125)
      }
    }
  })

  it('has bins that fill up to their depth and are tipped when they are emptied', () => {
    const [source] = planOf('tts-bin')
    const { emptyMm, fullMm } = source!.devices[0]!
    const week = uplinks('tts-bin', { hours: 168, periodS: 120 })
    const distance = decoded(week, 'distance')
    assertWithin('distance', distance, fullMm! - 30, emptyMm! + 30)
    const emptied = distance.flatMap((now, k) => k > 0 && now > (distance[k - 1] ?? 0) + 200 ? [k] : [])
    assert.ok(emptied.length >= 2 && emptied.length <= 3)
    for (const k of emptied) assert.equal(week[k]!.uplink.uplink_message.decoded_payload.position, 'tilt')
    const tipped = week.filter(({ uplink }) => uplink.uplink_message.decoded_payload.position === 'tilt')
    assert.ok(tipped.length < 10 && tipped.every(({ atMs }) => Math.floor(localTime(ZONE, atMs).hour) === 7))
    assert.ok(week.every(({ uplink }) => ['tilt', 'normal'].includes(String(uplink.uplink_message.decoded_payload.position))))
  })

  it('has bays that are taken by day', () => {
    const day = uplinks('tts-parking', { count: 40, periodS: 900 })
    const isTaken = ({ uplink }: Seen) => Number(uplink.uplink_message.decoded_payload.parking === 'occupied')
    const taken = (from: number, to: number) => mean(between(day, from, to).map(isTaken))
    assert.ok(taken(11, 14) > taken(2, 5) + 0.25)
    assert.ok(day.every(({ uplink }) => /^(occupied|free)$/.test(String(uplink.uplink_message.decoded_payload.parking))))
  })

  it('has air that is worst when the traffic is', () => {
    const days = uplinks('tts-air', { hours: 120, periodS: 600 })
    assertWithin('PM2.5', decoded(days, 'pm2_5'), 1, 120)
    assertWithin('NO2', decoded(days, 'no2_ugm3'), 0, 200)
    assertWithin('pressure', decoded(days, 'pressure'), 950, 1050)
    assertWithin('humidity', decoded(days, 'humidity'), 5, 100)
    assert.ok(correlation(decoded(days, 'pm2_5'), decoded(days, 'no2_ugm3')) > 0.5)
    assert.ok(correlation(decoded(days, 'pm1'), decoded(days, 'pm10')) > 0.9)
    const during = (from: number, to: number) => mean(decoded(between(days, from, to), 'no2_ugm3'))
    assert.ok(during(7.5, 9) > 1.5 * during(2, 4))
  })

  it('has ground that dries slowly, conducts with its moisture, and lags behind the air', () => {
    const days = uplinks('tts-soil', { hours: 96, periodS: 900 })
    assertWithin('moisture', decoded(days, 'soil_moisture'), 5, 50)
    assertWithin('temperature', decoded(days, 'soil_temperature'), -5, 35)
    const steps = decoded(days, 'soil_moisture').map((now, k, all) => Math.abs(now - (all[k - 1] ?? now)))
    assert.ok(Math.max(...steps) < 4)
    const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values)
    const air = uplinks('tts-air', { hours: 96, periodS: 900 })
    assert.ok(spread(decoded(days, 'soil_temperature')) < spread(decoded(air, 'temperature')))
    const many = uplinks('tts-soil', { hours: 3, count: 12 })
    assert.ok(correlation(decoded(many, 'soil_moisture'), decoded(many, 'soil_conductivity')) > 0.5)
  })
})
