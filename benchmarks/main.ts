// End to end, beside its peers, in interleaved runs:   npm run bench [-- --only W1,W2 --peers NAME,NAME --rounds 5 --seconds 2 --json]
// Progress on stderr; the last line of stdout is one JSON document with `void`, `ratios` and `results`.
import { parseArgs } from 'node:util'
import { decisionCosts } from '#benchmarks/decision.ts'
import { missingCompiler } from '#benchmarks/generator/build.ts'
import { measure, type Result, type Skipped } from '#benchmarks/measure.ts'
import { hasTaskset } from '#benchmarks/process.ts'
import { writeChart } from '#benchmarks/report/chart.ts'
import { machine, ratiosOf, table, verdictOf, type Report } from '#benchmarks/report/report.ts'
import { proofCosts } from '#benchmarks/signatures.ts'
import { WORKLOADS } from '#benchmarks/workloads/workloads.ts'
import type { Scenario } from '#benchmarks/workloads/scenario.ts'

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' }, peers: { type: 'string' }, rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' }, json: { type: 'boolean', default: false }, chart: { type: 'string' },
  },
})
const DECISION = 'decision'
const rounds = Number(options.rounds), seconds = Number(options.seconds)
const say = (text: string): void => console.error(text)

process.exitCode = await main()

async function main(): Promise<number> {
  if (missingCompiler !== undefined && options.only !== DECISION) { say(missingCompiler); return 2 }
  if (!hasTaskset) say('taskset is not installed: servers and generator share their cores.')
  const began = Date.now(), results: Result[] = [], skipped: Skipped[] = []
  for (const workload of WORKLOADS.filter(({ name }) => isWanted(options.only, name))) {
    for (const scenario of workload.scenarios()) {
      if (!isWanted(options.only, workload.name, scenario.name)) continue
      const measured = await measure(withPeers(scenario), { rounds, seconds, say })
      results.push(...measured.results)
      skipped.push(...measured.skipped)
    }
  }
  const report: Report = {
    ...verdictOf(results), decisions: isWanted(options.only, DECISION) ? decisionCosts(say) : [], rounds, seconds, took: Math.round((Date.now() - began) / 1000), machine: machine(), ratios: ratiosOf(results), proofs: proofCosts(results),
    skipped, results,
  }
  if (!options.json) console.log(table(report))
  if (options.chart !== undefined) writeChart(report, options.chart)
  console.log(JSON.stringify(report))
  return report.void ? 1 : 0
}

/** A workload by its name (or `decision`), or one scenario of it: `W1` or `W1 small QoS 0`. */
function isWanted(only: string | undefined, workload: string, scenario?: string): boolean {
  if (only === undefined) return true
  return only.split(',').some(word => word === workload || (scenario === undefined ? word.startsWith(`${workload} `) : word === scenario))
}

/** The first takes part always; of the others those whose names contain one of the words that were given, `none` of them where that is said. */
function withPeers(scenario: Scenario): Scenario {
  const words = options.peers?.toLowerCase().split(',')
  if (!words || scenario.workload === 'W4') return scenario
  return {
    ...scenario,
    contenders: scenario.contenders.filter(({ maker }, n) => n === 0 || words.some(word => maker.name.toLowerCase().includes(word))),
  }
}
