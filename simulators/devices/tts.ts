// The Things Stack v3: one connection of a network server that speaks for all LoRaWAN devices of a city.
import { seedOf } from '#simulators/random.ts'
import type { DeviceSetup, Family, Report } from '#simulators/devices/device.ts'
import { battery, sensor } from '#simulators/devices/instruments.ts'
import { APPLICATION, TENANT, uplinks } from '#simulators/devices/tts-uplink.ts'

/** How long the collectors hold a bin upside down. */
const COLLECTION_MS = 240_000
const HOUR_MS = 3_600_000

export const tts: Family = {
  isHub: true,
  clientId: site => `${APPLICATION}@${TENANT}-${site}`,
  birth: () => [],
  will: () => undefined,
  models: {
    'tts-bin': { placement: 'outdoor', places: ['bin'], make: bin },
    'tts-parking': { placement: 'outdoor', places: ['parking'], make: parking },
    'tts-air': { placement: 'outdoor', places: ['air'], make: air },
    'tts-soil': { placement: 'outdoor', places: ['soil'], make: soil },
  },
}

/** Looks down at what is in it; tipped over for the minutes in which it is emptied. */
function bin(setup: DeviceSetup): Report {
  const { source, device, random, surroundings: { weather, city } } = setup
  const dice = seedOf(source.seed, source.site, device.name)
  const distance = sensor(random, 6, 0, 30)
  const temperature = sensor(random, 0.2, 1)
  const charge = battery(random)
  const { emptyMm = 1500, fullMm = 250 } = device
  return uplinks(setup, 85, nowMs => ({
    battery: charge(nowMs),
    distance: distance(emptyMm - (emptyMm - fullMm) * city.binFill(dice, nowMs)),
    position: nowMs - city.lastCollectionMs(dice, nowMs) < COLLECTION_MS ? 'tilt' : 'normal',
    temperature: temperature(weather.at(nowMs).temperature + 1.5),
  }))
}

function parking(setup: DeviceSetup): Report {
  const { source, device, random, surroundings: { weather, city } } = setup
  const dice = seedOf(source.seed, source.site, device.name)
  const temperature = sensor(random, 0.5, 0)
  const charge = battery(random)
  return uplinks(setup, 2, nowMs => ({
    battery: charge(nowMs),
    parking: city.isParked(dice, nowMs) ? 'occupied' : 'free',
    temperature: temperature(weather.at(nowMs).temperature + 2),
  }))
}

/** At the kerb: some places get more of the traffic than others. */
function air(setup: DeviceSetup): Report {
  const { random, surroundings: { weather, city } } = setup
  const exposure = random.between(0.75, 1.3)
  const temperature = sensor(random, 0.2, 1)
  const humidity = sensor(random, 1, 1, 0, 100)
  const pressure = sensor(random, 0.2, 1)
  const dust = sensor(random, 0.3, 1, 0)
  const gas = sensor(random, 1.5, 0, 0)
  const charge = battery(random)
  return uplinks(setup, 10, nowMs => {
    const [sky, street] = [weather.at(nowMs), city.air(nowMs)]
    return {
      battery: charge(nowMs),
      temperature: temperature(sky.temperature + 0.6),
      humidity: humidity(sky.humidity),
      pressure: pressure(sky.pressure),
      pm1: dust(street.pm1 * exposure),
      pm2_5: dust(street.pm25 * exposure),
      pm10: dust(street.pm10 * exposure),
      no2_ugm3: gas(street.no2 * exposure),
    }
  })
}

/** Rain wets the ground, sun and plants dry it; its warmth lags behind the air. */
function soil(setup: DeviceSetup): Report {
  const { random, surroundings: { weather } } = setup
  const moisture = sensor(random, 0.3, 1, 0, 100)
  const temperature = sensor(random, 0.1, 1)
  const conductivity = sensor(random, 6, 0, 0)
  const charge = battery(random)
  const salinity = random.between(18, 26)
  const wetness = soilWetness(setup)
  return uplinks(setup, 3, nowMs => {
    const wet = wetness(nowMs)
    const lagged = [0, 3, 12].reduce((sum, hours) => sum + weather.at(nowMs - hours * HOUR_MS).temperature / 3, 0)
    return {
      battery: charge(nowMs),
      soil_moisture: moisture(wet),
      soil_temperature: temperature(lagged),
      soil_conductivity: conductivity(wet * salinity),
    }
  })
}

/** Per cent of water by volume, carried on from report to report. */
function soilWetness({ random, surroundings: { weather } }: DeviceSetup): (nowMs: number) => number {
  let wetness = random.between(20, 34)
  let lastMs: number | undefined
  return nowMs => {
    const hours = Math.min(24, (nowMs - (lastMs ?? nowMs)) / HOUR_MS)
    lastMs = nowMs
    const { rainRate, solar } = weather.at(nowMs)
    wetness = Math.min(48, Math.max(6, wetness + (rainRate * 0.9 - 0.02 - solar * 0.0002) * hours))
    return wetness
  }
}
