// Virtual sensors in the words of three vendors, for flows that have no sensor yet.
import { Random, walk } from './random.ts'

export interface Report { readonly topic: string, readonly payload: string }

/** What the sensor says at this moment (ms since 1970). Same seed, same readings. */
export type Sensor = (nowMs: number) => Report

export type Dialect = 'zigbee2mqtt' | 'tasmota' | 'senml'

export function sensorOf(dialect: Dialect, seed: number): Sensor {
  return MAKERS[dialect](new Random(seed), String(seed))
}

type Maker = (random: Random, name: string) => Sensor
const MAKERS: Readonly<Record<Dialect, Maker>> = { zigbee2mqtt: roomSensor, tasmota: smartPlug, senml: airStation }

/** zigbee2mqtt.io, MQTT topics and messages */
function roomSensor(random: Random, name: string): Sensor {
  const temperature = walk(random, { mean: 21, step: 0.2, min: 10, max: 35, decimals: 2 })
  const humidity = walk(random, { mean: 45, step: 0.8, min: 15, max: 90, decimals: 2 })
  const link = walk(random, { mean: 120, step: 8, min: 1, max: 255, decimals: 0 })
  return () => ({
    topic: `zigbee2mqtt/room_${name}`,
    payload: JSON.stringify({ battery: 87, humidity: humidity(), linkquality: link(), temperature: temperature() }),
  })
}

const HOUR_MS = 3_600_000

/** tasmota.github.io, MQTT: numbers have fixed decimals, the time has no zone. */
function smartPlug(random: Random, name: string): Sensor {
  const volts = walk(random, { mean: 230, step: 1, min: 215, max: 245, decimals: 0 })
  const watts = walk(random, { mean: 400, step: 60, min: 5, max: 2300, decimals: 0 })
  let kilowattHours = 120, beforeMs: number | undefined
  return nowMs => {
    const [voltage, power] = [volts(), watts()]
    kilowattHours += power / 1000 * (nowMs - (beforeMs ?? nowMs)) / HOUR_MS
    beforeMs = nowMs
    const time = new Date(nowMs).toISOString().slice(0, 19)
    return {
      topic: `tele/plug_${name}/SENSOR`,
      payload: `{"Time":"${time}","ENERGY":{"Total":${kilowattHours.toFixed(3)},"Power":${power},"Factor":1.00,`
        + `"Voltage":${voltage},"Current":${(power / voltage).toFixed(3)}}}`,
    }
  }
}

/** RFC 8428: one pack of records, the base name a hardware address (RFC 9039), the base time in seconds. */
function airStation(random: Random, name: string): Sensor {
  const address = hardwareAddressOf(name)
  const temperature = walk(random, { mean: 14, step: 0.2, min: -20, max: 40, decimals: 1 })
  const humidity = walk(random, { mean: 65, step: 0.8, min: 15, max: 100, decimals: 1 })
  const fine = walk(random, { mean: 9, step: 0.6, min: 0, max: 150, decimals: 1 })
  const coarse = walk(random, { mean: 17, step: 1, min: 0, max: 250, decimals: 1 })
  return nowMs => ({
    topic: `senml/station_${name}`,
    payload: JSON.stringify([
      { bn: `urn:dev:mac:${address}:`, bt: nowMs / 1000, n: 'temperature', u: 'Cel', v: temperature() },
      { n: 'humidity', u: '%RH', v: humidity() },
      { n: 'pm2.5', u: 'ug/m3', v: fine() },
      { n: 'pm10', u: 'ug/m3', v: coarse() },
    ]),
  })
}

/** Locally administered, so that it is nobody's (IEEE 802). */
function hardwareAddressOf(name: string): string {
  return `02ffffff${(Number(name) >>> 0).toString(16).padStart(8, '0')}`
}
