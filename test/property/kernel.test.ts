// The kernel against decode and map, message by message: the corpus of all shapes, clean and hostile, and the same with bytes changed. What the
// kernel takes is what the truth says, in every figure, mask, state and instant; what it hands back is little.
import assert from 'node:assert/strict'
import { ADAPTERS } from '#adapters/registry.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { makeCorpus, type Corpus } from '#test/support/hostile-corpus.ts'
import { Beside, type Outcome } from '#test/support/kernel-truth.ts'
import { mutate } from '#test/support/mutations.ts'
import { Random } from '#test/support/random.ts'

const AT = Date.UTC(2026, 10, 25, 8), ARRIVAL = AT + 500
const DEVICES_PER_SHAPE = 40
/** Some minutes for a million; `npm test` has seconds. */
const ROUNDS = process.env['KERNEL_ROUNDS'] === undefined ? 8 : Number(process.env['KERNEL_ROUNDS'])
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

const count = (counts: Map<Outcome, number>, outcome: Outcome): void => { counts.set(outcome, (counts.get(outcome) ?? 0) + 1) }
const told = (share: number): string => `${(100 * share).toFixed(2)} % handed back`

describe('The kernel beside decode and map', function () {
  this.timeout(600_000)

  for (const kind of ['clean', 'hostile'] as const) {
    it(`says the same of every ${kind} message that it takes, and hands back at most ${HANDED_BACK_MAX[kind] * 100} %`, function () {
      const corpus = corpusOf(kind === 'clean' ? 11 : 12, kind === 'hostile', ROUNDS), besides = besidesOf(corpus, new Random(13)), counts = new Map<Outcome, number>()
      for (const { device, payload } of corpus.messages) count(counts, besides[device]!.send(payload, ARRIVAL))
      const share = shareOf(counts)
      console.log(`      ${corpus.messages.length} messages: ${told(share)}`)
      assert.ok(share <= HANDED_BACK_MAX[kind], told(share))
      assert.ok((counts.get('learned') ?? 0) <= LEARNED_PER_TOPIC_MAX * corpus.devices.length)
    })
  }

  it('says the same of messages with bytes changed, left out and put in, and never reads or writes beyond its own', () => {
    const random = new Random(14), corpus = corpusOf(15, false, Math.ceil(ROUNDS / 2)), besides = besidesOf(corpus, random), counts = new Map<Outcome, number>()
    for (const { device, payload } of corpus.messages) {
      besides[device]!.send(payload, ARRIVAL)
      for (let n = 0; n < 2; n++) count(counts, besides[device]!.send(mutate(payload, random), ARRIVAL))
    }
    assert.ok((counts.get('taken') ?? 0) > 0.2 * corpus.messages.length, 'nearly all mutations are no messages any more')
  })
})
