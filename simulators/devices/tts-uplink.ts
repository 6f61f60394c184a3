// The envelope of The Things Stack v3 around what a LoRaWAN device measured, as its application server publishes it
// (thethingsindustries.com: integrations over MQTT, data formats, uplink messages).
import { seedOf, type Random } from '#simulators/random.ts'
import type { DeviceSetup, Report } from '#simulators/devices/device.ts'
import { rounded, sensor } from '#simulators/devices/instruments.ts'
import type { Location } from '#simulators/sun.ts'

/** What the device's payload formatter made of the bytes. */
export type Decoded = Readonly<Record<string, number | string>>

export const APPLICATION = 'city-sensors'
export const TENANT = 'ttn'
/** Radio gateways stand where the masts are: degrees from the network server's place, never where a device is. */
const GATEWAYS = [
  { id: 'townhall', east: 0.004, north: 0.002 },
  { id: 'water-tower', east: -0.011, north: 0.007 },
  { id: 'harbour', east: 0.009, north: -0.008 },
]
/** LoRaWAN's channels for Europe in Hz. */
const FREQUENCIES = ['867100000', '867300000', '867500000', '868100000', '868300000', '868500000']
const AIRTIME_S = '0.061696s'

/** Wraps what a device measured in an uplink of the network server, whose times they are. */
export function uplinks(setup: DeviceSetup, fPort: number, decodedAt: (nowMs: number) => Decoded): Report {
  const { device, random } = setup
  const topic = `v3/${APPLICATION}@${TENANT}/devices/${device.name}/up`
  const ids = {
    device_id: device.name, application_ids: { application_id: APPLICATION },
    dev_eui: device.address, join_eui: '70B3D57ED0000000', dev_addr: `260B${device.address.slice(-4)}`,
  }
  const registered = {
    locations: { user: place(device.location) },
    network_ids: { net_id: '000013', tenant_id: TENANT, cluster_id: 'eu1' },
  }
  const radio = radioOf(setup)
  const sessionKeyId = Buffer.from(random.hex(32), 'hex').toString('base64')
  let frames = 0
  return nowMs => {
    const decoded = withoutZeros(decodedAt(nowMs))
    const arrivedMs = nowMs + random.integer(30, 120)
    const uplink = {
      session_key_id: sessionKeyId, f_port: fPort, ...withoutZeros({ f_cnt: frames++ }),
      frm_payload: frame(decoded), decoded_payload: decoded,
      ...radio(arrivedMs), received_at: nanoseconds(arrivedMs, random), consumed_airtime: AIRTIME_S, ...registered,
    }
    const envelope = {
      end_device_ids: ids, correlation_ids: [`gs:uplink:${random.hex(26)}`],
      received_at: nanoseconds(arrivedMs + random.integer(150, 250), random), uplink_message: uplink,
    }
    return [{ topic, payload: JSON.stringify(envelope) }]
  }
}

/** Which radio gateways heard it and how well, and how it was sent. */
function radioOf({ source, random }: DeviceSetup): (arrivedMs: number) => object {
  const nearest = random.pick(GATEWAYS)
  const strength = sensor(random, 4, 0, -125, -40)
  const usualStrength = random.between(-112, -68)
  const spreadingFactor = random.integer(7, 10)
  return arrivedMs => {
    const [time, timestamp] = [new Date(arrivedMs).toISOString(), Math.floor(arrivedMs * 1000 % 2 ** 32)]
    const heard = GATEWAYS.filter(gateway => gateway === nearest || random.chance(0.3))
    return {
      rx_metadata: heard.map(({ id, east, north }) => {
        const rssi = strength(usualStrength)
        return {
          gateway_ids: { gateway_id: id, eui: gatewayEui(source.site, id) }, time, timestamp, rssi, channel_rssi: rssi,
          ...withoutZeros({ snr: rounded(random.between(-8, 11), 1) }),
          location: place([source.location[0] + east, source.location[1] + north]),
        }
      }),
      settings: {
        data_rate: { lora: { bandwidth: 125_000, spreading_factor: spreadingFactor, coding_rate: '4/5' } },
        frequency: random.pick(FREQUENCIES), timestamp, time,
      },
    }
  }
}

function gatewayEui(site: string, id: string): string {
  return `B827EBFFFE${seedOf(site, id).toString(16).padStart(8, '0').slice(-6).toUpperCase()}`
}

function place([longitude, latitude]: Location): object {
  return { latitude: rounded(latitude, 6), longitude: rounded(longitude, 6), altitude: 21, source: 'SOURCE_REGISTRY' }
}

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
  const words = Object.values(decoded).map(value => typeof value === 'number' ? Math.round(value * 10) : value.charCodeAt(0))
  const bytes = Buffer.alloc(2 * words.length)
  words.forEach((word, k) => bytes.writeUInt16BE(word & 0xffff, 2 * k))
  return bytes.toString('base64')
}
