// Differential privacy with a budget per subject, and erasure: on a data directory, over starts and kills.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GRACE_MS, type Made } from '#gateway/aggregates/aggregates.ts'
import type { NewAggregate } from '#gateway/aggregates/aggregate.ts'
import { AggregateStore, CROWDS_MAX, DAY_MS, REMEMBERED_MS } from '#gateway/aggregates/store.ts'
import { DELETED, CHANGED } from '#gateway/rights/holdings.ts'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { clearState } from '#gateway/rights/clearing.ts'
import { MICRO } from '#gateway/transforms/counted.ts'
import { PURPOSE, Reader, Rooms } from '#test/support/rooms.ts'
import { TurnedClock } from '#test/support/temporary.ts'

interface Home { readonly owner: Party, readonly source: Source, readonly stream: Stream }

const WINDOW_MS = 60_000, BEGIN = Date.UTC(2026, 4, 4)

describe('The privacy budget of a subject', () => {
  let rooms: Rooms, city: Party
  beforeEach(async () => {
    rooms = await Rooms.open({ clock: new TurnedClock(BEGIN) })
    city = rooms.party('subscriber')
  })
  afterEach(() => rooms.close())

  async function home(transform: string, owner?: Party): Promise<Home> {
    const scene = await rooms.scene(owner)
    rooms.grant(scene.stream, { recipient: city.id, transforms: [`temperature=${transform}`] })
    rooms.agree(scene.stream, city)
    return scene
  }
  const wish = (type: string, more: Partial<NewAggregate> = {}): NewAggregate => ({ type, attribute: 'temperature', function: 'sum', window: 60, contributors: 3, purpose: PURPOSE, range: [0, 1], step: 1, epsilon: 0.4, ...more })
  const watch = ({ stream }: Made) => rooms.watch(city, stream, undefined, Reader.eager())
  async function window(all: readonly Home[]) {
    if (rooms.clock.now() < firstAt()) rooms.clock.turn(firstAt() - rooms.clock.now())
    for (const { source } of all) await rooms.send(source, [1])
    rooms.clock.turn(WINDOW_MS - rooms.clock.now() % WINDOW_MS + GRACE_MS)
    rooms.aggregates.tick()
  }
  /** When the first window begins of what there is. */
  const firstAt = () => Math.max(0, ...rooms.aggregates.list(city.id).map(({ aggregate }) => Math.ceil((aggregate.createdAt + 1) / WINDOW_MS) * WINDOW_MS))
  const spent = ({ owner }: Home) => new AggregateStore(rooms.database).spent(owner.id, rooms.clock.now())

  it('is taken from by each release, and who has none left is left out until the next day', async () => {
    const all = [await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1')], made = rooms.aggregates.create(city.id, wish(all[0]!.stream.model.type)), reader = watch(made)
    for (let n = 0; n < 4; n++) await window(all)
    assert.deepEqual([made.windows, rooms.aggregates.spentCount, all.map(spent)], [{ RELEASED: 2, NOBODY: 0, TOO_FEW: 2, TOO_CLOSE: 0, UNAVAILABLE: 0 }, 6, [0.8 * MICRO, 0.8 * MICRO, 0.8 * MICRO]])
    assert.equal(JSON.parse(reader.got[0]!.content).temperature.aggregation.value.epsilon, 0.4)
    rooms.clock.turn(DAY_MS)
    rooms.aggregates.tick()
    await window(all)
    assert.equal(made.windows.RELEASED, 3)
  })

  it('is one over all attributes, aggregates and recipients of theirs, and the least that they named counts', async () => {
    const { owner } = await home('aggregate:60|3+dp:1'), others = [await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1')], second = await home('aggregate:60|3+dp:0.5', owner)
    const first = rooms.aggregates.create(city.id, wish(second.stream.model.type)), again = rooms.aggregates.create(city.id, wish(second.stream.model.type, { function: 'mean' }))
    watch(first)
    watch(again)
    await window([second, ...others])
    assert.deepEqual([first.last, again.last, spent(second)], ['RELEASED', 'TOO_FEW', 0.4 * MICRO])
  })

  it('is one epsilon of whoever asked for no noise, and not needed of whom the readings themselves may be told; nobody is in a figure without noise who asked for it', async () => {
    const plain = [await home('aggregate:60|3'), await home('pass'), await home('round:0.5')], noisy = await home('aggregate:60|3+dp:1')
    const made = rooms.aggregates.create(city.id, wish(noisy.stream.model.type)), exact = rooms.aggregates.create(city.id, wish(noisy.stream.model.type, { epsilon: undefined, range: undefined, function: 'count' } as object)), reader = watch(exact)
    watch(made)
    await window([...plain, noisy])
    assert.deepEqual([made.last, spent(noisy), plain.map(spent)], ['RELEASED', 0.4 * MICRO, [0.4 * MICRO, 0, 0]])
    await window([...plain, noisy])
    assert.deepEqual([exact.windows.TOO_CLOSE + exact.windows.RELEASED, reader.temperatures.every(count => count === 3)], [2, true])
  })

  it('is never exceeded: whatever is asked for, however often, over kills and starts, with the clock set back', async () => {
    let released = 0
    await fc.assert(fc.asyncProperty(
      fc.array(fc.constantFrom(0.1, 0.25, 0.6, 1), { minLength: 3, maxLength: 5 }), fc.array(fc.constantFrom(0.05, 0.1, 0.3), { minLength: 1, maxLength: 3 }), fc.array(fc.constantFrom('window', 'window', 'kill', 'stop', 'back', 'day'), { minLength: 4, maxLength: 14 }),
      async (budgets, epsilons, steps) => {
        const own = await Rooms.open({ clock: new TurnedClock(BEGIN) })
        const before = [rooms, city] as const
        ;[rooms, city] = [own, own.party('subscriber')]
        const all: Home[] = [], told = new Map<string, number>()
        for (const budget of budgets) all.push(await home(`aggregate:60|3+dp:${budget}`))
        for (const epsilon of epsilons) rooms.aggregates.create(city.id, wish(all[0]!.stream.model.type, { epsilon }))
        let readers: readonly { reader: Reader, epsilon: number }[] = []
        const open = () => { readers = rooms.aggregates.list(city.id).map(made => ({ reader: watch(made), epsilon: made.aggregate.epsilon! })) }
        open()
        for (const step of steps) {
          const got = readers.map(({ reader }) => reader.got.length)
          if (step === 'window') await window(all)
          else if (step === 'day') rooms.clock.turn(DAY_MS / 2)
          else if (step === 'back') rooms.clock.turn(-WINDOW_MS * 3)
          else { rooms = await rooms.reopen(step); open() }
          if (step !== 'window') continue
          const day = Math.floor(rooms.clock.now() / DAY_MS)
          for (const [n, { reader, epsilon }] of readers.entries()) told.set(`${day}`, (told.get(`${day}`) ?? 0) + (reader.got.length - got[n]!) * epsilon)
        }
        const rows = rooms.database.prepare('SELECT party_id, day, spent FROM privacy_spending').all() as { party_id: string, day: number, spent: number }[]
        for (const { party_id, day, spent: of } of rows) {
          assert.ok(of <= budgets[all.findIndex(({ owner }) => owner.id === party_id)]! * MICRO, 'more was told than they said')
          assert.ok(of <= (told.get(`${day}`) ?? 0))
        }
        // What was told of the crowd was taken from at least three of them: all of it is in the books.
        for (const [day, all3] of told) assert.ok(rows.filter(row => `${row.day}` === day).reduce((sum, row) => sum + row.spent, 0) >= 3 * all3)
        released += rows.length
        await rooms.close()
        ;[rooms, city] = before
      }), { numRuns: 25 })
    assert.ok(released > 25, `${released} budgets were spent from`)
  }).timeout(120_000)

  it('and all else that is kept of somebody goes when they are erased; that they have gone still counts as one who went', async () => {
    const all = [await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1')], made = rooms.aggregates.create(city.id, wish(all[0]!.stream.model.type)), [gone, ...left] = all
    watch(made)
    await window(all)
    assert.equal(made.last, 'RELEASED')
    const tables = ['privacy_spending', 'aggregate_crowds'], held = (table: string) => Number(rooms.database.prepare(`SELECT count(*) AS count FROM ${table} WHERE ${[...DELETED, ...CHANGED].find(each => each.table === table)!.where}`).get({ owner: gone!.owner.id })!['count'])
    assert.deepEqual(tables.map(held), [1, 1])
    const erasure = { id: 'era_1', alias: 'gone_1', salt: Buffer.alloc(0), subject: Buffer.alloc(0), requestedBy: 'owner' as const, begunAt: 0, history: [], erased: {} }
    rooms.database.exec('PRAGMA foreign_keys = OFF')
    clearState(rooms.database, rooms.transparency, erasure, gone!.owner.id, [], [], 0)
    assert.deepEqual([tables.map(held), new AggregateStore(rooms.database).crowds(made.aggregate, rooms.clock.now())[0]!.members.flat().includes('gone_1')], [[0, 0], true])
    await window(left)
    assert.equal(made.last, 'TOO_CLOSE')
  })

  it('is on disk before anything leaves: what cannot be written down is not told', async () => {
    const all = [await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1'), await home('aggregate:60|3+dp:1')], made = rooms.aggregates.create(city.id, wish(all[0]!.stream.model.type)), reader = watch(made)
    rooms.database.exec('CREATE TRIGGER full BEFORE INSERT ON privacy_spending BEGIN SELECT RAISE(ABORT, \'full\'); END')
    await window(all)
    assert.deepEqual([made.last, reader.got, all.map(spent)], ['UNAVAILABLE', [], [0, 0, 0]])
    rooms.database.exec('DROP TRIGGER full')
    await window(all)
    assert.equal(made.last, 'RELEASED')
  })

  it('has crowds remembered for a day, and no more than so many', async () => {
    const all = [await home('pass'), await home('pass'), await home('pass')], made = rooms.aggregates.create(city.id, wish(all[0]!.stream.model.type, { epsilon: undefined, range: undefined })), store = new AggregateStore(rooms.database)
    watch(made)
    for (let n = 0; n < CROWDS_MAX; n++) store.release(made.aggregate, { at: rooms.clock.now(), crowd: { members: [[`x${n}`], [`y${n}`], [`z${n}`]], contributors: 3 }, spent: [], epsilon: 0 })
    await window(all)
    assert.equal(made.last, 'TOO_CLOSE')
    rooms.clock.turn(REMEMBERED_MS)
    rooms.aggregates.tick()
    await window(all)
    assert.equal(made.last, 'RELEASED')
    store.prune(rooms.clock.now())
    assert.equal(store.crowds(made.aggregate, 0).length, 1)
  })
})
