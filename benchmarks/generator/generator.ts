// One load generator: a process of its own on a core of its own, with all its connections open from start to end.
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Fleet } from '#benchmarks/fleet.ts'
import { build } from '#benchmarks/generator/build.ts'
import { writePlan, type PlanOptions } from '#benchmarks/generator/plan.ts'
import { GENERATOR_CORE, start, stop } from '#benchmarks/process.ts'
import { SEQUENCE_PLACE } from '#benchmarks/corpus/hostile-corpus.ts'

/** A closed loop with so many messages outstanding, or so many messages a second, come what may. */
export type Pace = { readonly window: number } | { readonly rate: number }

/** One round. Latencies in microseconds, from send to delivery; `utilisation` is the generator's own share of its core. */
export interface Counts {
  readonly seconds: number
  readonly sent: number
  readonly expected: number
  readonly delivered: number
  readonly missing: number
  readonly duplicates: number
  readonly reordered: number
  readonly unconsented: number
  /** Came out although nothing of the message can be mapped. */
  readonly invalid: number
  /** Came out without a sequence number that was sent. */
  readonly unknown: number
  readonly unacknowledged: number
  readonly reopened: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly lateMax: number
  readonly utilisation: number
}

/** A message that came out, beside the one that went in. */
export interface Sample { readonly device: number, readonly group: number, readonly input: Buffer, readonly output: string }

const SAMPLE_HEAD_BYTES = 16

export class Generator {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string, undefined>
  readonly #folder: string
  readonly #fleet: Fleet

  private constructor(child: ChildProcess, folder: string, fleet: Fleet) {
    this.#child = child
    this.#folder = folder
    this.#fleet = fleet
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  /** Resolves when all connections are open and all subscriptions are answered. */
  static async start(options: PlanOptions): Promise<Generator> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-load-')), plan = join(folder, 'plan')
    writeFileSync(plan, writePlan(options))
    const generator = new Generator(
      start(build('load'), [plan, join(folder, 'samples')], { core: GENERATOR_CORE, stdin: 'pipe' }), folder, options.fleet
    )
    await generator.#answer()
    return generator
  }

  async round(seconds: number, pace: Pace): Promise<Counts> {
    this.#child.stdin!.write('window' in pace ? `run ${seconds} closed ${pace.window}\n` : `run ${seconds} open ${pace.rate}\n`)
    return JSON.parse(await this.#answer()) as Counts
  }

  /** What came out since the last call, every so many messages one. */
  samples(): readonly Sample[] {
    const path = join(this.#folder, 'samples'), bytes = readFileSync(path), samples: Sample[] = []
    for (let at = 0; at + SAMPLE_HEAD_BYTES <= bytes.length;) {
      const [message, sequence, group, length] = [0, 4, 8, 12].map(offset => bytes.readUInt32LE(at + offset)) as [number, number, number, number]
      const { device, payload, sequenceAt } = this.#fleet.messages[message]!, input = Buffer.from(payload)
      if (sequenceAt >= 0) input.write(String(sequence).padStart(SEQUENCE_PLACE.length, '0'), sequenceAt, 'latin1')
      samples.push({ device, group, input, output: bytes.toString('utf8', at + SAMPLE_HEAD_BYTES, at + SAMPLE_HEAD_BYTES + length) })
      at += SAMPLE_HEAD_BYTES + length
    }
    truncateSync(path)
    return samples
  }

  async stop(): Promise<void> {
    await stop(this.#child)
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #answer(): Promise<string> {
    const answer = await this.#lines.next()
    if (!answer.done) return answer.value
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
    throw new Error(`The load generator ended with ${this.#child.exitCode}.`)
  }
}
