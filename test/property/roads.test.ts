// Through the data path as it is, the corpus of all shapes: of the messages that the long road understands in full, how many the kernel hands
// back once their topics are learned; and that every message is counted by its rule once.
import assert from 'node:assert/strict'
import { DIALECTS, type Dialect } from '#adapters/adapter.ts'
import type { Source } from '#gateway/devices/sources.ts'
import { NO_RULE, type LongRoadReason, type Roads } from '#gateway/telemetry/roads.ts'
import { models } from '#semantic-models/registry.ts'
import { makeCorpus } from '#benchmarks/corpus/hostile-corpus.ts'
import { Rooms } from '#test/support/rooms.ts'
import { rows, type Row } from '#test/support/rows.ts'

const DEVICES_PER_SHAPE = 10, ROUNDS = 24, BATCH = 64
/** Rounds in which topics are learned, and what they can be. */
const LESSONS = 8
const HANDED_BACK_MAX = { clean: 0.01, hostile: 0.03 }
/** What a rule can be blamed for. */
const BLAMED: readonly LongRoadReason[] = ['not-covered', 'only-states', 'changed']

interface Message extends Row { readonly dialect: Dialect }
interface Count { readonly taken: number, readonly back: number, readonly all: number }

function corpusOf(isHostile: boolean, at: number): readonly (readonly Message[])[] {
  const { devices, messages } = makeCorpus({ seed: 1, devicesPerShape: DEVICES_PER_SHAPE, messagesPerDevice: ROUNDS, isHostile, at })
  const told = messages.map(({ device, topic, payload }) => ({ topic, payload, dialect: devices[device]!.shape.dialect })), end = devices.length * LESSONS
  return [told.slice(0, end), told.slice(end)]
}

function countIn({ all }: Roads): Map<string, Count> {
  return new Map(all.map(({ dialect, name, taken, long }) => {
    const back = name === NO_RULE ? 0 : BLAMED.reduce((sum, reason) => sum + long[reason], 0)
    return [`${dialect} ${name}`, { taken, back, all: Object.values(long).reduce((one, other) => one + other, taken) }]
  }))
}

function since(before: ReadonlyMap<string, Count>, now: ReadonlyMap<string, Count>): ReadonlyMap<string, Count> {
  return new Map([...now].map(([rule, { taken, back, all }]) => {
    const first = before.get(rule) ?? { taken: 0, back: 0, all: 0 }
    return [rule, { taken: taken - first.taken, back: back - first.back, all: all - first.all }]
  }))
}

/** Each dialect is a source, whose messages come in batches. */
async function send(rooms: Rooms, sources: ReadonlyMap<Dialect, Source>, messages: readonly Message[]): Promise<void> {
  for (const [dialect, { id: sourceId }] of sources) {
    const own = messages.filter(message => message.dialect === dialect)
    for (let n = 0; n < own.length; n += BATCH) {
      rooms.clock.turn(10)
      await rooms.pipeline.ingest(rows(rooms.clock.now(), own.slice(n, n + BATCH)), { sourceId, clientId: 'hub' })
    }
  }
}

describe('The roads that the corpus takes', function () {
  this.timeout(60_000)
  let rooms: Rooms
  beforeEach(async () => { rooms = await Rooms.open() })
  afterEach(async () => { await rooms.settled(); await rooms.close() })

  /** By rule, once topics are learned; and how many messages that were. */
  async function measure(isHostile: boolean): Promise<{ counts: ReadonlyMap<string, Count>, sent: number }> {
    const owner = rooms.party('owner'), { roads, dropped } = rooms.tally, [lessons, rest] = corpusOf(isHostile, rooms.clock.now())
    const sources = new Map(DIALECTS.map(dialect => [dialect, rooms.sources.pair(owner.id, { name: dialect, dialect, timezone: 'Europe/Brussels' }).source]))
    await send(rooms, sources, lessons!)
    const before = countIn(roads), strangers = dropped.NO_ADAPTER
    await send(rooms, sources, rest!)
    return { counts: since(before, countIn(roads)), sent: rest!.length - (dropped.NO_ADAPTER - strangers) }
  }

  for (const kind of ['clean', 'hostile'] as const) {
    it(`are the short one for all but ${HANDED_BACK_MAX[kind] * 100} % of the ${kind} messages that are understood, and each message is counted once`, async () => {
      const { counts, sent } = await measure(kind === 'hostile'), sum = (of: keyof Count) => [...counts.values()].reduce((all, count) => all + count[of], 0)
      const share = sum('back') / (sum('taken') + sum('back'))
      console.log(`      ${sent} messages: ${(100 * share).toFixed(2)} % handed back`)
      assert.ok(share <= HANDED_BACK_MAX[kind], `${(100 * share).toFixed(2)} %`)
      assert.equal(sum('all'), sent)
      assert.ok(sum('taken') > 0.9 * sent, 'else too many are not judged at all')
      if (kind === 'clean') for (const [rule, { taken, back }] of counts) assert.ok(back <= HANDED_BACK_MAX.clean * (taken + back), rule)
      const types = new Set([NO_RULE, ...models().map(({ type }) => type)])
      assert.deepEqual(rooms.tally.roads.all.filter(({ name }) => !types.has(name)), [], 'rules are a closed set')
    })
  }
})
