// The Things Stack v3: one connection of a network server for all LoRaWAN devices of a city; uplinks as its application server
// publishes them (thethingsindustries.com, integrations: MQTT, data formats).
import { seedOf, type Random } from '#simulators/random.ts'
import type { DeviceSetup, Family, Report } from '#simulators/devices/device.ts'
import { battery, rounded, sensor } from '#simulators/devices/instruments.ts'
import type { Location } from '#simulators/sun.ts'

type Decoded = Readonly<Record<string, number | string>>

const APPLICATION = 'city-sensors'
const TENANT = 'ttn'
/** Radio gateways stand where the masts are: degrees from the network server's place, never where a device is. */
const GATEWAYS = [{ id: 'townhall', east: 0.004, north: 0.002 }, { id: 'water-tower', east: -0.011, north: 0.007 }, { id: 'harbour', east: 0.009, north: -0.008 }]
const COLLECTION_MS = 240_000

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

/** Wraps what a device measured in an uplink of the network server, whose times they are. */
function uplinks(setup: DeviceSetup, fPort: number, decodedAt: (nowMs: number) => Decoded): Report {
  const { device, random } = setup
  const topic = `v3/${APPLICATION}@${TENANT}/devices/${device.name}/up`
  const radio = radioOf(setup)
  const ids = {
    device_id: device.name, application_ids: { application_id: APPLICATION },
    dev_eui: device.address, join_eui: '70B3D57ED0000000', dev_addr: `260B${device.address.slice(-4)}`,
  }
  const sessionKeyId = Buffer.from(random.hex(32), 'hex').toString('base64')
  let frames = 0
  return nowMs => {
    const decoded = withoutZeros(decodedAt(nowMs))
    const arrivedMs = nowMs + random.integer(30, 120)
    return [{
      topic,
      payload: JSON.stringify({
        end_device_ids: ids, correlation_ids: [`gs:uplink:${random.hex(26)}`], received_at: nanoseconds(arrivedMs + 200, random),
        uplink_message: {
          session_key_id: sessionKeyId, f_port: fPort, ...withoutZeros({ f_cnt: frames++ }),
          frm_payload: frame(decoded), decoded_payload: decoded, ...radio(arrivedMs), received_at: nanoseconds(arrivedMs, random),
          consumed_airtime: '0.061696s', locations: { user: place(device.location, 'SOURCE_REGISTRY') }, network_ids: { net_id: '000013', tenant_id: TENANT, cluster_id: 'eu1' },
        },
      }),
    }]
  }
}

/** Which radio gateways heard it and how well, and how it was sent. */
function radioOf({ source, random }: DeviceSetup): (arrivedMs: number) => object {
  const nearest = random.integer(0, GATEWAYS.length - 1)
  const strength = sensor(random, 4, 0, -125, -40)
  const [distance, spreadingFactor] = [random.between(-112, -68), random.integer(7, 10)]
  return arrivedMs => {
    const heard = GATEWAYS.filter((_, k) => k === nearest || random.chance(0.3))
    const timestamp = Math.floor(arrivedMs * 1000 % 2 ** 32)
    return {
      rx_metadata: heard.map(({ id, east, north }) => {
        const rssi = strength(distance)
        return {
          gateway_ids: { gateway_id: id, eui: `B827EBFFFE${seedOf(source.site, id).toString(16).padStart(8, '0').slice(-6).toUpperCase()}` },
          time: new Date(arrivedMs).toISOString(), timestamp, rssi, channel_rssi: rssi, ...withoutZeros({ snr: rounded(random.between(-8, 11), 1) }),
          location: place([source.location[0] + east, source.location[1] + north], 'SOURCE_REGISTRY'),
        }
      }),
      settings: { data_rate: { lora: { bandwidth: 125_000, spreading_factor: spreadingFactor, coding_rate: '4/5' } }, frequency: `86${random.integer(7, 8)}${random.pick([100, 300, 500])}000`, timestamp },
    }
  }
}

const place = ([longitude, latitude]: Location, source: string) => ({ latitude: rounded(latitude, 6), longitude: rounded(longitude, 6), altitude: 21, source })

/** As the server's proto3 JSON has it: a number that is zero and a text that is empty are not there. */
function withoutZeros(decoded: Decoded): Decoded {
  return Object.fromEntries(Object.entries(decoded).filter(([, value]) => value !== 0 && value !== ''))
}

/** Go prints nine decimals of a second. */
function nanoseconds(ms: number, random: Random): string {
  return `${new Date(ms).toISOString().slice(0, -1)}${String(random.integer(0, 999_999)).padStart(6, '0')}Z`
}

/** The bytes on air, of a codec made up here: each number times ten in sixteen bits, each text its first letter. */
function frame(decoded: Decoded): string {
  const bytes = Buffer.alloc(2 * Object.keys(decoded).length)
  Object.values(decoded).forEach((value, k) => bytes.writeUInt16BE((typeof value === 'number' ? Math.round(value * 10) : value.charCodeAt(0)) & 0xffff, 2 * k))
  return bytes.toString('base64')
}

/** Looks down at what is in it; tipped over for the minutes in which it is emptied. */
function bin(setup: DeviceSetup): Report {
  const { source, device, random, surroundings: { weather, city } } = setup
  const dice = seedOf(source.seed, source.site, device.name)
  const [distance, temperature, charge] = [sensor(random, 6, 0, 30), sensor(random, 0.2, 1), battery(random)]
  const { emptyMm = 1500, fullMm = 250 } = device
  return uplinks(setup, 85, nowMs => ({
    battery: charge(nowMs), distance: distance(emptyMm - (emptyMm - fullMm) * city.binFill(dice, nowMs)),
    position: nowMs - city.lastCollectionMs(dice, nowMs) < COLLECTION_MS ? 'tilt' : 'normal', temperature: temperature(weather.at(nowMs).temperature + 1.5),
  }))
}

function parking(setup: DeviceSetup): Report {
  const { source, device, random, surroundings: { weather, city } } = setup
  const dice = seedOf(source.seed, source.site, device.name)
  const [temperature, charge] = [sensor(random, 0.5, 0), battery(random)]
  return uplinks(setup, 2, nowMs => ({
    battery: charge(nowMs), parking: city.isParked(dice, nowMs) ? 'occupied' : 'free', temperature: temperature(weather.at(nowMs).temperature + 2),
  }))
}

/** At the kerb: some places get more of the traffic than others. */
function air(setup: DeviceSetup): Report {
  const { random, surroundings: { weather, city } } = setup
  const exposure = random.between(0.75, 1.3)
  const [temperature, humidity, pressure, dust, gas, charge] =
    [sensor(random, 0.2, 1), sensor(random, 1, 1, 0, 100), sensor(random, 0.2, 1), sensor(random, 0.7, 1, 0), sensor(random, 1.5, 0, 0), battery(random)]
  return uplinks(setup, 10, nowMs => {
    const [sky, street] = [weather.at(nowMs), city.air(nowMs)]
    return {
      battery: charge(nowMs), temperature: temperature(sky.temperature + 0.6), humidity: humidity(sky.humidity), pressure: pressure(sky.pressure),
      pm1: dust(street.pm1 * exposure), pm2_5: dust(street.pm25 * exposure), pm10: dust(street.pm10 * exposure), no2: gas(street.no2 * exposure),
    }
  })
}

/** Rain wets the ground, sun and plants dry it; its warmth lags behind the air. */
function soil(setup: DeviceSetup): Report {
  const { random, surroundings: { weather } } = setup
  const [moistureOf, temperatureOf, conductivityOf, charge] = [sensor(random, 0.3, 1, 0, 100), sensor(random, 0.1, 1), sensor(random, 6, 0, 0), battery(random)]
  const salinity = random.between(18, 26)
  let [moisture, lastMs] = [random.between(20, 34), -1]
  return uplinks(setup, 3, nowMs => {
    const hours = lastMs < 0 ? 0 : Math.min(24, (nowMs - lastMs) / 3_600_000)
    lastMs = nowMs
    const sky = weather.at(nowMs)
    moisture = Math.min(48, Math.max(6, moisture + (sky.rainRate * 0.9 - 0.02 - sky.solar * 0.0002) * hours))
    const lagged = (sky.temperature + weather.at(nowMs - 10_800_000).temperature + weather.at(nowMs - 43_200_000).temperature) / 3
    return { battery: charge(nowMs), soil_moisture: moistureOf(moisture), soil_temperature: temperatureOf(lagged), soil_conductivity: conductivityOf(moisture * salinity) }
  })
}
