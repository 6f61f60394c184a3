// What a stream keeps, and what its recipients get, where consents say how exact that may be.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import fc from 'fast-check'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { Batch } from '#gateway/ingest/batch.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Reader, Rooms } from '#test/support/rooms.ts'
import { rows } from '#test/support/rows.ts'
import { unpack } from '#semantic-models/packed.ts'

const HOUR_MS = 3_600_000
/** Which no operation in these tests gives. */
const CANARY = 21.34567

describe('A stream whose consents say how exact it may be', () => {
  let rooms: Rooms, owner: Party, source: Source, stream: Stream, city: Party, other: Party
  beforeEach(async () => {
    rooms = await Rooms.open()
    ;({ owner, source, stream } = await rooms.scene())
    city = rooms.party('subscriber')
    other = rooms.party('subscriber')
    for (const who of [city, other]) rooms.agree(stream, who)
  })
  afterEach(async () => {
    await rooms.settled()
    await rooms.close()
  })

  const grant = (to: Party | undefined, ...transforms: string[]) => rooms.grant(stream, { recipient: to?.id ?? 'any', transforms })
  const read = (who: Party, from?: string) => rooms.watch(who, stream, from, Reader.eager())
  const send = async (...temperatures: number[]) => { await rooms.send(source, temperatures); await rooms.settled() }
  const kept = async () => (await rooms.journal.read(stream.number, 0)).map(({ content }) => unpack(content)).map(content => content.text(content.mask))
  const contents = ({ got }: Reader) => got.map(({ content }) => content)

  it('keeps no more of a message than the weakest of them allows, by both roads, and gives each recipient their own', async () => {
    grant(city, 'temperature=round:0.5')
    grant(other, 'temperature=bucket:0|10|20')
    const [rounded, bucket] = [read(city), read(other)]
    await send(CANARY, CANARY)
    await rooms.pipeline.ingest(rows(rooms.clock.now(), [CANARY, 4.6].map(temperature => ({ topic: 'zigbee2mqtt/kitchen', payload: JSON.stringify({ temperature }), qos: 1 }))), { sourceId: source.id, clientId: 'hub' })
    await rooms.settled()
    assert.ok(rooms.tally.roads.all.some(({ taken }) => taken > 0), 'no message took the short road')
    assert.deepEqual([rounded.temperatures, bucket.temperatures], [[21.5, 21.5, 21.5, 4.5], [20, 20, 20, 0]])
    const texts = await kept()
    assert.equal(texts.length, 4)
    assert.ok(texts.every(text => !text.includes(String(CANARY)) && !text.includes('4.6')))
    const again = [read(city, 'earliest'), read(other, 'earliest')]
    await rooms.settled()
    assert.deepEqual(again.map(contents), [rounded, bucket].map(contents))
  })

  it('shows its owner the whole of it', async () => {
    grant(city, 'temperature=round:0.5', '*=time:3600', '*=sample:3600')
    const own = read(owner), reader = read(city)
    await send(CANARY, CANARY)
    assert.deepEqual([own.temperatures, reader.temperatures], [[CANARY, CANARY], [21.5]])
    assert.ok(own.got.every(({ content }) => content.includes(new Date(rooms.clock.now()).toISOString())))
    assert.ok(reader.got.every(({ content }) => !content.includes(':15:30')))
  })

  it('keeps it exactly from when somebody may have it so, and lets nobody have what came before', async () => {
    grant(city, 'temperature=round:0.5')
    await send(CANARY)
    rooms.clock.turn(1_000)
    const exact = grant(other), live = read(other)
    await send(CANARY)
    rooms.clock.turn(1_000)
    rooms.consents.withdraw(owner.id, exact)
    await send(CANARY)
    assert.deepEqual((await kept()).map(text => text.includes(String(CANARY))), [false, true, false])
    assert.deepEqual([live.temperatures, live.ended], [[CANARY], 'CONSENT_WITHDRAWN'])
    const all = read(city, 'earliest')
    await rooms.settled()
    assert.deepEqual(all.temperatures, [21.5, 21.5, 21.5])
  })

  it('gives a recipient with several consents what the strictest of them allows', async () => {
    grant(undefined)
    const first = grant(city, 'temperature=round:0.5'), reader = read(city)
    grant(city, 'temperature=round:1.5', '*=time:60')
    grant(city, 'temperature=round:1')
    await send(CANARY)
    rooms.consents.withdraw(owner.id, first)
    assert.deepEqual(reader.temperatures, [21])
    assert.ok(reader.got[0]!.content.includes(':15:00.000Z'))
  })

  it('lets nothing out by a consent that it does not understand', async () => {
    const insert = (transforms: readonly string[]) => rooms.consents.grant({ ownerId: owner.id, streamId: stream.id, recipient: city.id, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], transforms })
    assert.throws(() => insert(['temperature=blur:1']), /not known/)
    const { grant: { id } } = insert(['temperature=round:0.5'])
    const [known] = rooms.consents.on(stream.id)
    Object.assign(known!, { transforms: ['temperature=blur:1'] }) // as a newer Sluice would have written it
    rooms.network.review(stream)
    await send(CANARY)
    assert.equal(known!.id, id)
    assert.deepEqual(await kept(), [])
    assert.throws(() => read(city), /consent/i)
  })

  it('shares one view among all who may have the same', async () => {
    grant(undefined, 'temperature=round:0.5')
    const views = new Set<unknown>(), sink = () => { const reader = Reader.eager(), send = reader.send.bind(reader); reader.send = (all, id) => { all.forEach(view => views.add(view)); return send(all, id) }; return reader }
    for (const who of [city, city, other]) rooms.watch(who, stream, undefined, sink())
    await send(CANARY)
    assert.equal(views.size, 1)
  })

  it('bills by the kB what was sent, and not what came', async () => {
    const buyer = rooms.party('subscriber')
    grant(buyer, 'temperature=round:10')
    const agreement = rooms.agree(stream, buyer, { price: 1n, unit: 'kB' }), reader = read(buyer)
    await send(CANARY)
    const bytes = Buffer.byteLength(contents(reader)[0]!)
    assert.ok(contents(reader)[0]!.includes('"value":20,'))
    assert.equal(rooms.meter.usage(buyer.id).find(({ agreementId }) => agreementId === agreement.id)?.amount, BigInt(Math.ceil(bytes / 1_000)))
  })

  describe('and how often', () => {
    it('keeps the first message in each window, and counts the others', async () => {
      grant(city, '*=sample:3600')
      const reader = read(city)
      for (let n = 1; n <= 6; n++) { await send(n, n + 0.5); rooms.clock.turn(HOUR_MS / 2) } // from a quarter past on
      assert.deepEqual(reader.temperatures, [1, 3, 5])
      assert.equal(rooms.tally.dropped.RATE_LIMITED, 9)
      assert.equal(rooms.tally.inFlight, 0)
      assert.equal((await kept()).length, 3)
    })

    it('gives a recipient the same messages live, again, and behind a start, whoever else has more of them', async () => {
      grant(city, '*=sample:3600')
      grant(other, 'temperature=round:0.5')
      const reader = read(city), exact = read(other)
      for (let n = 1; n <= 6; n++) { await send(n, n + 0.5); rooms.clock.turn(HOUR_MS / 2) }
      const again = read(city, 'earliest'), resumed = read(city, reader.got[0]!.id)
      await rooms.settled()
      assert.deepEqual([exact.got.length, reader.temperatures, again.temperatures, resumed.temperatures], [12, [1, 3, 5], [1, 3, 5], [3, 5]])
      rooms = await rooms.reopen('kill')
      const { city: sameCity, stream: sameStream } = { city: rooms.parties.get(city.id)!, stream: rooms.streams.get(stream.id)! }
      const behind = rooms.watch(sameCity, sameStream, 'earliest', Reader.eager())
      await rooms.settled()
      assert.deepEqual(behind.temperatures, [1, 3, 5])
      assert.equal(rooms.tally.inFlight, 0)
    })

    it('takes the next one for a sample where the first could not be kept', async () => {
      grant(city, '*=sample:3600')
      await send(1)
      rooms.clock.turn(HOUR_MS)
      const reader = read(city), append = mock.method(rooms.journal, 'appendReady', () => Promise.reject(new Error('ENOSPC')))
      await assert.rejects(rooms.send(source, [2]), /ENOSPC/)
      append.mock.restore()
      await send(2, 3)
      assert.deepEqual([reader.temperatures, rooms.tally.dropped.RATE_LIMITED, rooms.tally.failed, rooms.tally.inFlight], [[2], 1, 1, 0])
    })

    it('gives none where old segments may have had it, so that coming again and again shows no more', async () => {
      await rooms.close()
      rooms = await Rooms.open({ directory: rooms.directory, clock: rooms.clock, segmentBytesMax: 2_000, retentionBytes: 4_000 })
      ;[city, stream, source] = [rooms.parties.get(city.id)!, rooms.streams.get(stream.id)!, rooms.sources.get(source.id)!]
      grant(city, '*=sample:86400')
      grant(other)
      const reader = read(city)
      const many = Array.from({ length: 40 }, (_, n) => n + 1)
      for (const n of many) { await send(n); rooms.clock.turn(60_000); await rooms.journal.retain() }
      assert.ok((await rooms.journal.read(stream.number, 0))[0]!.position > 1, 'nothing was forgotten')
      const again = read(city, 'earliest')
      await rooms.settled()
      rooms.clock.turn(24 * HOUR_MS)
      await send(99)
      assert.deepEqual([reader.temperatures, again.temperatures], [[1, 99], [99]])
    })

    it('goes on in the same window behind a start', async () => {
      grant(city, '*=sample:3600')
      await send(1)
      rooms = await rooms.reopen('stop')
      rooms.clock.turn(60_000)
      await rooms.send(source, [2])
      await rooms.settled()
      assert.equal(rooms.tally.dropped.RATE_LIMITED, 1)
      rooms.clock.turn(HOUR_MS)
      await rooms.send(source, [3])
      assert.deepEqual((await rooms.journal.read(stream.number, 0)).length, 2)
    })
  })

  it('gives the same live and again, by both roads, and nothing more exact than each consent says, whatever comes and changes', async function () {
    this.timeout(120_000)
    const op = fc.constantFrom('temperature=round:0.5', 'temperature=round:1', 'temperature=round:3', 'temperature=bucket:0|10|20', '*=time:60', '*=time:90', '*=sample:60', '*=sample:40', 'temperature=pass')
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ temperatures: fc.array(fc.integer({ min: -2_000, max: 3_000 }).map(n => n / 100), { minLength: 1, maxLength: 4 }), road: fc.constantFrom('rows', 'packets'), ms: fc.integer({ min: 1, max: 70_000 }) }) },
      { weight: 2, arbitrary: fc.record({ grant: fc.uniqueArray(op, { maxLength: 2 }), who: fc.nat(1) }) },
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async steps => {
      const own = await rooms.scene(rooms.party('owner')), cities = [rooms.party('subscriber'), rooms.party('subscriber')]
      for (const who of cities) rooms.agree(own.stream, who)
      cities.forEach((who, n) => rooms.grant(own.stream, { recipient: who.id, transforms: n === 0 ? ['temperature=round:0.5'] : ['temperature=bucket:0|10|20', '*=time:60'] }))
      const live = cities.map(who => rooms.watch(who, own.stream, undefined, Reader.eager()))
      for (const each of steps) {
        if ('grant' in each) {
          try { rooms.grant(own.stream, { recipient: cities[each.who]!.id, transforms: each.grant }) } catch { /* what has nothing in common is refused */ }
          rooms.clock.turn(1)
          continue
        }
        const batch = rows(rooms.clock.now(), each.temperatures.map(temperature => ({ topic: 'zigbee2mqtt/kitchen', payload: JSON.stringify({ temperature }), qos: 1 })))
        await rooms.pipeline.ingest(each.road === 'rows' ? batch : Batch.of([...batch]), { sourceId: own.source.id, clientId: 'hub' })
        await rooms.settled()
        rooms.clock.turn(each.ms)
      }
      for (const [n, reader] of live.entries()) {
        const again = rooms.watch(cities[n]!, own.stream, 'earliest', Reader.eager()), last = n === 0 ? 0.5 : undefined
        await rooms.settled()
        // A consent that was given since makes what came before it stricter; else it is the same.
        if (!steps.some(each => 'grant' in each && each.who === n)) assert.deepEqual(again.got.map(({ id, content }) => [id, content]), reader.got.map(({ id, content }) => [id, content]))
        assert.ok(reader.temperatures.every(value => last === undefined ? [0, 10, 20].includes(value) : Number.isInteger(value / last)))
      }
      for (const reader of live) reader.leave()
    }), { numRuns: 40 })
  })
})
