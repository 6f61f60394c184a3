// Tasmota: each device its own connection; local time without a zone, numbers with fixed decimals (tasmota.github.io, MQTT and Commands).
import { localIso, localTime } from '#simulators/zone.ts'
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { sensor } from '#simulators/devices/instruments.ts'
import { roomClimate } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'

/** A radian of a compressor's cycle of 55 minutes. */
const FREEZER_SWING_MS = 525_000

export const tasmota: Family = {
  isHub: false,
  clientId: (_, { address }) => `DVES_${address.slice(-6)}`,
  birth: ({ devices }) => devices.map(({ name }) => ({ topic: `tele/${name}/LWT`, payload: 'Online', retain: true as const })),
  will: ({ devices: [device] }) => device && { topic: `tele/${device.name}/LWT`, payload: 'Offline', retain: true },
  models: {
    'tasmota-plug': { placement: 'indoor', places: ['washer', 'dishwasher', 'heat_pump', 'freezer'], make: plug },
    'tasmota-climate': { placement: 'indoor', places: ['cellar', 'office', 'nursery'], make: climate },
    'tasmota-probe': { placement: 'indoor', places: ['freezer', 'boiler'], make: probe },
  },
}

/** Each telemetry period brings two messages: how the device is, and what it measures. */
function telemetry(setup: DeviceSetup, measured: (nowMs: number) => string): Report {
  const state = stateOf(setup)
  return nowMs => {
    const time = localIso(setup.source.timezone, nowMs + setup.skewMs)
    return [state(nowMs, time), { topic: `tele/${setup.device.name}/SENSOR`, payload: `{"Time":"${time}",${measured(nowMs)}}` }]
  }
}

function stateOf({ device, random }: DeviceSetup): (nowMs: number, time: string) => Message {
  const signal = sensor(random, 2, 0, -95, -30)
  const usualSignal = random.between(-82, -48)
  const upBefore = random.integer(600, 4_000_000)
  let firstMs: number | undefined
  return (nowMs, time) => {
    firstMs ??= nowMs
    const seconds = upBefore + Math.floor((nowMs - firstMs) / 1000)
    const dBm = signal(usualSignal)
    const wifi = { AP: 1, SSId: 'home', Channel: 6, Mode: '11n', RSSI: Math.min(100, 2 * (dBm + 100)), Signal: dBm, LinkCount: 1 }
    const state = { Time: time, Uptime: uptime(seconds), UptimeSec: seconds, Heap: 25, Sleep: 50, POWER: 'ON', Wifi: wifi }
    return { topic: `tele/${device.name}/STATE`, payload: JSON.stringify(state) }
  }
}

/** As the firmware writes it: `12T03:04:05`. */
function uptime(seconds: number): string {
  return `${Math.floor(seconds / 86_400)}T${new Date(seconds * 1000).toISOString().slice(11, 19)}`
}

/** Energy so far, and as it stood at the last two local midnights. */
function plug(setup: DeviceSetup): Report {
  const at = socket(setup, setup.random.between(20, 2000))
  const days = dayBook(setup.source.timezone, setup.random.between(0.2, 3))
  let last: number | undefined
  return telemetry(setup, nowMs => {
    const { kilowattHours: total, watts, voltAmperes, vars, factor, volts, amperes } = at(nowMs)
    const periodWh = Math.round((total - (last ?? total)) * 1000)
    last = total
    const { yesterday, today } = days(nowMs, total)
    return `"ENERGY":{"TotalStartTime":"2023-02-11T08:20:15","Total":${total.toFixed(3)},`
      + `"Yesterday":${yesterday.toFixed(3)},"Today":${today.toFixed(3)},"Period":${periodWh},`
      + `"Power":${watts.toFixed(0)},"ApparentPower":${voltAmperes.toFixed(0)},"ReactivePower":${vars.toFixed(0)},`
      + `"Factor":${factor.toFixed(2)},"Voltage":${volts.toFixed(0)},"Current":${amperes.toFixed(3)}}`
  })
}

interface DayBook {
  readonly yesterday: number
  readonly today: number
}

/** kWh of this local day and of the one before, which was `yesterday` when the simulation began. */
function dayBook(zone: string, yesterday: number): (nowMs: number, total: number) => DayBook {
  let day: number | undefined
  let atMidnight = 0
  return (nowMs, total) => {
    const now = localTime(zone, nowMs).day
    if (day === undefined) atMidnight = total
    else if (day !== now) [yesterday, atMidnight] = [total - atMidnight, total]
    day = now
    return { yesterday, today: total - atMidnight }
  }
}

function climate(setup: DeviceSetup): Report {
  const at = roomClimate(setup)
  const temperature = sensor(setup.random, 0.1, 1)
  const humidity = sensor(setup.random, 0.4, 1, 0, 100)
  return telemetry(setup, nowMs => {
    const room = at(nowMs)
    const [celsius, percent] = [temperature(room.temperature), humidity(room.humidity)]
    const dew = dewPoint(celsius, percent)
    return `"AM2301":{"Temperature":${celsius.toFixed(1)},"Humidity":${percent.toFixed(1)},"DewPoint":${dew.toFixed(1)}},"TempUnit":"C"`
  })
}

/** The Magnus formula, solved for the temperature at which the air is saturated. */
function dewPoint(celsius: number, percent: number): number {
  const gamma = Math.log(Math.max(1, percent) / 100) + 17.62 * celsius / (243.12 + celsius)
  return 243.12 * gamma / (17.62 - gamma)
}

/** A DS18B20 on a wire: in the freezer it follows the compressor, on the boiler the taps. */
function probe(setup: DeviceSetup): Report {
  const { device, random, surroundings: { home } } = setup
  const id = device.address.slice(-12)
  const phase = random.between(0, 2 * Math.PI)
  const temperature = sensor(random, 0.06, 1)
  const freezer = (ms: number) => -18.5 + 1.2 * Math.sin(ms / FREEZER_SWING_MS + phase)
  const boiler = (ms: number) => 54 - 6 * Math.min(1, home.household(ms).awake / 3)
  const degrees = device.place === 'freezer' ? freezer : boiler
  return telemetry(setup, nowMs => `"DS18B20":{"Id":"${id}","Temperature":${temperature(degrees(nowMs)).toFixed(1)}},"TempUnit":"C"`)
}
