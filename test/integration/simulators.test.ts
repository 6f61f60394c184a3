// Whether what the simulators say is what the adapters take: each model's day through the real ones, with the right quantities and units.
import assert from 'node:assert/strict'
import type { Adapter, Memory } from '#adapters/adapter.ts'
import type { Packet } from '#adapters/packet.ts'
import { recognise, type Recognised } from '#adapters/registry.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'
import { virtualClock } from '#simulators/clock.ts'
import { MODELS } from '#simulators/devices/catalogue.ts'
import { MONDAY_MS, planOf } from '#simulators/devices/device.contract.ts'
import { loadFleet, scaleFleet } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'
import { runFleet } from '#simulators/run.ts'
import { traffic } from '#simulators/traffic.ts'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'

const HOUR_MS = 3_600_000
const UP = 'availability ', RADIO = ['rssi dBm', 'snr dB']
const BATTERY = 'battery %', CLIMATE = ['temperature °C', 'humidity %']
const MAINS = ['powerActive W', 'voltage V', 'current A']

/** What each model measures, each as quantity and unit, beside what is no reading. */
const MEASURED: Readonly<Record<string, readonly string[]>> = {
  'chirpstack-bin': [BATTERY, 'distance mm', 'binState ', 'temperature °C', ...RADIO],
  'chirpstack-parking': [BATTERY, 'parking ', 'temperature °C', ...RADIO],
  'chirpstack-air': [BATTERY, ...CLIMATE, 'pressure hPa', 'pm1 μg/m3', 'pm25 μg/m3', 'pm10 μg/m3', 'no2 μg/m3', ...RADIO],
  'chirpstack-soil': [BATTERY, 'soilMoisture %', 'soilTemperature °C', 'soilConductivity μS/cm', ...RADIO],
  'chirpstack-water': [BATTERY, 'waterVolume m3', 'waterFlow L/h', ...RADIO],
  'tts-water': [BATTERY, 'waterVolume m3', 'waterFlow L/h', ...RADIO],
  'shelly1-em3': [UP, ...MAINS, 'powerFactor ', 'energyImport Wh', 'energyExport Wh'],
  'shelly1-plug': [UP, 'powerActive W', 'energyImport Wmin'],
  'shelly1-ht': [UP, ...CLIMATE, BATTERY],
  'shelly1-door': [UP, 'contact ', 'illuminance lx', 'vibration ', 'temperature °C', BATTERY],
  'shelly1-flood': [UP, 'leak ', 'temperature °C', BATTERY],
  'esphome-climate': [UP, ...CLIMATE, 'pressure hPa', 'co2 ppm'],
  'esphome-meter': [UP, ...MAINS, 'energyImport kWh'],
  'esphome-door': [UP, 'contact '],
  'ha-plant': [UP, 'soilMoisture %', 'soilConductivity µS/cm', 'soilTemperature °C', 'illuminance lx', BATTERY],
}

/** A source's messages through the adapters, with what these remember and claim, as the gateway does it. */
class Decoding {
  readonly readings: Reading[] = []
  readonly refused: Refusal[] = []
  readonly devices: DeviceReport[] = []
  readonly unknown = new Set<string>()
  readonly #memories = new Map<string, Memory | undefined>()
  readonly #claims = new Map<string, Recognised>()

  take(source: SourcePlan, packet: Packet): void {
    const found = recognise(packet.topic, source.dialect, this.#claims.get(packet.topic))
    if (!found) this.unknown.add(packet.topic)
    else this.#ask(found.adapter, found.adapter.keyOf?.(packet) ?? this.#claims.get(packet.topic)?.key ?? found.key, source, packet)
  }

  #ask(adapter: Adapter, key: string, { timezone }: SourcePlan, packet: Packet): void {
    const { readings, refused, devices, memory } = adapter.decode(packet, this.#memories.get(key), { timezone })
    this.#memories.set(key, memory)
    for (const topic of memory && adapter.claims ? adapter.claims(memory) : []) this.#claims.set(topic, { adapter, key })
    this.readings.push(...readings)
    this.refused.push(...refused)
    this.devices.push(...devices)
  }
}

function dayOf(model: string): Decoding {
  const decoding = new Decoding()
  for (const { source, message: { topic, payload, retain }, atMs } of traffic(planOf(model, { periodS: 600 }), { startMs: MONDAY_MS })) {
    if (atMs > MONDAY_MS + 24 * HOUR_MS) return decoding
    decoding.take(source, { topic, payload: Buffer.from(payload), qos: 1, retain: retain ?? false, receivedAt: Math.ceil(atMs) + 500 })
  }
  return decoding
}

describe('The simulated devices', () => {
  it('of every new family are listed here, each with what it measures', () => {
    const of = (...dialects: readonly string[]) => [...MODELS].flatMap(([model, { dialect }]) => dialects.includes(dialect) ? [model] : [])
    assert.deepEqual(Object.keys(MEASURED).sort(), [...of('shelly1', 'chirpstack', 'home-assistant'), 'tts-water'].sort())
  })

  for (const model of MODELS.keys()) {
    it(`say as ${model} nothing that its adapter does not know or cannot read`, () => {
      const { readings, refused, unknown } = dayOf(model)
      assert.deepEqual([...unknown], [])
      assert.ok(readings.length >= 140, `${readings.length} readings`)
      assert.deepEqual(refused.filter(({ code }) => code !== 'NO_READING'), [])
    })
  }

  for (const [model, expected] of Object.entries(MEASURED)) {
    it(`measure as ${model} what it is made for, in its units`, () => {
      const { readings } = dayOf(model)
      const seen = new Set(readings.map(({ quantity, unit }) => `${quantity} ${unit}`))
      assert.deepEqual([...seen].sort(), [...expected].sort())
      for (const { value } of readings) if (typeof value === 'number') assert.ok(Number.isFinite(value))
    })
  }

  it('tell of three phases by one device, and of a bin by its role', () => {
    assert.deepEqual(new Set(dayOf('shelly1-em3').readings.map(({ phase }) => phase)), new Set([undefined, 'L1', 'L2', 'L3']))
    for (const model of ['chirpstack-bin', 'tts-bin']) {
      const { readings, devices } = dayOf(model)
      assert.deepEqual(new Set(devices.map(({ device, role }) => `${device} ${role}`)), new Set([`${readings[0]!.device} wasteContainer`]))
    }
  })
})

describe('A simulated day behind two network servers, through a gateway', () => {
  const endMs = Math.floor(Date.now() / 1000) * 1000, startMs = endMs - 24 * HOUR_MS
  const plan = planFleet(scaleFleet(loadFleet('city-2000'), 20))
  let running: Running, owner: PartyKey, city: PartyKey
  const paired = new Map<string, Paired>()
  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    for (const { name, dialect, location, placement, timezone } of plan) {
      paired.set(name, await running.pair(owner, { name, dialect, location, placement, timezone }))
    }
  })
  after(() => running.stop())

  const live = (fromMs: number, hours: number) => runFleet(plan, ({ name }) => {
    const { mqtt, username, password } = paired.get(name)!
    return { url: mqtt, username, password }
  }, { clock: virtualClock(fromMs), lifeS: hours * 3600 })

  it('arrives whole and in its order, by times that run from yesterday to now', async () => {
    assert.equal((await live(startMs, 1)).refused, 0)
    const { streamId } = (await running.streamsOf(owner)).find(({ type }) => type === 'SmartMeteringObservation')!
    await running.deal(owner, city, streamId, { attributes: ['totalConsumption'] })
    const watcher = running.subscribe(city, streamId)
    await watcher.opened
    const { sent, acknowledged, duplicates } = await live(startMs + HOUR_MS, 23)
    assert.equal(acknowledged, sent)
    await watcher.count(85)
    const times = watcher.got.map(({ content }) => Date.parse(content.dateObserved.value['@value']))
    assert.ok(times[0]! > startMs + HOUR_MS && times.at(-1)! <= endMs && times.at(-1)! > endMs - HOUR_MS)
    const { received, delivered, dropped, failed, inFlight } = running.gateway.counts()
    const unexpected = (['STALE', 'BAD_UNIT', 'NO_MODEL', 'NO_ADAPTER', 'AMBIGUOUS'] as const).filter(reason => dropped[reason])
    assert.deepEqual([failed, inFlight, unexpected], [0, 0, []])
    assert.equal(delivered + Object.values(dropped).reduce((sum, count) => sum + count, 0), received)
    assert.ok(duplicates > 0 && delivered >= 85)
    watcher.close()
  })
})
