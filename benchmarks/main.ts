// End to end, beside a peer, in one interleaved run:   npm run bench [-- --rounds 5 --seconds 2 --json]
// The figure is CPU-microseconds a message, summed over all processes of a pipeline; the ratio is that of medians.
import { parseArgs } from 'node:util'
import { cpuNanoseconds } from '#benchmarks/cpu.ts'
import { Load, type RoundCounts } from '#benchmarks/load.ts'
import { MOSQUITTO, startMqttJsAjv } from '#benchmarks/pipelines/mqttjs-ajv.ts'
import type { Pipeline } from '#benchmarks/pipelines/pipeline.ts'
import { startSluice } from '#benchmarks/pipelines/sluice.ts'
import { pinGenerator } from '#benchmarks/process.ts'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' }, json: { type: 'boolean', default: false } } })
const rounds = Number(options.rounds), seconds = Number(options.seconds)

interface Result { readonly pipeline: string, readonly qos: 0 | 1, readonly cpuMicroseconds: number, readonly spread: readonly [number, number], readonly messagesPerSecond: number, readonly missing: number, readonly duplicates: number, readonly leaked: number }

const say = (text: string): void => { if (!options.json) console.error(text) }

pinGenerator()
const results: Result[] = []
for (const qos of [0, 1] as const) results.push(...await compare(qos))
report(results)
process.exit(results.some(({ missing, duplicates, leaked }) => missing + duplicates + leaked > 0) ? 1 : 0)

/** All pipelines alive at once, each measured once a round. */
async function compare(qos: 0 | 1): Promise<Result[]> {
  const pipelines: Pipeline[] = [await startSluice(say)]
  if (MOSQUITTO) pipelines.push(await startMqttJsAjv(qos))
  else say('Mosquitto is not installed: Sluice is measured alone.')
  const runs = await Promise.all(pipelines.map(async pipeline => {
    const load = new Load(qos)
    await pipeline.attach(load)
    return { pipeline, load, cpu: [] as number[], rates: [] as number[], counts: [] as RoundCounts[] }
  }))
  for (const { load } of runs) await load.round(1) // to warm up
  for (let round = 1; round <= rounds; round++) {
    for (const run of runs) {
      const before = cpuNanoseconds(run.pipeline.pids), counts = await run.load.round(seconds)
      run.cpu.push((cpuNanoseconds(run.pipeline.pids) - before) / 1000 / counts.sent)
      run.rates.push(counts.sent / counts.seconds)
      run.counts.push(counts)
      say(`QoS ${qos}, round ${round} of ${rounds}, ${run.pipeline.name}: ${run.cpu.at(-1)!.toFixed(1)} µs a message, ${Math.round(run.rates.at(-1)!)} a second`)
    }
  }
  for (const { load, pipeline } of runs) { load.close(); await pipeline.stop() }
  return runs.map(({ pipeline, cpu, rates, counts }) => ({
    pipeline: pipeline.name, qos, cpuMicroseconds: median(cpu), spread: [Math.min(...cpu), Math.max(...cpu)], messagesPerSecond: Math.round(median(rates)),
    missing: sum(counts.map(({ expected, received }) => expected - received)), duplicates: sum(counts.map(count => count.duplicates)), leaked: sum(counts.map(count => count.leaked)),
  }))
}

function report(all: readonly Result[]): void {
  if (!options.json) {
    for (const { pipeline, qos, cpuMicroseconds, spread, messagesPerSecond, missing, duplicates, leaked } of all) {
      console.log(`QoS ${qos}  ${pipeline.padEnd(28)} ${cpuMicroseconds.toFixed(1).padStart(7)} µs a message [${spread.map(figure => figure.toFixed(1)).join('–')}]  ${String(messagesPerSecond).padStart(7)} a second  missing ${missing}, twice ${duplicates}, unconsented ${leaked}`)
    }
  }
  const ratios = Object.fromEntries(([0, 1] as const).map(qos => {
    const [own, peer] = [all.find(result => result.qos === qos && result.pipeline === 'sluice'), all.find(result => result.qos === qos && result.pipeline !== 'sluice')]
    return [`qos${qos}`, own && peer ? Number((peer.cpuMicroseconds / own.cpuMicroseconds).toFixed(2)) : undefined]
  }))
  console.log(JSON.stringify({ void: all.some(({ missing, duplicates, leaked }) => missing + duplicates + leaked > 0), rounds, seconds, ratios, results: all }))
}

function median(figures: readonly number[]): number { return [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? NaN }
function sum(figures: readonly number[]): number { return figures.reduce((total, figure) => total + figure, 0) }
