// ChirpStack v4: one connection of a network server that speaks for all LoRaWAN devices of a city, in the JSON of its integration over
// MQTT (chirpstack.io: integrations, event types). A device joins once, tells its battery once a day, and sends its uplinks.
import { Random, seedOf } from '#simulators/random.ts'
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { rounded } from '#simulators/devices/instruments.ts'
import { BANDWIDTH_HZ, frame, nanoseconds, radioOf, withoutZeros } from '#simulators/devices/lorawan-radio.ts'
import { modelsBehind, type Decoded, type DecodedAt } from '#simulators/devices/lorawan.ts'
import type { SourcePlan } from '#simulators/source-plan.ts'

/** The network asks a device how it is once in this time, which is its usual setting. */
const STATUS_MS = 86_400_000
/** LoRaWAN tells a battery in 254 steps (DevStatusAns, 1.0.4 §5.5). */
const BATTERY_STEPS = 254

export const chirpstack: Family = {
  isHub: true,
  clientId: site => `chirpstack-${site}`,
  birth: () => [],
  will: () => undefined,
  models: modelsBehind('chirpstack', uplinks),
}

function uplinks(setup: DeviceSetup, fPort: number, decodedAt: DecodedAt): Report {
  const { device, random } = setup
  const event = eventsOf(setup)
  const devAddr = `01${device.address.slice(-6)}`.toLowerCase()
  const receptionAt = receptionOf(setup)
  let frames = 0
  let askedMs: number | undefined
  return nowMs => {
    const arrivedMs = nowMs + random.integer(30, 120)
    const decoded = decodedAt(nowMs)
    const uplink = {
      devAddr, adr: true, ...receptionAt(arrivedMs, { fCnt: frames, fPort, data: frame(decoded), object: decoded }),
    }
    const messages = [event('up', arrivedMs, uplink)]
    if (frames++ === 0) messages.unshift(event('join', nowMs - random.integer(4_000, 9_000), { devAddr }))
    if (nowMs - (askedMs ?? -Infinity) >= STATUS_MS) {
      askedMs = nowMs
      messages.push(event('status', arrivedMs + random.integer(1, 9), statusOf(decoded, random)))
    }
    return messages
  }
}

/** What all events of a device say around what they are about. */
function eventsOf({ source, device, random }: DeviceSetup): (event: string, ms: number, told: object) => Message {
  const devEui = device.address.toLowerCase()
  const kind = device.model.slice('chirpstack-'.length)
  const deviceInfo = {
    tenantId: idOf(source, 'tenant'), tenantName: 'City', applicationId: idOf(source, 'application'), applicationName: 'Sensors',
    deviceProfileId: idOf(source, kind), deviceProfileName: `City ${kind}`, deviceName: device.name, devEui,
    deviceClassEnabled: 'CLASS_A', tags: { street: String(seedOf(device.name) % 40) },
  }
  return (event, ms, told) => ({
    topic: `application/${deviceInfo.applicationId}/device/${devEui}/event/${event}`,
    payload: JSON.stringify({ deduplicationId: uuid(random), time: `${nanoseconds(ms, random)}+00:00`, deviceInfo, ...told }),
  })
}

/** Behind what the uplink itself says: data rate, radio gateways and channel. Zeros are left out everywhere but in `object`. */
function receptionOf(setup: DeviceSetup): (arrivedMs: number, told: Readonly<Record<string, unknown>>) => object {
  const { random } = setup
  const receive = radioOf(setup)
  return (arrivedMs, told) => {
    const { heard, frequencyHz, spreadingFactor } = receive()
    const gwTime = `${nanoseconds(arrivedMs, random)}+00:00`
    return {
      ...withoutZeros({ dr: 12 - spreadingFactor, ...told }),
      rxInfo: heard.map(({ eui, rssi, snr, location: [longitude, latitude] }) => ({
        gatewayId: eui.toLowerCase(), uplinkId: random.integer(1, 2 ** 32 - 1), gwTime, nsTime: gwTime,
        ...withoutZeros({ rssi, snr, channel: random.integer(0, 7) }),
        location: { latitude: rounded(latitude, 6), longitude: rounded(longitude, 6), altitude: 21 }, crcStatus: 'CRC_OK',
      })),
      txInfo: { frequency: frequencyHz, modulation: { lora: { bandwidth: BANDWIDTH_HZ, spreadingFactor, codeRate: 'CR_4_5' } } },
    }
  }
}

function statusOf({ battery }: Decoded, random: Random): object {
  const level = rounded(Math.round(Number(battery) / 100 * BATTERY_STEPS) / BATTERY_STEPS * 100, 2)
  return withoutZeros({ margin: random.integer(-6, 24), batteryLevel: level })
}

/** Of the network server's own things: the same as long as the site stands. */
function idOf({ seed, site }: SourcePlan, thing: string): string {
  return uuid(new Random(seedOf(seed, site, 'chirpstack', thing)))
}

/** Version 4 (RFC 9562 §5.4). */
function uuid(random: Random): string {
  const hex = random.hex(32).toLowerCase()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
