// What `simulate` lets speak, a fleet or a recorded run, and at which pace.
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import { loadFleet, scaleFleet, type FleetSpec } from '#simulators/fleet.ts'
import { planFleet, type Source } from '#simulators/plan.ts'
import { messagesOf, openRecording } from '#simulators/replay.ts'
import { runFleet, runMessages, type Counts, type CredentialsOf, type RunOptions } from '#simulators/run.ts'

export interface Scenario {
  /** To be paired before it runs. */
  readonly sources: readonly Source[]
  readonly fleet: string
  readonly seed: number
  readonly startMs: number
  /** Seconds that it takes where the gateway keeps up; undefined: until it is interrupted. */
  readonly plannedS: number | undefined
  readonly run: (credentialsOf: CredentialsOf<Source>, options: RunOptions) => Promise<Counts>
}

export const DAY_S = 86_400
/** How long a day takes with --day. */
export const DAY_TAKES_S = 60
/** A run that takes longer than planned by no more than this says nothing of it. */
export const LATE_S_MAX = 1
const OF_FLEETS = ['devices', 'rate', 'seed', 'start', 'record'] as const

/** Reads the fleet, or all of the recording. Throws a usage error where options contradict each other. */
export async function scenarioOf(input: Input, nowMs: number): Promise<Scenario> {
  checkUsage(input)
  const recording = input.text('replay')
  return recording === undefined ? fleetScenario(input, nowMs) : replayScenario(input, recording)
}

function checkUsage(input: Input): void {
  const has = (name: string) => input.text(name) !== undefined
  if (has('fleet') === has('replay')) throw usageError('Either --fleet or --replay is needed. See `sluice simulate --help`.')
  const foreign = has('replay') ? OF_FLEETS.find(has) : undefined
  if (foreign !== undefined) throw usageError(`--${foreign} goes with --fleet: a recorded run is sent as it is.`)
  const contrary = input.flag('day') ? ['speedup', 'seconds'].find(has) : undefined
  if (contrary !== undefined) throw usageError(`--${contrary} contradicts --day, which is a day in ${DAY_TAKES_S} seconds.`)
}

const speedupOf = (input: Input) => input.flag('day') ? DAY_S / DAY_TAKES_S : input.number('speedup') ?? 1

function fleetScenario(input: Input, nowMs: number): Scenario {
  const spec = specOf(input), sources = planFleet(spec), { startMs = nowMs, ...pace } = paceOf(input, nowMs)
  return {
    sources, fleet: spec.name, seed: spec.seed, startMs, plannedS: pace.seconds ?? (pace.lifeS && pace.lifeS / (pace.speedup ?? 1)),
    run: (credentialsOf, options) => runFleet(sources, credentialsOf, { rate: input.number('rate'), startMs, ...pace, ...options }),
  }
}

function specOf(input: Input): FleetSpec {
  const spec = loadFleet(input.needed('fleet')), devices = input.number('devices'), seed = input.number('seed')
  return { ...devices === undefined ? spec : scaleFleet(spec, devices), ...seed !== undefined && { seed } }
}

/**
 * A life that is faster than the clock, begins elsewhere or is written down is lived whole, however long that takes. A faster one is a day
 * unless said otherwise, and ends now: a gateway takes times that are past, but not all that are to come.
 */
function paceOf(input: Input, nowMs: number): Pick<RunOptions, 'startMs' | 'speedup' | 'lifeS' | 'seconds'> {
  const speedup = speedupOf(input), isFast = speedup > 1, startMs = startOf(input)
  const seconds = input.number('seconds') ?? (isFast ? DAY_S / speedup : undefined)
  if (!isFast && startMs === undefined && input.text('record') === undefined) return { seconds }
  const lifeS = seconds && seconds * speedup, aheadMs = (lifeS ?? 0) * 1000 * (1 - 1 / speedup)
  return { speedup, lifeS, startMs: startMs ?? Math.round(nowMs - aheadMs) }
}

function startOf(input: Input): number | undefined {
  const text = input.text('start'), ms = text === undefined ? undefined : Date.parse(text)
  if (Number.isNaN(ms)) throw usageError('--start must be a time, such as 2026-05-04T00:00:00Z.')
  return ms
}

async function replayScenario(input: Input, file: string): Promise<Scenario> {
  const recording = await openRecording(file), { sources, fleet, seed, startMs, messages, lifeS } = recording
  const speedup = speedupOf(input), seconds = input.number('seconds')
  const pace = { speedup, startMs, lifeS: seconds && seconds * speedup, count: messages }
  return {
    sources, fleet, seed, startMs, plannedS: Math.min(lifeS / speedup, seconds ?? Infinity),
    run: (credentialsOf, options) => runMessages(sources, () => messagesOf(recording), credentialsOf, { ...pace, ...options }),
  }
}

/** What to say of a run that took longer than planned; undefined for one that did not. */
export function lateness(tookS: number, plannedS: number | undefined, { acknowledged }: Pick<Counts, 'acknowledged'>): string | undefined {
  if (plannedS === undefined || tookS <= plannedS + LATE_S_MAX) return undefined
  const rate = Math.round(acknowledged / tookS), times = `${tenths(tookS)} s instead of ${tenths(plannedS)} s`
  return `It took ${times}: no more than ${rate} messages a second came through. None was left out.`
}

export const tenths = (seconds: number): number => Math.round(seconds * 10) / 10
