// The benchmarks prove something only while everybody does the same job: the peers' code beside the reference, and a short run end to end.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { grantedOf, KIND, makeFleet, STREAMS } from '#benchmarks/fleet.ts'
import { missingCompiler } from '#benchmarks/generator/build.ts'
import { makeJob } from '#benchmarks/peers/job.ts'
import { differenceOf, referenceOf } from '#benchmarks/reference.ts'
import { chartOf } from '#benchmarks/report/chart.ts'
import type { Report } from '#benchmarks/report/report.ts'

const run = promisify(execFile), ROOT = join(import.meta.dirname, '..', '..')

async function bench(...words: string[]): Promise<Report> {
  const arguments_ = ['--disable-warning=ExperimentalWarning', 'benchmarks/main.ts', '--json', ...words]
  // A run that is void ends with 1, and says why on its last line.
  const { stdout } = await run(process.execPath, arguments_, { cwd: ROOT, maxBuffer: 1 << 26 }).catch((error: { stdout: string }) => error)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Report
}

describe('The messages of the benchmarks', () => {
  for (const stream of STREAMS) {
    it(`of the ${stream} stream become the same entities by the peers' code as by the reference, or none`, () => {
      const { devices, messages } = makeFleet({ stream, devices: 100, connections: 4 })
      const job = makeJob(
        Object.fromEntries(devices.map(({ topic, shape, name, isConsented }) => [topic, { shape: shape.name, name, isConsented }]))
      )
      for (const { device, topic, payload, kind } of messages) {
        const sender = devices[device]!, made = job(topic, payload), expected = sender.isConsented ? referenceOf(sender, payload, grantedOf(sender.shape)) : undefined
        assert.equal(kind === KIND.expected, expected !== undefined, `${topic} ${payload.toString()}`)
        assert.equal(
          made === undefined ? expected : differenceOf(expected, JSON.stringify(made.entity)), undefined, `${topic} ${payload.toString()}`
        )
      }
    })
  }

  it('have shapes of six dialects, and where they are hostile a share that nothing can be made of', () => {
    const { devices, messages } = makeFleet({ stream: 'hostile', devices: 300, connections: 4 }), count = (wanted: number) => messages.filter(({ kind }) => kind === wanted).length
    assert.ok(new Set(devices.map(({ shape }) => shape.name)).size >= 24)
    assert.equal(new Set(devices.map(({ shape }) => shape.dialect)).size, 6)
    assert.ok(
      count(KIND.invalid) > 0.02 * messages.length && count(KIND.invalid) < 0.06 * messages.length,
      `${count(KIND.invalid)} of ${messages.length}`
    )
    assert.ok(count(KIND.unconsented) > 0.05 * messages.length, `${count(KIND.unconsented)} of ${messages.length}`)
    assert.ok(messages.every(({ kind, sequenceAt }) => kind !== KIND.expected || sequenceAt >= 0))
  })
})

describe('The benchmarks', () => {
  before(function () {
    if (missingCompiler === undefined) return
    console.log(`      skipped: ${missingCompiler}`)
    this.skip()
  })

  for (
    const [title, scenario] of [
      ['clean messages', 'W1 small QoS 0'], ['acknowledged ones', 'W1 small QoS 1'], ['hostile ones', 'W1 hostile QoS 0'],
    ] as const
  ) {
    it(`lose, repeat, reorder and leak none of the ${title}, and what was looked at was right`, async () => {
      const report = await bench('--only', scenario, '--peers', 'relay', '--rounds', '1', '--seconds', '1'), [own] = report.results
      assert.deepEqual(report.voided, [])
      assert.equal(report.void, false)
      assert.ok(own!.pipeline === 'sluice' && own!.sent > 0 && own!.checked > 0 && own!.cpu.median > 0)
      assert.equal(report.ratios[scenario]!['C relay'], Number((report.results[1]!.cpu.median / own!.cpu.median).toPrecision(4)))
      assert.match(chartOf(report), new RegExp(`^<svg[^]*>${scenario}<[^]*>sluice<[^]*>C relay<[^]*</svg>\n$`))
    })
  }

  it('over WebSocket give each subscriber its own attributes', async () => {
    const report = await bench('--only', 'W6', '--peers', 'none', '--rounds', '1', '--seconds', '1'), [own] = report.results
    assert.deepEqual([report.voided, report.results.length], [[], 1])
    assert.ok(own!.checked > 0)
  })

  it('are void where something that nobody consented to comes out', async () => {
    // The relay hands on everything: as if it were one that does the job, it is caught.
    const { measure } = await import('#benchmarks/measure.ts'), { relay } = await import('#benchmarks/pipelines/brokers.ts')
    const leaky = {
      ...relay, start: async (...given: Parameters<typeof relay.start>) => ({ ...await relay.start(...given), isForwarding: false }),
    }
    const scenario = {
      workload: 'W1', name: 'leaky', qosIn: 0, qosOut: 0, pace: { window: 100 },
      contenders: [{ maker: leaky, fleet: makeFleet({ devices: 100, connections: 4 }) }],
    } as const
    const { results: [result] } = await measure(scenario, { rounds: 1, seconds: 0.2, say: () => {} })
    assert.ok(result!.faults.unconsented! > 0 && result!.faults.wrong! > 0)
    assert.match(String(result?.difference), /is not/)
  })
})
