// SenML (RFC 8428): outdoor stations with their own connection, one pack of records a report, base name and base time in the first.
import type { DeviceSetup, Family, Report } from '#simulators/devices/device.ts'
import { meter, rounded, sensor } from '#simulators/devices/instruments.ts'

const TIP_MM = 0.2

export const senml: Family = {
  isHub: false,
  clientId: (_, { address }) => `station-${address.slice(-6).toLowerCase()}`,
  birth: () => [],
  will: () => undefined,
  models: {
    'senml-station': { placement: 'outdoor', places: ['roof', 'park', 'square', 'river'], make: station },
    'senml-noise': { placement: 'outdoor', places: ['crossing', 'school', 'market'], make: soundMeter },
  },
}

interface SenmlRecord {
  readonly n: string
  readonly u: string
  readonly v: number
}

/** One pack on the device's topic; the base name is a hardware address (RFC 9039), the base time its own clock in seconds. */
function packs({ device, skewMs }: DeviceSetup, recordsAt: (nowMs: number) => readonly SenmlRecord[]): Report {
  const bn = `urn:dev:mac:${device.address.toLowerCase()}:`
  return nowMs => {
    const [first, ...rest] = recordsAt(nowMs)
    const base = { bn, bt: rounded((nowMs + skewMs) / 1000, 3) }
    return [{ topic: `senml/${device.name}`, payload: JSON.stringify([{ ...base, ...first }, ...rest]) }]
  }
}

function station(setup: DeviceSetup): Report {
  const { random, surroundings: { weather } } = setup
  const temperature = sensor(random, 0.1, 1)
  const humidity = sensor(random, 0.8, 0, 0, 100)
  const pressure = sensor(random, 8, 0)
  const speed = sensor(random, 0.1, 1, 0)
  const direction = sensor(random, 3, 0, 0, 359)
  const solar = sensor(random, 3, 0, 0)
  const rain = rainGauge(setup)
  return packs(setup, nowMs => {
    const air = weather.at(nowMs)
    return [
      { n: 'temperature', u: 'Cel', v: temperature(air.temperature) },
      { n: 'humidity', u: '%RH', v: humidity(air.humidity) },
      { n: 'pressure', u: 'Pa', v: pressure(air.pressure * 100) },
      { n: 'wind_speed', u: 'm/s', v: speed(air.windSpeed) },
      { n: 'wind_gust', u: 'm/s', v: speed(air.windGust) },
      { n: 'wind_direction', u: 'deg', v: direction(air.windDirection) },
      { n: 'rain', u: 'mm', v: rain(nowMs) },
      { n: 'solar_radiation', u: 'W/m2', v: solar(air.solar) },
    ]
  })
}

/** A tipping bucket: millimetres since the report before, in whole tips of its spoon. */
function rainGauge({ surroundings: { weather } }: DeviceSetup): (nowMs: number) => number {
  const fallen = meter(0, ms => weather.at(ms).rainRate)
  let tipsBefore = 0
  return nowMs => {
    const tips = Math.floor(fallen(nowMs) / TIP_MM)
    const since = tips - tipsBefore
    tipsBefore = tips
    return rounded(since * TIP_MM, 1)
  }
}

/** Equivalent level, A-weighted. */
function soundMeter(setup: DeviceSetup): Report {
  const { random, surroundings: { city } } = setup
  const quieter = random.between(0, 6)
  const level = sensor(random, 1.2, 1, 25, 120)
  return packs(setup, nowMs => [{ n: 'LAeq', u: 'dB', v: level(city.soundLevel(nowMs) - quieter) }])
}
