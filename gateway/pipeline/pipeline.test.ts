import assert from 'node:assert/strict'
import { mock } from 'node:test'
import fc from 'fast-check'
import { Devices } from '#gateway/devices/devices.ts'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { Batch } from '#gateway/ingest/batch.ts'
import { Decoder } from '#gateway/pipeline/decode.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Disk, DISK_FAULTS } from '#test/support/disk.ts'
import { Reader, Rooms } from '#test/support/rooms.ts'
import { turn } from '#test/support/transport.ts'

const timed = (seconds: number) => ({ last_seen: new Date(Date.UTC(2026, 4, 4, 10, 0, seconds)).toISOString() })

describe('The data path', () => {
  let rooms: Rooms, owner: Party, source: Source, stream: Stream, city: Party, disk: Disk, reader: Reader
  before(() => { disk = new Disk() })
  beforeEach(async () => {
    rooms = await Rooms.open()
    ;({ owner, source, stream } = await rooms.scene())
    city = rooms.party('subscriber')
    rooms.grant(stream)
    rooms.agree(stream, city)
    reader = rooms.watch(city, stream, undefined, Reader.eager())
  })
  afterEach(async () => {
    disk.work()
    mock.restoreAll()
    await rooms.settled()
    await rooms.close()
  })

  /** received = delivered + dropped + failed + in flight, counted by who sent. */
  function books(received: number) {
    const { tally } = rooms
    assert.equal(tally.received, received)
    assert.equal(tally.delivered + tally.droppedCount + tally.failed + tally.inFlight, received)
    assert.ok(tally.inFlight >= 0)
    return { delivered: tally.delivered, failed: tally.failed, inFlight: tally.inFlight }
  }

  it('acknowledges when what somebody may have is kept, and at once what nobody may', async () => {
    let isAcknowledged = false
    const sending = rooms.send(source, [1]).then(() => { isAcknowledged = true })
    assert.deepEqual([books(2).inFlight, reader.got], [1, []])
    await sending
    assert.deepEqual([isAcknowledged, rooms.journal.lastPosition(stream.number), reader.temperatures, books(2).inFlight], [true, 1, [1], 0])
    for (const { id } of rooms.consents.list(owner.id)) rooms.consents.withdraw(owner.id, id)
    const payload = Buffer.from('{"temperature":2}'), receivedAt = rooms.clock.now()
    assert.equal(rooms.pipeline.ingest(Batch.of([{ topic: 'zigbee2mqtt/kitchen', payload, qos: 1, retain: false, receivedAt }]), { sourceId: source.id, clientId: 'hub' }), undefined)
    assert.equal(rooms.tally.dropped.CONSENT_WITHDRAWN, 1)
  })

  for (const fault of DISK_FAULTS) {
    it(`acknowledges and delivers nothing that was not kept, and takes it when it comes again (${fault})`, async () => {
      disk.fail(fault)
      await assert.rejects(rooms.send(source, [1, 2], { more: timed(1) }))
      assert.deepEqual(books(3), { delivered: 0, failed: 2, inFlight: 0 })
      assert.deepEqual(reader.got, [])
      disk.work()
      await rooms.send(source, [2], { more: timed(1) })
      assert.deepEqual([reader.temperatures, books(4)], [[2], { delivered: 1, failed: 2, inFlight: 0 }])
    })
  }

  it('hands to whoever is there what nobody waits for, before the disk has it, and lets nothing overtake what waits for the disk', async () => {
    disk.stall()
    void rooms.send(source, [1], { qos: 0 })
    await turn()
    assert.deepEqual([reader.temperatures, rooms.journal.lastPosition(stream.number), books(2).inFlight], [[1], 0, 0])
    for (const [value, qos] of [[2, 1], [3, 0]] as const) {
      void rooms.send(source, [value], { qos })
      await turn()
    }
    assert.deepEqual([reader.temperatures, books(4).inFlight], [[1], 2])
    disk.work()
    await rooms.settled()
    assert.deepEqual([reader.temperatures, rooms.journal.lastPosition(stream.number), books(4).inFlight], [[1, 2, 3], 3, 0])
  })

  it('keeps waiting whoever sends, at QoS 0 too, while the disk is behind', async () => {
    let isSettled = false
    mock.getter(rooms.journal, 'isBehind', () => true)
    disk.stall()
    const sending = rooms.send(source, [1], { qos: 0 }).then(() => { isSettled = true })
    await turn()
    assert.deepEqual([isSettled, reader.got, books(2).inFlight], [false, [], 1])
    disk.work()
    await sending
    assert.deepEqual([reader.temperatures, books(2).inFlight], [[1], 0])
  })

  it('counts for whoever is away what was written, and takes again what could not be', async () => {
    reader.leave()
    disk.fail('full')
    await rooms.send(source, [1], { qos: 0, more: timed(1) })
    await turn()
    assert.deepEqual(books(2), { delivered: 0, failed: 0, inFlight: 1 })
    await rooms.settled()
    assert.deepEqual(books(2), { delivered: 0, failed: 1, inFlight: 0 })
    disk.work()
    await rooms.send(source, [1], { qos: 0, more: timed(1) })
    await rooms.settled()
    assert.deepEqual(books(3), { delivered: 1, failed: 1, inFlight: 0 })
  })

  it('keeps its books and its order whatever fails, at every moment', async function () {
    this.timeout(60_000)
    const batch = fc.record({
      count: fc.integer({ min: 1, max: 4 }), qos: fc.constantFrom(0, 1, 2), isAwaited: fc.boolean(),
      fault: fc.option(fc.constantFrom(...DISK_FAULTS), { freq: 3 }),
    })
    let sent = rooms.tally.received, value = 0
    await fc.assert(fc.asyncProperty(fc.array(batch, { maxLength: 10 }), async batches => {
      const before = reader.got.length, { delivered } = rooms.tally, kept = new Set<number>(), lost = new Set<number>()
      for (const { count, qos, fault, isAwaited } of batches) {
        const values = Array.from({ length: count }, () => ++value)
        if (isAwaited) await rooms.settled()
        disk.work()
        if (fault !== null) disk.fail(fault)
        sent += count
        const note = (set: Set<number>) => { if (qos > 0) for (const each of values) set.add(each) }
        const sending = rooms.send(source, values, { qos }).then(() => note(kept), () => note(lost))
        books(sent)
        if (isAwaited) await sending
      }
      await rooms.settled()
      disk.work()
      const got = reader.temperatures.slice(before)
      assert.deepEqual([books(sent).inFlight, rooms.tally.delivered - delivered], [0, got.length])
      assert.ok(got.every((each, n) => n === 0 || each > got[n - 1]!), 'out of order')
      assert.deepEqual([[...kept].filter(each => !got.includes(each)), got.filter(each => lost.has(each))], [[], []])
    }), { numRuns: 60 })
  })

  it('fails what it cannot make known to the database, and takes it when it comes again', async () => {
    mock.method(Devices.prototype, 'flush', () => { throw new Error('database or disk is full') })
    assert.throws(() => void rooms.send(source, [1], { more: timed(1) }), /full/)
    assert.deepEqual(books(2), { delivered: 0, failed: 1, inFlight: 0 })
    mock.restoreAll()
    await rooms.send(source, [1], { more: timed(1) })
    assert.deepEqual([reader.temperatures, books(3).inFlight], [[1], 0])
  })

  it('loses a packet that breaks it, and none of those beside it', async () => {
    const decoder = Decoder.prototype, { value: decode } = Object.getOwnPropertyDescriptor(decoder, 'decode')!
    mock.method(decoder, 'decode', function (this: Decoder, ...given: Parameters<Decoder['decode']>): unknown {
      if (Buffer.from(given[1].payload).includes('"temperature":2,')) throw new Error('a fault of ours')
      return decode.apply(this, given)
    })
    await rooms.send(source, [1, 2, 3])
    assert.deepEqual([reader.temperatures, books(4)], [[1, 3], { delivered: 2, failed: 1, inFlight: 0 }])
  })

  it('takes nothing more from a source that is suspended or removed, and lets out what it had taken', async () => {
    const onItsWay = rooms.send(source, [1])
    rooms.sources.suspend(owner.id, source.id)
    await Promise.all([onItsWay, rooms.send(source, [2])])
    assert.deepEqual([reader.temperatures, rooms.tally.dropped.NOT_PAIRED], [[1], 1])
    rooms.sources.resume(owner.id, source.id)
    const again = rooms.send(source, [3])
    rooms.sources.remove(owner.id, source.id)
    await Promise.all([again, rooms.send(source, [4])])
    assert.deepEqual([reader.temperatures, rooms.tally.dropped.NOT_PAIRED, books(5).inFlight], [[1, 3], 2, 0])
  })

  it('does not sell the same report twice, nor an older one that was retained', async () => {
    await rooms.send(source, [1], { more: timed(5) })
    await rooms.send(source, [1], { more: timed(5), retain: true })
    await rooms.send(source, [0], { more: timed(4), retain: true })
    await rooms.send(source, [2], { more: timed(6) })
    assert.deepEqual([reader.temperatures, rooms.tally.dropped.DUPLICATE, rooms.tally.dropped.STALE], [[1, 2], 1, 1])
  })

  it('sells what was refused for want of a consent when it is retained and the consent is there', async () => {
    const second = await rooms.scene(), other = rooms.party('subscriber')
    await rooms.send(second.source, [1], { more: timed(5) })
    rooms.grant(second.stream)
    rooms.agree(second.stream, other)
    const late = rooms.watch(other, second.stream, undefined, Reader.eager())
    await rooms.send(second.source, [1], { more: timed(5), retain: true })
    assert.deepEqual(late.temperatures, [1])
  })

  it('counts as delivered what is kept for a subscriber who is away, and as a delivery what is handed over', async () => {
    reader.leave()
    await rooms.send(source, [1, 2])
    assert.deepEqual([rooms.tally.delivered, rooms.tally.deliveries], [2, 0])
    rooms.watch(city, stream, 'earliest', Reader.eager())
    await rooms.settled()
    assert.deepEqual([rooms.tally.delivered, rooms.tally.deliveries], [2, 2])
  })
})
