// Shelly, second generation and later: each device its own connection; JSON-RPC notifications that carry only what changed
// (shelly-api-docs.shelly.cloud, gen2: RPC notifications, EM, EMData, Switch, Temperature, Humidity, DevicePower).
import type { DeviceSetup, Family, Message, Report } from '#simulators/devices/device.ts'
import { battery, mains, meter, rounded, sensor, type Mains } from '#simulators/devices/instruments.ts'
import { fahrenheit, roomClimate } from '#simulators/devices/room.ts'
import { socket } from '#simulators/devices/socket.ts'
import type { DevicePlan } from '#simulators/source-plan.ts'

/** Status of one component, as of `em:0` or `switch:0`. */
type Component = Readonly<Record<string, unknown>>
type Status = Readonly<Record<string, Component>>

/** What the vendor calls a device of each model in its id, which is its topic prefix and its client id. */
const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ['shelly-em3', 'shellypro3em'], ['shelly-plug', 'shellyplusplugs'], ['shelly-ht', 'shellyhtg3'],
])
const PHASES = ['a', 'b', 'c'] as const
const POWER_FACTOR = 0.94
const GRID_HZ = 50

const idOf = ({ model, address }: DevicePlan) => `${PRODUCTS.get(model) ?? model}-${address.slice(-12).toLowerCase()}`

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
    if (!before) return notification(setup, nowMs, 'NotifyFullStatus', sent)
    return notification(setup, nowMs, 'NotifyStatus', changes(before, sent))
  }
}

/** Components with changed members; a component keeps its id, and an energy meter is always sent whole. */
function changes(before: Status, after: Status): Status {
  const told: Record<string, Component> = {}
  for (const [name, component] of Object.entries(after)) {
    const hasChanged = (key: string) => JSON.stringify(component[key]) !== JSON.stringify(before[name]?.[key])
    const changed = Object.entries(component).filter(([key]) => name.startsWith('em') || hasChanged(key))
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
  const seen = (watts: number, phase: number, ms: number) =>
    mains(watts * (1 + 0.004 * random.gaussian()), home.voltage(phase + 1, ms), POWER_FACTOR)
  return notifies(setup, nowMs => ({
    'em:0': power(home.phases(nowMs).map((watts, phase) => seen(watts, phase, nowMs))),
    'emdata:0': energy(registers.map(({ drawn, fed }) => ({ drawn: drawn(nowMs), fed: fed(nowMs) }))),
  }))
}

function power(phases: readonly Mains[]): Component {
  return {
    id: 0,
    ...byPhase(phases, ({ watts, volts, amperes, voltAmperes, factor }) => ({
      current: rounded(amperes, 3), voltage: rounded(volts, 1), act_power: rounded(watts, 1), aprt_power: rounded(voltAmperes, 1),
      pf: factor, freq: GRID_HZ,
    })),
    n_current: null, // so the vendor writes a neutral that no clamp measures
    total_current: rounded(sum(phases, ({ amperes }) => amperes), 3),
    total_act_power: rounded(sum(phases, ({ watts }) => watts), 3),
    total_aprt_power: rounded(sum(phases, ({ voltAmperes }) => voltAmperes), 3),
  }
}

function energy(phases: readonly { readonly drawn: number, readonly fed: number }[]): Component {
  return {
    id: 0,
    ...byPhase(phases, ({ drawn, fed }) => ({ total_act_energy: rounded(drawn, 2), total_act_ret_energy: rounded(fed, 2) })),
    total_act: rounded(sum(phases, ({ drawn }) => drawn), 2),
    total_act_ret: rounded(sum(phases, ({ fed }) => fed), 2),
  }
}

/** Members of all phases in one object: `a_voltage`, `b_voltage`, … */
function byPhase<T>(phases: readonly T[], members: (phase: T) => Readonly<Record<string, number>>): Component {
  const named = (phase: T, k: number) => Object.entries(members(phase)).map(([key, value]) => [`${PHASES[k]}_${key}`, value] as const)
  return Object.fromEntries(phases.flatMap(named))
}

function sum<T>(phases: readonly T[], read: (phase: T) => number): number {
  return phases.reduce((total, phase) => total + read(phase), 0)
}

function plug(setup: DeviceSetup): Report {
  const { random, surroundings: { home } } = setup
  const at = socket(setup, random.between(3, 700))
  const warmth = sensor(random, 0.2, 1)
  return notifies(setup, nowMs => {
    const { watts, volts, amperes, kilowattHours } = at(nowMs)
    const tC = warmth(home.air(nowMs).temperature + 9 + watts * 0.006)
    return {
      'switch:0': {
        id: 0, source: 'init', output: true, apower: rounded(watts, 1), voltage: rounded(volts, 1), current: rounded(amperes, 3),
        aenergy: { total: rounded(kilowattHours * 1000, 3) }, temperature: { tC, tF: fahrenheit(tC) },
      },
    }
  })
}

/** A battery device: it wakes up, tells all it knows, and sleeps again, so every notification is a full one. */
function climate(setup: DeviceSetup): Report {
  const { random } = setup
  const at = roomClimate(setup)
  const temperature = sensor(random, 0.1, 1)
  const humidity = sensor(random, 0.5, 1, 0, 100)
  const charge = battery(random)
  return nowMs => {
    const room = at(nowMs)
    const tC = temperature(room.temperature)
    const percent = charge(nowMs)
    return notification(setup, nowMs, 'NotifyFullStatus', {
      'temperature:0': { id: 0, tC, tF: fahrenheit(tC) },
      'humidity:0': { id: 0, rh: humidity(room.humidity) },
      'devicepower:0': { id: 0, battery: { V: rounded(4.4 + 0.017 * percent, 2), percent }, external: { present: false } },
    })
  }
}
