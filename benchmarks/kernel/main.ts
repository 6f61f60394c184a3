// npm run bench:kernel [-- --json]: the kernel against the JavaScript road, on messages of all shapes, clean and hostile; what it hands back takes
// the JavaScript road too, and counts. Interleaved rounds, CPU time of the process, medians.
import { ADAPTERS } from '#adapters/registry.ts'
import { ANSWER, Kernel, type KernelRun } from '#gateway/kernel/kernel.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { pack } from '#semantic-models/packed.ts'
import { timeText } from '#semantic-models/text.ts'
import { SHAPES, type Shape } from '#benchmarks/corpus/corpus-shapes.ts'
import { makeCorpus, type Corpus } from '#benchmarks/corpus/hostile-corpus.ts'
import { ALL, Beside } from '#benchmarks/kernel/kernel-truth.ts'

const AT = Date.UTC(2026, 10, 25, 8), ARRIVAL = AT + 500, ARRIVAL_TEXT = timeText(ARRIVAL)
const WARM_UP_ROUNDS = 4, ROUNDS = 5, DEVICES_PER_SHAPE = 40, MESSAGES_MIN = 20_000, BATCH = 64, ANSWER_WORDS = 6
const STREAMS: Readonly<Record<string, RegExp>> = { 'small clean shape': /^zigbee-climate$/, 'all shapes': /./ }

interface Stream { readonly corpus: Corpus, readonly besides: readonly Beside[], readonly kernel: Kernel, readonly bytes: Buffer, readonly rows: Int32Array }
interface Measured { readonly name: string, readonly kernelNs: number, readonly truthNs: number, readonly ratio: number, readonly handedBackShare: number, readonly bytesPerMessage: number }

function streamOf(shapes: readonly Shape[], isHostile: boolean): Stream {
  const kernel = new Kernel(), options = { shapes, devicesPerShape: DEVICES_PER_SHAPE, at: AT }
  const corpus = makeCorpus({ ...options, seed: 2, messagesPerDevice: Math.ceil(MESSAGES_MIN / DEVICES_PER_SHAPE / shapes.length), isHostile }), lessons = makeCorpus({ ...options, seed: 1, messagesPerDevice: 3, isHostile: false })
  const besides = corpus.devices.map(({ shape: { dialect, phases }, topic }) => {
    const facts: DeviceFacts = { id: 'abcdefghijklmnopqrstuvwxyz', dialect, placement: 'indoor', phases: phases === 3 ? 3 : 1, location: [4.35, 50.85] }
    return new Beside(kernel, { adapter: ADAPTERS.find(({ name }) => name === dialect)!, topic, facts, granted: ALL })
  })
  for (const { device, payload } of lessons.messages) besides[device]!.send(payload, ARRIVAL)
  const parts = corpus.messages.flatMap(({ topic, payload }) => [Buffer.from(topic), payload]), rows: number[] = []
  let at = 0
  for (const part of parts) {
    rows.push(at, part.length)
    at += part.length
  }
  return { corpus, besides, kernel, bytes: Buffer.concat(parts), rows: Int32Array.from(rows) }
}

/** The JavaScript road: bytes → packed entities. */
function takeTruth({ corpus, besides }: Stream, n: number): void {
  const { device, payload } = corpus.messages[n]!
  for (const { entity } of besides[device]!.map(payload, ARRIVAL).observations) pack(entity, ALL)
}

function runTruth(stream: Stream): number {
  for (let n = 0; n < stream.corpus.messages.length; n++) takeTruth(stream, n)
  return 0
}

/** Gives the number of messages that were handed back. */
function runKernel(stream: Stream): number {
  const { kernel, bytes, rows, corpus: { messages } } = stream
  let back = 0
  for (let from = 0; from < messages.length;) {
    const loaded = kernel.load(1, bytes, rows, from, Math.min(BATCH, messages.length - from), ARRIVAL, ARRIVAL_TEXT)
    for (let row = 0; row < loaded;) {
      const run = kernel.run(row)
      row = run.done
      if (isTaken(run, row - 1)) continue
      takeTruth(stream, from + row - 1)
      back++
    }
    from += loaded
  }
  return back
}

function isTaken({ answers }: KernelRun, row: number): boolean {
  const answer = answers[row * ANSWER_WORDS + ANSWER_WORDS - 1]
  return answer === ANSWER.DONE || answer === ANSWER.ONLY_STATES
}

function nsPerMessage(stream: Stream, work: (stream: Stream) => number): number {
  work(stream) // not counted: nobody is to pay for another's garbage
  const { user, system } = process.cpuUsage()
  work(stream)
  const spent = process.cpuUsage({ user, system })
  return (spent.user + spent.system) * 1_000 / stream.corpus.messages.length
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

function measure(name: string, shapes: readonly Shape[], isHostile: boolean): Measured {
  const stream = streamOf(shapes, isHostile), kernel: number[] = [], truth: number[] = [], handedBack = runKernel(stream)
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    runKernel(stream)
    runTruth(stream)
  }
  for (let round = 0; round < ROUNDS; round++) {
    kernel.push(nsPerMessage(stream, runKernel))
    truth.push(nsPerMessage(stream, runTruth))
  }
  const { messages } = stream.corpus, [kernelNs, truthNs] = [median(kernel), median(truth)]
  return { name, kernelNs, truthNs, ratio: truthNs / kernelNs, handedBackShare: handedBack / messages.length, bytesPerMessage: stream.bytes.length / messages.length }
}

const results = Object.entries(STREAMS).flatMap(([name, pattern]) => {
  const shapes = SHAPES.filter(shape => pattern.test(shape.name))
  return [measure(`${name}, clean`, shapes, false), measure(`${name}, hostile`, shapes, true)]
})
if (process.argv.includes('--json')) console.log(JSON.stringify(results))
else for (const { name, kernelNs, truthNs, ratio, handedBackShare, bytesPerMessage } of results) {
  console.log(`${name.padEnd(28)} ${bytesPerMessage.toFixed(0).padStart(5)} B  kernel ${kernelNs.toFixed(0).padStart(6)} ns  JavaScript ${truthNs.toFixed(0).padStart(6)} ns  ${ratio.toFixed(1).padStart(5)} ×  ${(100 * handedBackShare).toFixed(2)} % not taken`)
}
