import assert from 'node:assert/strict'
import { AGGREGATES_PER_PARTY_MAX, GRACE_MS, STREAMS_PER_AGGREGATE_MAX, type Made } from '#gateway/aggregates/aggregates.ts'
import type { NewAggregate } from '#gateway/aggregates/aggregate.ts'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { TurnedClock } from '#test/support/temporary.ts'
import { isInOrder, PURPOSE, Reader, Rooms } from '#test/support/rooms.ts'

interface Home { readonly owner: Party, readonly source: Source, readonly stream: Stream, readonly consentId: string, readonly agreement: Agreement }

const WINDOW_MS = 900_000

describe('An aggregate', () => {
  let rooms: Rooms, city: Party
  beforeEach(async () => {
    rooms = await Rooms.open({ clock: new TurnedClock(Date.UTC(2026, 4, 4, 10, 0, 0)) })
    city = rooms.party('subscriber')
  })
  afterEach(() => rooms.close())

  async function home(transforms: readonly string[] = ['temperature=aggregate:900|3'], more: object = {}): Promise<Home> {
    const { owner, source, stream } = await rooms.scene()
    const consentId = rooms.grant(stream, { recipient: city.id, transforms }), agreement = rooms.agree(stream, city, more)
    return { owner, source, stream, consentId, agreement }
  }
  const homes = async (count: number, ...more: Parameters<typeof home>) => { const all = []; for (let n = 0; n < count; n++) all.push(await home(...more)); return all }
  const wish = (more: Partial<NewAggregate> = {}): NewAggregate => ({ type: rooms.streams.all()[Symbol.iterator]().next().value!.model.type, attribute: 'temperature', function: 'mean', window: 900, contributors: 3, purpose: PURPOSE, ...more })
  const watch = ({ stream }: Made) => rooms.watch(city, stream, undefined, Reader.eager())
  /** A reading of each, in the order of the homes. */
  const send = async (all: readonly Home[], ...values: number[]) => { for (const [n, value] of values.entries()) await rooms.send(all[n]!.source, [value]) }
  /** The first window of what was made is the next one. */
  const begin = () => rooms.clock.turn(WINDOW_MS - rooms.clock.now() % WINDOW_MS)
  function end(windows = 1) {
    rooms.clock.turn(windows * WINDOW_MS - rooms.clock.now() % WINDOW_MS + GRACE_MS)
    rooms.aggregates.tick()
  }

  it('tells one figure of a window, to its recipient, as a message of the network', async () => {
    const all = await homes(3), made = rooms.aggregates.create(city.id, wish()), reader = watch(made)
    begin()
    await send(all, 20, 21, 23.5)
    await send(all, 22)
    end()
    const [first] = reader.got
    assert.deepEqual(JSON.parse(first!.content), {
      id: `urn:ngsi-ld:${made.stream.model.type}:${made.aggregate.id.slice(4)}`, type: made.stream.model.type,
      dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': '2026-05-04T10:30:00.000Z' } },
      temperature: {
        type: 'Property', value: 21.833, unitCode: 'CEL', observedAt: '2026-05-04T10:30:00.000Z',
        aggregation: { type: 'Property', value: { function: 'mean', from: '2026-05-04T10:15:00.000Z', to: '2026-05-04T10:30:00.000Z', contributorsMin: 3 } },
      },
      '@context': made.stream.model.context,
    })
    assert.match(first!.id, /^\d+-0-[0-9a-f]{20}-0x[0-9a-f]{40}$/)
    await send(all, 1, 2, 3)
    end()
    await send(all, 1, 2, 4)
    end()
    assert.deepEqual([reader.temperatures, isInOrder(reader.got), made.windows.RELEASED, rooms.aggregates.outcomes.RELEASED], [[21.833, 2, 2.333], true, 3, 3])
    assert.equal(await refusal(() => rooms.watch(rooms.party('subscriber'), made.stream)), 'NOT_FOUND')
    assert.equal(await refusal(() => rooms.watch(all[0]!.owner, made.stream)), 'NOT_FOUND')
  })

  it('is a mean, a sum or a count, in steps, of what was brought as it was', async () => {
    const all = await homes(3), figures = [wish({ function: 'sum' }), wish({ function: 'count' }), wish({ step: 0.5 }), wish({ function: 'sum', step: 50 })].map(each => watch(rooms.aggregates.create(city.id, each)))
    begin()
    await send(all, 20.26, 21.3, 100.1)
    end()
    assert.deepEqual(figures.map(({ temperatures }) => temperatures), [[141.66], [3], [47], [150]])
    assert.equal(JSON.parse(figures[1]!.got[0]!.content).temperature.unitCode, undefined)
  })

  it('tells nothing of fewer than it is for, or where nobody is there to be told', async () => {
    const all = await homes(3), made = rooms.aggregates.create(city.id, wish())
    begin()
    await send(all, 20, 21, 22)
    end()
    const reader = watch(made)
    await send(all, 20, 21)
    end()
    end()
    assert.deepEqual([reader.got, made.windows, made.last], [[], { RELEASED: 0, NOBODY: 1, TOO_FEW: 2, TOO_CLOSE: 0, UNAVAILABLE: 0 }, 'TOO_FEW'])
  })

  it('counts a subject once, however many streams, and a household that shares a source', async () => {
    const [a, b] = await homes(2), made = rooms.aggregates.create(city.id, wish()), reader = watch(made)
    for (let n = 0; n < 3; n++) {
      const source = rooms.source(a!.owner)
      await rooms.send(source, [0])
      const stream = rooms.streams.ofOwner(a!.owner.id).find(({ sourceId }) => sourceId === source.id)!
      rooms.grant(stream, { recipient: city.id })
      rooms.agree(stream, city)
      await rooms.send(source, [30])
    }
    begin()
    await send([a!, b!], 20, 10)
    end()
    assert.equal(made.last, 'TOO_FEW')
    const [c] = await homes(1)
    await send([a!, b!, c!], 20, 10, 12)
    rooms.subjects.add(c!.source.id, b!.owner.id)
    rooms.consents.grant({ ownerId: b!.owner.id, streamId: c!.stream.id, recipient: city.id, purposes: [PURPOSE], attributes: ['temperature'] })
    await send([a!, b!, c!], 20, 10, 12)
    end()
    assert.deepEqual([reader.got, made.windows.TOO_FEW], [[], 2])
  })

  it('counts who consents at the end of the window, by the transform that was agreed', async () => {
    const all = await homes(3), others = [await home(['temperature=aggregate:600|3']), await home(['temperature=aggregate:900|4']), await home(['temperature=dp:1']), await home(['*=time:3600']), await home(['temperature=aggregate:900|3'])]
    const made = rooms.aggregates.create(city.id, wish({ function: 'sum' })), reader = watch(made)
    const rounded = await home(['temperature=round:10']), counted = await home(['temperature=round:10+aggregate:300|3'])
    begin()
    await send([...all, ...others, rounded, counted], 1, 1, 1, 100, 100, 100, 100, 100, 16, 26)
    rooms.consents.withdraw(others[4]!.owner.id, others[4]!.consentId)
    end()
    assert.deepEqual(reader.temperatures, [1 + 1 + 1 + 20 + 30])
  })

  it('loses what was brought when the consent goes, the agreement ends, or a stranger has a say; a new consent brings nothing back', async () => {
    const all = await homes(7), made = rooms.aggregates.create(city.id, wish({ function: 'sum' })), reader = watch(made)
    begin()
    await send(all, 1, 2, 4, 8, 16, 32, 64)
    rooms.consents.withdraw(all[0]!.owner.id, all[0]!.consentId)
    rooms.grant(all[0]!.stream, { recipient: city.id, transforms: ['temperature=aggregate:900|3'] })
    rooms.agreements.end(city.id, all[1]!.agreement.id)
    rooms.agree(all[1]!.stream, city)
    rooms.subjects.add(all[2]!.source.id, rooms.party('owner').id)
    rooms.consents.withdraw(all[3]!.owner.id, all[3]!.consentId)
    end()
    assert.deepEqual(reader.temperatures, [16 + 32 + 64])
    const until = await home()
    rooms.consents.withdraw(until.owner.id, until.consentId)
    rooms.grant(until.stream, { recipient: city.id, transforms: ['temperature=aggregate:900|3'], until: rooms.clock.now() + 60_000 })
    await send([until], 1_000)
    await send(all.slice(4), 1, 1, 1)
    end()
    assert.deepEqual(reader.temperatures.at(-1), 3)
  })

  it('lets no extreme out of what may only be counted, and of the others with a step', async () => {
    const only = await homes(3), least = rooms.aggregates.create(city.id, wish({ function: 'min', step: 0.5 })), reader = watch(least)
    begin()
    await send(only, 1, 2, 3)
    end()
    assert.equal(least.last, 'TOO_FEW')
    const told = [await home([]), await home(['temperature=round:5']), await home([])]
    await send(told, 20.3, 21, 22)
    end()
    assert.deepEqual(reader.temperatures, [20])
    assert.throws(() => rooms.aggregates.create(city.id, wish({ function: 'max' })), /say with a step/)
  })

  it('is of the readings that were observed in its window, until it is closed, whatever the clock does', async () => {
    const all = await homes(3), made = rooms.aggregates.create(city.id, wish()), reader = watch(made), at = (time: string) => ({ more: { last_seen: time } })
    begin()
    await send(all, 1, 1, 1)
    rooms.clock.turn(WINDOW_MS + 500)
    await rooms.send(all[0]!.source, [7], at('2026-05-04T10:29:59.000Z'))
    await send(all, 50, 50, 50)
    rooms.aggregates.tick()
    rooms.clock.turn(GRACE_MS)
    rooms.aggregates.tick()
    assert.deepEqual(reader.temperatures, [2])
    await rooms.send(all[1]!.source, [999], at('2026-05-04T10:29:59.500Z'))
    rooms.clock.turn(-WINDOW_MS)
    rooms.aggregates.tick()
    await send(all, 50, 50, 50)
    rooms.clock.turn(2 * WINDOW_MS)
    rooms.aggregates.tick()
    assert.deepEqual(reader.temperatures, [2, 50])
    rooms.clock.turn(5 * WINDOW_MS)
    rooms.aggregates.tick()
    assert.equal(reader.got.length, 2)
  })

  it('counts so many streams and no more', async () => {
    const [first] = await homes(1), made = rooms.aggregates.create(city.id, wish()), { slots } = made as unknown as { slots: Map<number, unknown> }
    for (let n = 0; n < STREAMS_PER_AGGREGATE_MAX - 1; n++) slots.set(-n, undefined)
    const [second] = await homes(1)
    assert.deepEqual([first, second].map(each => rooms.network.channelOf(each!.stream).tap !== undefined), [true, false])
    for (let n = 0; n < STREAMS_PER_AGGREGATE_MAX - 1; n++) slots.delete(-n)
    const [third] = await homes(1)
    assert.notEqual(rooms.network.channelOf(third!.stream).tap, undefined)
  })

  it('has its first window whole: of two that were made at different times the figures are the same', async () => {
    const all = await homes(3), early = watch(rooms.aggregates.create(city.id, wish()))
    await send(all, 40, 40, 40)
    rooms.clock.turn(WINDOW_MS / 2)
    const late = watch(rooms.aggregates.create(city.id, wish({ function: 'mean' })))
    await send(all, 10, 10, 10)
    end()
    await send(all, 20, 20, 20)
    end()
    assert.deepEqual([early.temperatures, late.temperatures], [[20], [20]])
  })

  it('takes the first reading of each window where the consent lets no more out', async () => {
    const all = await homes(3, ['temperature=aggregate:900|3', '*=sample:300']), reader = watch(rooms.aggregates.create(city.id, wish({ function: 'sum' })))
    begin()
    await send(all, 1, 1, 1)
    await send(all, 100, 100, 100)
    rooms.clock.turn(300_000)
    await send(all, 3, 3, 3)
    end()
    assert.deepEqual(reader.temperatures, [6])
  })

  it('leaves nothing of what may only be counted to any session, or the journal', async () => {
    const all = await homes(3), raw = rooms.watch(city, all[0]!.stream, 'earliest', Reader.eager())
    watch(rooms.aggregates.create(city.id, wish()))
    begin()
    await send(all, 21.77, 20, 20)
    await rooms.settled()
    end()
    assert.deepEqual([raw.got, await rooms.journal.read(all[0]!.stream.number, 0)], [[], []])
  })

  it('is billed as a message of each stream that it is made of, and no more than is covered', async () => {
    const all = await homes(3, undefined, { price: 2_000n, budget: 4_000n }), made = rooms.aggregates.create(city.id, wish()), reader = watch(made)
    begin()
    for (let n = 0; n < 3; n++) {
      await send(all, 20, 21, 22)
      end()
    }
    rooms.meter.seal()
    const usage = rooms.meter.usage(city.id)
    assert.deepEqual(usage.map(({ messages, amount, left }) => [messages, amount, left]), Array(3).fill([2, 4_000n, 0n]))
    assert.deepEqual([reader.got.length, made.last, rooms.plans.stateOf(rooms.agreements.get(all[0]!.agreement.id)!)], [2, 'TOO_FEW', 'suspended'])
    const sum = rooms.database.prepare('SELECT sum(amount) AS sum FROM postings').get()!['sum'], entries = rooms.database.prepare("SELECT payload FROM transparency_payloads JOIN transparency_entries USING (number) WHERE kind = 'delivery'").all()
    assert.deepEqual([sum, entries.length], [0, 3])
    assert.ok(all.every(({ consentId }) => entries.some(({ payload }) => String(payload).includes(consentId))))
  })

  it('cuts off a figure that waits on its way out when somebody in it withdraws', async () => {
    const all = await homes(3), made = rooms.aggregates.create(city.id, wish()), slow = rooms.watch(city, made.stream, undefined, new Reader())
    begin()
    await send(all, 20, 21, 22)
    end()
    assert.equal(slow.waiting.length, 1)
    rooms.consents.withdraw(all[0]!.owner.id, all[0]!.consentId)
    assert.deepEqual([slow.isCut, slow.waiting], [true, []])
  })

  it('goes on after a start, in order, and ends when it is removed', async () => {
    const all = await homes(3), { aggregate } = rooms.aggregates.create(city.id, wish()), reader = watch(rooms.aggregates.list(city.id)[0]!)
    begin()
    await send(all, 20, 21, 22)
    end()
    rooms = await rooms.reopen('kill')
    const [again] = rooms.aggregates.list(city.id), second = watch(again!)
    assert.deepEqual([again!.aggregate, again!.stream.id.startsWith('0x')], [aggregate, true])
    begin()
    await send(all, 20, 21, 22)
    end()
    assert.ok(second.got[0]!.message.timestamp > reader.got[0]!.message.timestamp)
    rooms.aggregates.remove(city.id, aggregate.id)
    assert.deepEqual([second.ended, rooms.aggregates.list(city.id), await refusal(() => watch(again!))], ['NOT_FOUND', [], 'NOT_FOUND'])
    assert.throws(() => rooms.aggregates.remove(city.id, aggregate.id), GatewayError)
  })

  it('is refused where it cannot be made, with what can', async () => {
    await home()
    const wrong: [Partial<NewAggregate>, RegExp][] = [
      [{ type: 'Nothing' }, /no type Nothing/], [{ type: 'DeviceMeasurement', attribute: 'numValue' }, /name a type of its own/], [{ attribute: 'aura' }, /no attribute aura: it has/], [{ attribute: 'location' }, /is no number/],
      [{ window: 0 }, /1 to/], [{ window: 1.5 }, /1 to/], [{ contributors: 2 }, /3 to 1000/], [{ contributors: 1_001 }, /3 to 1000/], [{ step: 0 }, /above 0/], [{ step: 1e-10 }, /above 0/], [{ range: [1, 0], epsilon: 1 }, /rises/], [{ range: [0, 0.0001], epsilon: 1 }, /multiples/], [{ range: [0, 1] }, /without noise there is none/],
      [{ epsilon: 1 }, /needs a range/], [{ epsilon: 11, range: [0, 1] }, /no more than 10/], [{ epsilon: 1, range: [0, 1], function: 'max', step: 1 }, /an extreme can change/], [{ range: [0, 2 ** 53], step: 1, epsilon: 1 }, /2\^52/],
    ]
    for (const [more, text] of wrong) assert.throws(() => rooms.aggregates.create(city.id, wish(more)), text, JSON.stringify(more))
    for (let n = 0; n < AGGREGATES_PER_PARTY_MAX; n++) rooms.aggregates.create(city.id, wish())
    assert.equal(await refusal(() => rooms.aggregates.create(city.id, wish())), 'LIMIT_REACHED')
  })

  it('is taken note of only where there is one: a stream that is not counted has nothing to look at', async () => {
    const { stream } = await home([]), other = rooms.aggregates.create(city.id, wish({ purpose: 'dpv:Marketing' }))
    assert.equal(rooms.network.channelOf(stream).tap, undefined)
    const made = rooms.aggregates.create(city.id, wish())
    assert.equal(await refusal(() => rooms.aggregates.create(city.id, wish({ window: 1_800 }))), 'CONFLICT')
    assert.notEqual(rooms.network.channelOf(stream).tap, undefined)
    rooms.aggregates.remove(city.id, made.aggregate.id)
    assert.deepEqual([rooms.network.channelOf(stream).tap, other.aggregate.purpose], [undefined, 'dpv:Marketing'])
  })
})

async function refusal(call: () => unknown): Promise<string> {
  try { await call() } catch (error) { if (error instanceof GatewayError) return error.code; throw error }
  return ''
}
