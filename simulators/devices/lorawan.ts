// What LoRaWAN sensors of a city measure and what their payload formatters make of it, whichever network server brings it.
import { seedOf } from '#simulators/random.ts'
import type { DeviceSetup, Model, Report } from '#simulators/devices/device.ts'
import { battery, meter, rounded, sensor } from '#simulators/devices/instruments.ts'

/** What the device's payload formatter (codec) made of the bytes. */
export type Decoded = Readonly<Record<string, number | string>>
export type DecodedAt = (nowMs: number) => Decoded
/** A network server's way to tell of uplinks. */
export type Uplinks = (setup: DeviceSetup, fPort: number, decodedAt: DecodedAt) => Report

/** How long the collectors hold a bin upside down. */
const COLLECTION_MS = 240_000
const HOUR_MS = 3_600_000
const LITRES_PER_M3 = 1000

/** By kind: the port that its frames come on, and what it sees. */
const SENSORS: Readonly<Record<string, readonly [fPort: number, watch: (setup: DeviceSetup) => DecodedAt]>> = {
  bin: [85, bin], parking: [2, parking], air: [10, air], soil: [3, soil], water: [7, water],
}

/** `<prefix>-<kind>` for each kind of sensor. */
export function modelsBehind(prefix: string, uplinks: Uplinks): Readonly<Record<string, Model>> {
  return Object.fromEntries(Object.entries(SENSORS).map(([kind, [fPort, watch]]): [string, Model] => [`${prefix}-${kind}`, {
    placement: 'outdoor', places: [kind], make: setup => {
      const decodedAt = watch(setup)
      return uplinks(setup, fPort, decodedAt)
    },
  }]))
}

/** The city's chance for this one device. */
const diceOf = ({ source, device }: DeviceSetup) => seedOf(source.seed, source.site, device.name)

/** Looks down at what is in it; tipped over for the minutes in which it is emptied. */
function bin(setup: DeviceSetup): DecodedAt {
  const { device, random, surroundings: { weather, city } } = setup
  const dice = diceOf(setup)
  const distance = sensor(random, 6, 0, 30)
  const temperature = sensor(random, 0.2, 1)
  const charge = battery(random)
  const { emptyMm = 1500, fullMm = 250 } = device
  return nowMs => ({
    battery: charge(nowMs),
    distance: distance(emptyMm - (emptyMm - fullMm) * city.binFill(dice, nowMs)),
    position: nowMs - city.lastCollectionMs(dice, nowMs) < COLLECTION_MS ? 'tilt' : 'normal',
    temperature: temperature(weather.at(nowMs).temperature + 1.5),
  })
}

function parking(setup: DeviceSetup): DecodedAt {
  const { random, surroundings: { weather, city } } = setup
  const dice = diceOf(setup)
  const temperature = sensor(random, 0.5, 0)
  const charge = battery(random)
  return nowMs => ({
    battery: charge(nowMs),
    parking: city.isParked(dice, nowMs) ? 'occupied' : 'free',
    temperature: temperature(weather.at(nowMs).temperature + 2),
  })
}

/** At the kerb: some places get more of the traffic than others. */
function air({ random, surroundings: { weather, city } }: DeviceSetup): DecodedAt {
  const exposure = random.between(0.75, 1.3)
  const temperature = sensor(random, 0.2, 1)
  const humidity = sensor(random, 1, 1, 0, 100)
  const pressure = sensor(random, 0.2, 1)
  const dust = sensor(random, 0.3, 1, 0)
  const gas = sensor(random, 1.5, 0, 0)
  const charge = battery(random)
  return nowMs => {
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
  }
}

/** Rain wets the ground, sun and plants dry it; its warmth lags behind the air. */
function soil(setup: DeviceSetup): DecodedAt {
  const { random, surroundings: { weather } } = setup
  const moisture = sensor(random, 0.3, 1, 0, 100)
  const temperature = sensor(random, 0.1, 1)
  const conductivity = sensor(random, 6, 0, 0)
  const charge = battery(random)
  const salinity = random.between(18, 26)
  const wetness = soilWetness(setup)
  return nowMs => {
    const wet = wetness(nowMs)
    const lagged = [0, 3, 12].reduce((sum, hours) => sum + weather.at(nowMs - hours * HOUR_MS).temperature / 3, 0)
    return {
      battery: charge(nowMs),
      soil_moisture: moisture(wet),
      soil_temperature: temperature(lagged),
      soil_conductivity: conductivity(wet * salinity),
    }
  }
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

/** A household's meter: cubic metres since it was built in, and what runs through it just now. */
function water(setup: DeviceSetup): DecodedAt {
  const { random, surroundings: { city } } = setup
  const dice = diceOf(setup)
  const litres = meter(random.between(20, 2_400) * LITRES_PER_M3, ms => city.waterDraw(dice, ms))
  const charge = battery(random)
  return nowMs => ({
    battery: charge(nowMs),
    water_volume_m3: rounded(litres(nowMs) / LITRES_PER_M3, 3),
    water_flow_lph: rounded(city.waterDraw(dice, nowMs), 0),
  })
}
