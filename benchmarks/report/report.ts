// What a run says: the verdict, the ratios, and a table for people.
import { cpus, loadavg, release } from 'node:os'
import { decisionLine, type DecisionCost } from '#benchmarks/decision.ts'
import type { Result, Skipped } from '#benchmarks/measure.ts'
import type { ProofCost } from '#benchmarks/signatures.ts'

export interface Report {
  /** Something of ours was missing, duplicate, reordered, unconsented, unacknowledged or wrong: the run proves nothing. */
  readonly void: boolean
  /** Whose ratio is left out for the same reason, and why. */
  readonly voided: readonly { readonly scenario: string, readonly pipeline: string, readonly faults: Result['faults'] }[]
  readonly rounds: number
  readonly seconds: number
  /** Seconds, all in all. */
  readonly took: number
  readonly machine: {
    readonly cpu: string, readonly cores: number, readonly system: string, readonly node: string, readonly load: number,
    readonly at: string,
  }
  /** Scenario → pipeline → its median ÷ that of the first in the scenario. */
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** W5 by scenario. */
  readonly proofs: Readonly<Record<string, ProofCost>>
  /** What a decision costs, by how many consents there are. */
  readonly decisions: readonly DecisionCost[]
  readonly skipped: readonly Skipped[]
  readonly results: readonly Result[]
}

const OURS = /^(sluice|\d)/

export function verdictOf(results: readonly Result[]): Pick<Report, 'void' | 'voided'> {
  const voided = results.filter(isVoid).map(({ scenario, pipeline, faults }) => ({ scenario, pipeline, faults }))
  return { void: voided.some(({ pipeline }) => OURS.test(pipeline)), voided }
}

const isVoid = ({ faults }: Result): boolean => Object.keys(faults).length > 0

export function ratiosOf(results: readonly Result[]): Report['ratios'] {
  const ratios: Record<string, Record<string, number>> = {}
  for (const [scenario, all] of Object.entries(Object.groupBy(results, ({ scenario }) => scenario))) {
    const [first, ...others] = all!
    if (!first || isVoid(first)) continue
    ratios[scenario] = Object.fromEntries(
      others.filter(result => !isVoid(result)).map(({ pipeline, cpu }) => [pipeline, rounded(cpu.median / first.cpu.median)])
    )
  }
  return ratios
}

export function machine(): Report['machine'] {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown', cores: all.length, system: `${process.platform} ${release()}`, node: process.version,
    load: rounded(loadavg()[0]!), at: new Date().toISOString(),
  }
}

export function table({ results, ratios, proofs, decisions, skipped, voided, took }: Report): string {
  const lines = results.map(({ scenario, pipeline, cpu, messagesPerSecond, p50, p99, utilisation }) => [
    scenario.padEnd(20), pipeline.padEnd(20),
    `${cpu.median.toFixed(2).padStart(8)} µs [${cpu.min.toFixed(2)}–${cpu.max.toFixed(2)}]`.padEnd(30),
    `× ${ratios[scenario]?.[pipeline]?.toFixed(2) ?? ''}`.padEnd(9),
    `${Math.round(messagesPerSecond.median)}/s`.padStart(10), `p50 ${ms(p50.median)} p99 ${ms(p99.median)} ms`.padStart(26),
    `generator ${Math.round(100 * utilisation)} %`,
  ].join(' '))
  const faults = voided.map(
    ({ scenario, pipeline, faults }) => `void: ${scenario}, ${pipeline}: ${Object.entries(faults).map(([name, count]) => `${count} ${name}`).join(', ')}`
  )
  return [
    ...lines, ...Object.entries(proofs).map(([scenario, cost]) => proofLine(scenario, cost)), ...decisions.map(decisionLine), ...faults, ...skipped.map(({ scenario, pipeline, skipped: reason }) => `skipped: ${scenario}, ${pipeline}: ${reason}`),
    `${took} s`,
  ].join('\n')
}

function proofLine(scenario: string, { added, secp256k1, ratio }: ProofCost): string {
  return `${scenario}: a proof adds ${added.toFixed(2)} µs; a native secp256k1 signature takes ${secp256k1.toFixed(1)} µs, ${ratio.toFixed(1)} times that`
}

const ms = (microseconds: number): string => (microseconds / 1000).toFixed(2)
function rounded(figure: number): number { return Number(figure.toPrecision(4)) }
