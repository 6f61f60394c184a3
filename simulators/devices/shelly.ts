// Shelly, second generation and later: each device its own connection; JSON-RPC notifications that carry only what changed
// (shelly-api-docs.shelly.cloud, gen2: RPC notifications, EM, EMData, Switch, Temperature, Humidity, DevicePower).
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { battery, mains, meter, rounded, sensor } from '#simulators/devices/instruments.ts'
import { roomClimate } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'
import type { DevicePlan } from '#simulators/source-plan.ts'

/** Status of one component, as `em:0` or `switch:0`. */
type Component = Readonly<Record<string, unknown>>
type Status = Readonly<Record<string, Component>>

/** What the vendor calls a device of each model in its id, which is its topic prefix and its client id. */
const PRODUCTS: Readonly<Record<string, string>> = { 'shelly-em3': 'shellypro3em', 'shelly-plug': 'shellyplusplugs', 'shelly-ht': 'shellyhtg3' }
const PHASES = ['a', 'b', 'c'] as const

const idOf = ({ model, address }: DevicePlan) => `${PRODUCTS[model] ?? model}-${address.slice(-12).toLowerCase()}`

export const shelly: Family = {
  isHub: false,
  clientId: (_, device) => idOf(device),
  birth: ({ devices }) => devices.map(device => ({ topic: `${idOf(device)}/online`, payload: 'true', retain: true as const })),
  will: ({ devices: [device] }) => device && { topic: `${idOf(device)}/online`, payload: 'false', retain: true },
  models: {
    'shelly-em3': { placement: 'indoor', places: ['mains'], make: threePhaseMeter },
    'shelly-plug': { placement: 'indoor', places: ['kettle', 'heat_pump', 'dishwasher'], make: plug },
    'shelly-ht': { placement: 'indoor', places: ['bathroom', 'bedroom', 'living_room'], make: climate },
  },
}

function notification({ device, skewMs }: DeviceSetup, nowMs: number, method: string, status: Status): readonly Message[] {
  const id = idOf(device)
  const params = { ts: rounded((nowMs + skewMs) / 1000, 2), ...status }
  return [{ topic: `${id}/events/rpc`, payload: JSON.stringify({ src: id, dst: `${id}/events`, method, params }) }]
}

/** The first notification holds the full status, each later one only the members that differ from what was sent before. */
function notifies(setup: DeviceSetup, statusAt: (nowMs: number) => Status): Report {
  let sent: Status | undefined
  return nowMs => {
    const before = sent
    sent = statusAt(nowMs)
    return before ? notification(setup, nowMs, 'NotifyStatus', changes(before, sent)) : notification(setup, nowMs, 'NotifyFullStatus', sent)
  }
}

/** Components with changed members; a component keeps its id, and an energy meter is always sent whole. */
function changes(before: Status, after: Status): Status {
  const told: Record<string, Component> = {}
  for (const [name, component] of Object.entries(after)) {
    const changed = Object.entries(component).filter(([key, value]) => name.startsWith('em') || JSON.stringify(value) !== JSON.stringify(before[name]?.[key]))
    if (changed.length > 0) told[name] = { id: 0, ...Object.fromEntries(changed) }
  }
  return told
}

/** Three phases; the roof makes active power negative. Registers count Wh drawn and fed, each by itself. */
function threePhaseMeter(setup: DeviceSetup): Report {
  const { random, surroundings: { home } } = setup
  const registers = PHASES.map((_, phase) => ({
    drawn: meter(random.between(200_000, 9_000_000), ms => home.phases(ms)[phase] ?? 0),
    fed: meter(random.between(0, 50_000), ms => -(home.phases(ms)[phase] ?? 0)),
  }))
  return notifies(setup, nowMs => {
    const watts = home.phases(nowMs)
    const seen = PHASES.map((_, phase) => mains((watts[phase] ?? 0) * (1 + 0.004 * random.gaussian()), home.voltage(phase + 1, nowMs), 0.94))
    const sum = (read: (phase: (typeof seen)[number]) => number) => seen.reduce((total, phase) => total + read(phase), 0)
    const counts = registers.map(({ drawn, fed }) => [rounded(drawn(nowMs), 2), rounded(fed(nowMs), 2)] as const)
    return {
      'em:0': {
        id: 0,
        ...byPhase(seen, ({ watts, volts, amperes, voltAmperes }) => ({
          current: rounded(amperes, 3), voltage: rounded(volts, 1), act_power: rounded(watts, 1), aprt_power: rounded(voltAmperes, 1), pf: 0.94, freq: 50,
        })),
        n_current: null, // so the vendor writes a neutral that no clamp measures
        total_current: rounded(sum(p => p.amperes), 3), total_act_power: rounded(sum(p => p.watts), 3), total_aprt_power: rounded(sum(p => p.voltAmperes), 3),
      },
      'emdata:0': {
        id: 0,
        ...byPhase(counts, ([drawn, fed]) => ({ total_act_energy: drawn, total_act_ret_energy: fed })),
        total_act: rounded(counts.reduce((total, [drawn]) => total + drawn, 0), 2), total_act_ret: rounded(counts.reduce((total, [, fed]) => total + fed, 0), 2),
      },
    }
  })
}

/** Members of all phases in one object: `a_voltage`, `b_voltage`, … */
function byPhase<T>(phases: readonly T[], members: (phase: T) => Readonly<Record<string, number>>): Component {
  return Object.fromEntries(phases.flatMap((phase, k) => Object.entries(members(phase)).map(([key, value]) => [`${PHASES[k]}_${key}`, value])))
}

function plug(setup: DeviceSetup): Report {
  const at = socket(setup, setup.random.between(3, 700))
  const warmth = sensor(setup.random, 0.2, 1)
  return notifies(setup, nowMs => {
    const { watts, volts, amperes, kilowattHours } = at(nowMs)
    const tC = warmth(setup.surroundings.home.air(nowMs).temperature + 9 + watts * 0.006)
    return {
      'switch:0': {
        id: 0, output: true, source: 'init', apower: rounded(watts, 1), voltage: rounded(volts, 1), current: rounded(amperes, 3),
        aenergy: { total: rounded(kilowattHours * 1000, 3) }, temperature: { tC, tF: rounded(tC * 1.8 + 32, 1) },
      },
    }
  })
}

/** A battery device: it wakes up, tells all it knows, and sleeps again, so every notification is a full one. */
function climate(setup: DeviceSetup): Report {
  const { random } = setup
  const at = roomClimate(setup)
  const [temperature, humidity, charge] = [sensor(random, 0.1, 1), sensor(random, 0.5, 1, 0, 100), battery(random)]
  return nowMs => {
    const room = at(nowMs)
    const tC = temperature(room.temperature)
    const percent = charge(nowMs)
    return notification(setup, nowMs, 'NotifyFullStatus', {
      'temperature:0': { id: 0, tC, tF: rounded(tC * 1.8 + 32, 1) },
      'humidity:0': { id: 0, rh: humidity(room.humidity) },
      'devicepower:0': { id: 0, battery: { V: rounded(4.4 + 0.017 * percent, 2), percent }, external: { present: false } },
    })
  }
}
