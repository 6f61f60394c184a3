import assert from 'node:assert/strict'
import { FRESH_MS, Previews, PREVIEWS_MAX, READINGS_PER_PREVIEW } from '#gateway/publish/previews.ts'
import type { Network } from '#gateway/publish/network.ts'
import { parseSpec } from '#gateway/transforms/spec.ts'
import { Rooms } from '#test/support/rooms.ts'

const ATTRIBUTES = ['temperature']

describe('A preview', () => {
  let rooms: Rooms, previews: Previews
  beforeEach(async () => {
    rooms = await Rooms.open()
    previews = new Previews(rooms)
  })
  afterEach(() => rooms.close())
  const temperatures = (entities: readonly any[]) => entities.map(({ temperature }) => temperature.value as number)

  it('is of the next readings, without a consent, and of the attributes that are asked for alone', async () => {
    const { owner, source, stream } = await rooms.scene()
    assert.deepEqual(previews.of(stream, owner, ATTRIBUTES), [])
    await rooms.send(source, [1, 2])
    const [first, ...more] = previews.of(stream, owner, ATTRIBUTES) as any[]
    assert.deepEqual(Object.keys(first), ['id', 'type', 'dateObserved', 'temperature', '@context'])
    assert.deepEqual([first.temperature.value, more.length], [1, 1])
    const [whole] = previews.of(stream, owner, [...ATTRIBUTES, 'relativeHumidity', 'refDevice']) as any[]
    assert.deepEqual(Object.keys(whole), ['id', 'type', 'dateObserved', 'temperature', 'relativeHumidity', 'refDevice', '@context'])
    assert.equal(rooms.tally.counts().dropped.NO_CONSENT, 3)
  })

  it('is as exact as it would leave, under the name that the recipient would read, and leaves out what a sample does', async () => {
    const { owner, source, stream } = await rooms.scene(), attributes = [...ATTRIBUTES, 'refDevice'], specOf = (...texts: string[]) => parseSpec(texts, stream.model, stream.model.attributes)
    previews.watch(stream, owner)
    await rooms.send(source, [21.34, 21.36])
    rooms.clock.turn(60_000)
    await rooms.send(source, [24.9])
    const seen = (recipientId: string, ...texts: string[]) => previews.of(stream, owner, attributes, { spec: specOf(...texts), recipientId }) as any[]
    assert.deepEqual(temperatures(seen('sub_a', 'temperature=round:0.5')), [21.5, 21.5, 25])
    assert.deepEqual(temperatures(seen('sub_a', '*=sample:60')), [21.34, 24.9])
    const names = ['sub_a', 'sub_b'].map(who => seen(who, 'refDevice=pseudonymise')[0].refDevice.object as string)
    assert.ok(new Set(names).size === 2 && names.every(name => name.startsWith('urn:sluice:pseudonym:')))
    assert.deepEqual(Object.keys(seen('sub_a', 'refDevice=drop', 'temperature=drop')).length, 0, 'of a reading of which nothing is left there is none')
    assert.deepEqual(temperatures(previews.of(stream, owner, attributes)), [21.34, 21.36, 24.9], 'what is in memory is as it came')
  })

  it('lets go of the stream as soon as it has enough: the data path is as it was', async () => {
    const { owner, source, stream } = await rooms.scene()
    previews.watch(stream, owner)
    assert.equal(rooms.network.isWatched(stream), true)
    await rooms.send(source, [1, 2, 3, 4])
    assert.deepEqual([rooms.network.isWatched(stream), temperatures(previews.of(stream, owner, ATTRIBUTES))], [false, [1, 2, 3]])
    assert.equal(READINGS_PER_PREVIEW, 3)
  })

  it('is taken anew when it is old and somebody looks', async () => {
    const { owner, source, stream } = await rooms.scene()
    previews.watch(stream, owner)
    await rooms.send(source, [1, 2, 3])
    rooms.clock.turn(FRESH_MS - 1)
    previews.of(stream, owner, ATTRIBUTES)
    assert.equal(rooms.network.isWatched(stream), false)
    rooms.clock.turn(1)
    assert.deepEqual(temperatures(previews.of(stream, owner, ATTRIBUTES)), [1, 2, 3], 'meanwhile what there was')
    await rooms.send(source, [4, 5])
    assert.deepEqual(temperatures(previews.of(stream, owner, ATTRIBUTES)), [3, 4, 5])
  })

  it('is forgotten when nobody waits for an answer', async () => {
    const { owner, source, stream } = await rooms.scene()
    previews.watch(stream, owner)
    previews.forget(stream)
    assert.equal(rooms.network.isWatched(stream), false)
    await rooms.send(source, [1])
    assert.deepEqual(previews.of(stream, owner, ATTRIBUTES), [])
  })

  it(`is one of ${PREVIEWS_MAX} at most: the oldest lets go of its stream`, async () => {
    const { owner, stream } = await rooms.scene(), open = new Set<number>()
    let next = 0
    const network: Pick<Network, 'open'> = { open: () => { const n = next++; open.add(n); return { stop: () => {}, close: () => { open.delete(n) } } } }
    const many = new Previews({ network, clock: rooms.clock, transforms: rooms.transforms })
    for (let n = 0; n <= PREVIEWS_MAX; n++) many.watch({ ...stream, number: n }, owner)
    assert.deepEqual([open.size, open.has(0), open.has(1)], [PREVIEWS_MAX, false, true])
    many.watch({ ...stream, number: 1 }, owner)
    assert.equal(next, PREVIEWS_MAX + 1, 'and is not opened twice')
  })
})
