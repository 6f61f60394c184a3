// The Things Stack v3: one connection of a network server that speaks for all LoRaWAN devices of a city, as its application server
// publishes their uplinks (thethingsindustries.com: integrations over MQTT, data formats, uplink messages).
import type { DeviceSetup, Family, Report } from '#simulators/devices/device.ts'
import { rounded } from '#simulators/devices/instruments.ts'
import { BANDWIDTH_HZ, frame, nanoseconds, radioOf, withoutZeros } from '#simulators/devices/lorawan-radio.ts'
import { modelsBehind, type DecodedAt } from '#simulators/devices/lorawan.ts'
import type { Location } from '#simulators/sun.ts'

const APPLICATION = 'city-sensors'
const TENANT = 'ttn'
const AIRTIME_S = '0.061696s'

export const tts: Family = {
  isHub: true,
  clientId: site => `${APPLICATION}@${TENANT}-${site}`,
  birth: () => [],
  will: () => undefined,
  models: modelsBehind('tts', uplinks),
}

/** Wraps what a device measured in an uplink of the network server, whose times they are. */
function uplinks(setup: DeviceSetup, fPort: number, decodedAt: DecodedAt): Report {
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
  const receptionAt = receptionOf(setup)
  const sessionKeyId = Buffer.from(random.hex(32), 'hex').toString('base64')
  let frames = 0
  return nowMs => {
    const decoded = withoutZeros(decodedAt(nowMs))
    const arrivedMs = nowMs + random.integer(30, 120)
    const uplink = {
      session_key_id: sessionKeyId, f_port: fPort, ...withoutZeros({ f_cnt: frames++ }),
      frm_payload: frame(decoded), decoded_payload: decoded,
      ...receptionAt(arrivedMs), received_at: `${nanoseconds(arrivedMs, random)}Z`, consumed_airtime: AIRTIME_S, ...registered,
    }
    const envelope = {
      end_device_ids: ids, correlation_ids: [`gs:uplink:${random.hex(26)}`],
      received_at: `${nanoseconds(arrivedMs + random.integer(150, 250), random)}Z`, uplink_message: uplink,
    }
    return [{ topic, payload: JSON.stringify(envelope) }]
  }
}

function receptionOf(setup: DeviceSetup): (arrivedMs: number) => object {
  const receive = radioOf(setup)
  return arrivedMs => {
    const { heard, frequencyHz, spreadingFactor } = receive()
    const [time, timestamp] = [new Date(arrivedMs).toISOString(), Math.floor(arrivedMs * 1000 % 2 ** 32)]
    return {
      rx_metadata: heard.map(({ name, eui, rssi, snr, location }) => ({
        gateway_ids: { gateway_id: name, eui }, time, timestamp, rssi, channel_rssi: rssi, ...withoutZeros({ snr }),
        location: place(location),
      })),
      settings: {
        data_rate: { lora: { bandwidth: BANDWIDTH_HZ, spreading_factor: spreadingFactor, coding_rate: '4/5' } },
        frequency: String(frequencyHz), timestamp, time,
      },
    }
  }
}

function place([longitude, latitude]: Location): object {
  return { latitude: rounded(latitude, 6), longitude: rounded(longitude, 6), altitude: 21, source: 'SOURCE_REGISTRY' }
}
