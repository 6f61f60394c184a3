// One interleaved run: all contenders alive at once, each measured once a round, so that a busy machine is busy for all of them.
import { setTimeout as delay } from 'node:timers/promises'
import { cpuNanoseconds } from '#benchmarks/cpu.ts'
import { grantedOf } from '#benchmarks/fleet.ts'
import { Generator, type Counts, type Sample } from '#benchmarks/generator/generator.ts'
import type { Pipeline } from '#benchmarks/pipelines/pipeline.ts'
import { differenceOf, referenceOf } from '#benchmarks/reference.ts'
import type { Contender, Scenario } from '#benchmarks/workloads/scenario.ts'

export interface MeasureOptions { readonly rounds: number, readonly seconds: number, readonly say: (text: string) => void }

/** Median, least and most of the rounds. */
export interface Spread { readonly median: number, readonly min: number, readonly max: number }

export interface Result {
  readonly workload: string
  readonly scenario: string
  readonly pipeline: string
  readonly isForwarding: boolean
  /** The score: CPU-microseconds a message that came in, over all processes of the pipeline. */
  readonly cpu: Spread
  readonly messagesPerSecond: Spread
  readonly p50: Spread
  readonly p99: Spread
  /** Of the generator, on its own core. */
  readonly utilisation: number
  readonly sent: number
  readonly checked: number
  /** What voids it: counted over all rounds, the warm-up too. */
  readonly faults: Readonly<Partial<Record<Fault, number>>>
  /** The first output that was not what the reference makes. */
  readonly difference?: string
}

/** `wrong`: not what the reference makes; `silent`: a round in which nothing came out; the others as in Counts. */
const FAULTS = ['missing', 'duplicates', 'reordered', 'unconsented', 'invalid', 'unknown', 'unacknowledged', 'wrong', 'silent'] as const
export type Fault = typeof FAULTS[number]
export type Skipped = { readonly workload: string, readonly scenario: string, readonly pipeline: string, readonly skipped: string }

const WARM_UP_S = 1, WARM_UPS_MAX = 60
/** Between rounds: what a server does afterwards is not the next one's. */
const REST_MS = 50
/** An output in so many is compared with the reference, and not many more a round than these. */
const SAMPLE_EVERY = 499
const CHECKS_PER_ROUND_MAX = 200

interface Run {
  readonly contender: Contender, readonly pipeline: Pipeline, readonly generator: Generator,
  readonly rounds: (Counts & { readonly cpu: number })[], readonly all: Counts[], readonly differences: string[], checked: number,
}

export async function measure(scenario: Scenario, { rounds, seconds, say }: MeasureOptions): Promise<{
  readonly results: readonly Result[], readonly skipped: readonly Skipped[],
}> {
  const skipped: Skipped[] = [], runs: Run[] = [], { workload, name } = scenario
  try {
    for (const contender of scenario.contenders) {
      const reason = await contender.maker.missing()
      if (reason === undefined) runs.push(await open(contender, scenario, say))
      else skipped.push({ workload, scenario: name, pipeline: contender.maker.name, skipped: reason })
    }
    for (const run of runs) await warmUp(run, scenario)
    const last = Math.max(rounds, scenario.roundsMin ?? 0)
    for (let round = 1; round <= last; round++) {
      for (const run of runs) {
        const counts = await once(run, scenario, seconds)
        run.rounds.push(counts)
        say(`${name}, round ${round} of ${last}, ${run.contender.maker.name}: ${brief(counts)}`)
      }
    }
  } finally {
    for (const { generator, pipeline } of runs) {
      await generator.stop()
      await pipeline.stop()
    }
  }
  return { results: runs.map(run => resultOf(scenario, run)), skipped }
}

/** For a second, and until each device has spoken: what a gateway learns once is not the price of a message. */
async function warmUp(run: Run, scenario: Scenario): Promise<void> {
  const { devices } = run.contender.fleet
  for (let sent = 0, rounds = 0; rounds === 0 || (sent < devices.length && rounds < WARM_UPS_MAX); rounds++) {
    sent += (await once(run, scenario, WARM_UP_S)).sent
  }
}

function brief({ cpu, sent, seconds, p99 }: Counts & { readonly cpu: number }): string {
  return `${cpu.toFixed(2)} µs a message, ${Math.round(sent / seconds)} a second, p99 ${(p99 / 1000).toFixed(2)} ms`
}

async function open(contender: Contender, { name, qosIn, qosOut }: Scenario, say: (text: string) => void): Promise<Run> {
  const { maker, fleet } = contender
  say(`${name}: ${maker.name} starts`)
  const pipeline = await maker.start(fleet, qosOut)
  try {
    const generator = await Generator.start({ fleet, pipeline, qosIn, qosOut, sampleEvery: SAMPLE_EVERY })
    return { contender, pipeline, generator, rounds: [], all: [], differences: [], checked: 0 }
  } catch (error) {
    await pipeline.stop()
    throw error
  }
}

async function once(run: Run, { pace }: Scenario, seconds: number): Promise<Counts & { readonly cpu: number }> {
  const { pipeline: { pids }, generator } = run, before = cpuNanoseconds(pids)
  const counts = await generator.round(seconds, pace), cpu = (cpuNanoseconds(pids) - before) / 1000 / counts.sent
  run.all.push(counts)
  for (const sample of spreadOver(generator.samples(), CHECKS_PER_ROUND_MAX)) check(run, sample)
  await delay(REST_MS)
  return { ...counts, cpu }
}

function check(run: Run, { device, group, input, output }: Sample): void {
  const { contender: { fleet }, pipeline: { isForwarding, readers, contentOf = whole } } = run, sender = fleet.devices[device]!
  run.checked++
  const granted = readers[group]?.granted ?? grantedOf(sender.shape)
  const difference = isForwarding ? handedOn(input, output) : differenceOf(referenceOf(sender, input, granted), contentOf(output))
  if (difference !== undefined) run.differences.push(`${input.toString()}\n  came out as ${difference}`)
}

const whole = (output: string): string => output

function handedOn(input: Buffer, output: string): string | undefined { return input.toString() === output ? undefined : output }

function spreadOver<T>(items: readonly T[], most: number): readonly T[] {
  const step = Math.max(1, Math.ceil(items.length / most))
  return items.filter((_, n) => n % step === 0)
}

function resultOf({ workload, name }: Scenario, { contender, pipeline, rounds, all, differences, checked }: Run): Result {
  const spread = (of: (round: Counts & { cpu: number }) => number): Spread => spreadOf(rounds.map(of))
  const counted = { wrong: differences.length, silent: all.filter(({ delivered }) => delivered === 0).length }
  const faults: Partial<Record<Fault, number>> = {}
  for (const fault of FAULTS) {
    const count = fault in counted ? counted[fault as keyof typeof counted] : all.reduce((sum, counts) => sum + counts[fault as keyof Counts], 0)
    if (count > 0) faults[fault] = count
  }
  return {
    workload, scenario: name, pipeline: contender.maker.name, isForwarding: pipeline.isForwarding,
    cpu: spread(({ cpu }) => cpu), messagesPerSecond: spread(({ sent, seconds }) => sent / seconds), p50: spread(({ p50 }) => p50),
    p99: spread(({ p99 }) => p99),
    utilisation: spread(({ utilisation }) => utilisation).median, sent: all.reduce((sum, { sent }) => sum + sent, 0), checked, faults,
    ...differences[0] !== undefined && { difference: differences[0] },
  }
}

function spreadOf(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((a, b) => a - b), middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}
