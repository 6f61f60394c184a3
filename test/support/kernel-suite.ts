// What is tested of the kernel at any size: against decode and map, message by message, with the corpus of all shapes, clean and hostile, and the same with bytes changed. What the
// kernel takes is what the truth says, in every figure, mask, state and instant; what it hands back is little.
import assert from 'node:assert/strict'
import { ADAPTERS } from '#adapters/registry.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { makeCorpus, type Corpus } from '#benchmarks/corpus/hostile-corpus.ts'
import { Beside, type Outcome } from '#benchmarks/kernel/kernel-truth.ts'
import { mutate } from '#test/support/mutations.ts'
import { Random } from '#benchmarks/corpus/random.ts'

const MUTATIONS = 2
const AT = Date.UTC(2026, 10, 25, 8), ARRIVAL = AT + 500
const DEVICES_PER_SHAPE = 40
/** Of the messages that are mapped without a refusal, but for those by which something was learned: at most so many for each topic. */
const HANDED_BACK_MAX = { clean: 0.01, hostile: 0.03 }, LEARNED_PER_TOPIC_MAX = 3
const FACTS: Omit<DeviceFacts, 'dialect'> = { id: 'abcdefghijklmnopqrstuvwxyz', placement: 'indoor', phases: 1, location: [4.35, 50.85] }

const corpusOf = (seed: number, isHostile: boolean, messagesPerDevice: number): Corpus => makeCorpus({ seed, devicesPerShape: DEVICES_PER_SHAPE, messagesPerDevice, isHostile, at: AT })

/** Every third device has nothing granted, or some of it only. */
function besidesOf({ devices }: Corpus, random: Random): readonly Beside[] {
  const kernel = new Kernel()
  return devices.map(({ shape: { dialect }, topic }, n) => new Beside(kernel, {
    adapter: ADAPTERS.find(({ name }) => name === dialect)!, topic, facts: { ...FACTS, dialect, placement: n % 5 === 0 ? 'outdoor' : 'indoor' },
    source: n % 7, ...n % 3 === 0 && { granted: random.below(2 ** 31) },
  }))
}

function shareOf(counts: ReadonlyMap<Outcome, number>): number {
  const taken = counts.get('taken') ?? 0, back = counts.get('handed back') ?? 0
  return back / (taken + back)
}

export interface Size {
  /** Messages of each device in a corpus, and corpora. */
  readonly rounds: number
  readonly corpora: number
  /** No further corpus is begun then. */
  readonly secondsMax: number
}

const count = (counts: Map<Outcome, number>, outcome: Outcome): void => { counts.set(outcome, (counts.get(outcome) ?? 0) + 1) }
const told = (share: number): string => `${(100 * share).toFixed(2)} % handed back`

export function kernelSuite({ rounds, corpora, secondsMax }: Size): void {
  for (const kind of ['clean', 'hostile'] as const) {
    it(`says the same of every ${kind} message that it takes, and hands back at most ${HANDED_BACK_MAX[kind] * 100} %`, () => {
      const counts = new Map<Outcome, number>()
      let topics = 0
      const messages = inTurn(corpora, secondsMax, seed => {
        const corpus = corpusOf(seed, kind === 'hostile', rounds), besides = besidesOf(corpus, new Random(seed))
        for (const { device, payload } of corpus.messages) count(counts, besides[device]!.send(payload, ARRIVAL))
        topics += corpus.devices.length
        return corpus.messages.length
      })
      const share = shareOf(counts)
      console.log(`      ${messages} messages: ${told(share)}`)
      assert.ok(share <= HANDED_BACK_MAX[kind], told(share))
      assert.ok((counts.get('learned') ?? 0) <= LEARNED_PER_TOPIC_MAX * topics)
    })
  }

  it('says the same of messages with bytes changed, left out and put in, and reads nothing that stands behind them', () => {
    const counts = new Map<Outcome, number>(), messages = inTurn(corpora, secondsMax, seed => {
      const random = new Random(seed), corpus = corpusOf(seed, false, Math.ceil(rounds / 2)), besides = besidesOf(corpus, random)
      for (const { device, payload } of corpus.messages) {
        besides[device]!.send(payload, ARRIVAL)
        for (let n = 0; n < MUTATIONS; n++) count(counts, besides[device]!.send(mutate(payload, random), ARRIVAL))
      }
      return MUTATIONS * corpus.messages.length
    })
    console.log(`      ${messages} messages, of which the kernel took ${counts.get('taken')}`)
    assert.ok((counts.get('taken') ?? 0) > 0.1 * messages, 'nearly all mutations are no messages any more')
  })
}

/** One corpus after another; gives the number of messages. */
function inTurn(corpora: number, secondsMax: number, work: (seed: number) => number): number {
  const began = performance.now()
  let messages = 0
  for (let seed = 1; seed <= corpora && performance.now() - began < secondsMax * 1_000; seed++) messages += work(seed)
  return messages
}
