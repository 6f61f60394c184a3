import assert from 'node:assert/strict'
import fc from 'fast-check'
import { mock } from 'node:test'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { isInOrder, Reader, Rooms } from '#test/support/rooms.ts'

describe('A session', () => {
  let rooms: Rooms, owner: Party, source: Source, stream: Stream, city: Party
  beforeEach(async () => {
    rooms = await Rooms.open()
    ;({ owner, source, stream } = await rooms.scene())
    city = rooms.party('subscriber')
  })
  afterEach(async () => {
    mock.restoreAll()
    await rooms.settled()
    await rooms.close()
  })

  const withdraw = (consentId: string) => rooms.consents.withdraw(owner.id, consentId)

  it('gets each message once and in order, however its transport stalls and whatever the quality of service', async function () {
    this.timeout(60_000)
    rooms.grant(stream)
    rooms.agree(stream, city)
    const step = fc.oneof(
      fc.record({ do: fc.constant('send' as const), count: fc.integer({ min: 1, max: 6 }), qos: fc.constantFrom(0, 1, 2) }),
      fc.record({ do: fc.constant('read' as const), who: fc.nat(2), count: fc.integer({ min: 1, max: 8 }) }),
      fc.record({ do: fc.constant('come again' as const), who: fc.nat(2) }),
      fc.record({ do: fc.constantFrom('turn' as const, 'turn back' as const, 'wait' as const, 'tick' as const) }),
    )
    let sent = 0
    const width = fc.integer({ min: 1, max: 5 })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.tuple(width, width, width), async (steps, widths) => {
      await rooms.settled()
      const first = sent + 1, readers = widths.map(each => [rooms.watch(city, stream, undefined, new Reader(each))])
      const newest = (who: number) => readers[who]!.at(-1)!
      for (const each of steps) {
        if (each.do === 'send') void rooms.send(source, Array.from({ length: each.count }, () => ++sent), { qos: each.qos })
        if (each.do === 'read') newest(each.who).read(each.count)
        if (each.do === 'come again' && newest(each.who).lastId !== undefined) {
          newest(each.who).leave()
          readers[each.who]!.push(rooms.watch(city, stream, newest(each.who).lastId, new Reader(widths[each.who])))
        }
        if (each.do === 'turn') rooms.clock.turn(3)
        if (each.do === 'turn back') rooms.clock.turn(-2)
        if (each.do === 'wait') await rooms.settled()
        if (each.do === 'tick') rooms.network.tick()
      }
      for (const who of readers.keys()) {
        do { newest(who).read(); await rooms.settled() } while (!newest(who).isEmpty)
        const got = readers[who]!.flatMap(reader => reader.temperatures)
        assert.deepEqual(got, Array.from({ length: sent - first + 1 }, (_, n) => first + n))
        assert.ok(isInOrder(readers[who]!.flatMap(reader => reader.got)))
        newest(who).leave()
      }
    }), { numRuns: 60 })
  })

  it('costs one transport while it is frozen: nothing is handed over until there is room', async () => {
    rooms.grant(stream)
    rooms.agree(stream, city)
    const frozen = rooms.watch(city, stream, undefined, new Reader(3))
    for (let n = 1; n <= 50; n++) await rooms.send(source, [n])
    for (let n = 0; n < 10; n++) { rooms.network.tick(); await rooms.settled() }
    assert.equal(frozen.waiting.length, 3)
    assert.equal(rooms.tally.deliveries, 3)
  })

  it('hands nothing of a withdrawn grant to a socket, whatever waits in its transport', async () => {
    const consentId = rooms.grant(stream)
    rooms.agree(stream, city)
    const frozen = rooms.watch(city, stream, undefined, new Reader(100)), idle = rooms.watch(city, stream, undefined, Reader.eager())
    await rooms.send(source, [1, 2, 3])
    frozen.read(1)
    withdraw(consentId)
    assert.deepEqual([frozen.isCut, frozen.temperatures, frozen.waiting], [true, [1], []])
    assert.deepEqual([idle.ended, idle.isCut], ['CONSENT_WITHDRAWN', false])
  })

  it('that has spent its budget drains, and is cut in that when the grant is withdrawn', async () => {
    const consentId = rooms.grant(stream)
    rooms.agree(stream, city, { price: 400_000n, budget: 1_000_000n })
    const reader = rooms.watch(city, stream, undefined, new Reader(100))
    await rooms.send(source, [1, 2, 3])
    assert.deepEqual([reader.ended, reader.waiting.length], ['SUSPENDED', 2])
    reader.read(1)
    withdraw(consentId)
    assert.deepEqual([reader.isCut, reader.temperatures, reader.waiting], [true, [1], []])
  })

  it('that has spent its budget drains to its end while others come and go', async () => {
    rooms.grant(stream)
    const spent = rooms.agree(stream, city, { price: 400_000n, budget: 1_000_000n })
    const reader = rooms.watch(city, stream, undefined, new Reader(100))
    await rooms.send(source, [1, 2, 3])
    const other = rooms.agree(stream, rooms.party('subscriber'))
    rooms.agreements.end(other.subscriberId, other.id)
    withdraw(rooms.grant(stream, { recipient: 'somebody else' }))
    reader.read()
    assert.deepEqual(reader.temperatures, [1, 2])
    assert.equal(rooms.meter.usage(city.id).find(({ agreementId }) => agreementId === spent.id)?.amount, 800_000n)
  })

  it('goes on by another grant, and is cut first where something waits that the other does not cover', async () => {
    const first = rooms.grant(stream)
    rooms.agree(stream, city)
    const idle = rooms.watch(city, stream, undefined, Reader.eager()), frozen = rooms.watch(city, stream, undefined, new Reader(100))
    await rooms.send(source, [1])
    rooms.clock.turn(1)
    rooms.grant(stream, { recipient: city.id })
    withdraw(first)
    assert.deepEqual([frozen.isCut, frozen.waiting.length, idle.isCut, idle.ended], [true, 0, false, undefined])
    await rooms.send(source, [2])
    assert.deepEqual(idle.temperatures, [1, 2])
    const again = rooms.watch(city, stream, 'earliest', Reader.eager())
    await rooms.settled()
    assert.deepEqual(again.temperatures, [2], 'what came before the grant left by it')
  })

  it('gets by a grant nothing that came before it, not even what was on its way to the journal', async () => {
    const first = rooms.grant(stream)
    rooms.agree(stream, city, { attributes: ['relativeHumidity'] })
    const other = rooms.party('subscriber')
    rooms.agree(stream, other)
    const onItsWay = rooms.send(source, [1])
    rooms.clock.turn(1)
    withdraw(first)
    rooms.grant(stream, { attributes: ['temperature', 'relativeHumidity'] })
    const [late, early] = [rooms.watch(city, stream, undefined, Reader.eager()), rooms.watch(other, stream, 'earliest', Reader.eager())]
    await onItsWay
    await rooms.settled()
    assert.deepEqual([late.got, early.got], [[], []])
    assert.equal(rooms.tally.dropped.NO_CONSENT, 2) // and the one that made the stream known
    await rooms.send(source, [2])
    assert.deepEqual(early.temperatures, [2])
    assert.equal(rooms.tally.inFlight, 0)
  })

  it('gets nothing more when its agreement ends, and nothing of what waited', async () => {
    rooms.grant(stream)
    const agreement = rooms.agree(stream, city), frozen = rooms.watch(city, stream, undefined, new Reader(100))
    await rooms.send(source, [1])
    rooms.agreements.end(city.id, agreement.id)
    assert.deepEqual([frozen.isCut, frozen.waiting], [true, []])
  })

  it('waits while what it is charged cannot be written down, and is charged once', async () => {
    rooms.grant(stream)
    const { id } = rooms.agree(stream, city, { price: 10n }), live = rooms.watch(city, stream, undefined, Reader.eager())
    await rooms.send(source, [1])
    mock.method(rooms.meter, 'commit', () => { throw new Error('ENOSPC') })
    await rooms.send(source, [2, 3])
    const replayed = rooms.watch(city, stream, 'earliest', Reader.eager())
    for (let n = 0; n < 3; n++) { rooms.network.tick(); await rooms.settled() }
    assert.deepEqual([live.temperatures, replayed.temperatures, live.ended, rooms.tally.deliveries], [[1], [], undefined, 1])
    assert.match(rooms.network.fault?.message ?? '', /ENOSPC/)
    mock.restoreAll()
    rooms.network.tick()
    await rooms.settled()
    assert.equal(rooms.network.fault, undefined)
    await rooms.send(source, [4])
    assert.deepEqual([live.temperatures, replayed.temperatures], [[1, 2, 3, 4], [1, 2, 3, 4]])
    assert.equal(rooms.meter.usage(city.id).find(({ agreementId }) => agreementId === id)?.messages, 4)
  })

  it('finds out that it can write again though everybody has gone', async () => {
    rooms.grant(stream)
    rooms.agree(stream, city)
    const reader = rooms.watch(city, stream, undefined, Reader.eager())
    mock.method(rooms.meter, 'commit', () => { throw new Error('ENOSPC') })
    await rooms.send(source, [1])
    reader.leave()
    mock.restoreAll()
    rooms.network.tick()
    assert.equal(rooms.network.fault, undefined)
  })

  it('is withdrawn from though nothing can be written down', async () => {
    const consentId = rooms.grant(stream)
    rooms.agree(stream, city)
    const readers = Array.from({ length: 3 }, () => rooms.watch(city, stream, undefined, new Reader(2)))
    await rooms.send(source, [1, 2])
    mock.method(rooms.meter, 'commit', () => { throw new Error('ENOSPC') })
    withdraw(consentId)
    assert.ok(readers.every(({ isCut, got }) => isCut && got.length === 0))
  })

  it('ends when the journal cannot be read, and can be opened again', async () => {
    rooms.grant(stream)
    rooms.agree(stream, city)
    await rooms.send(source, [1])
    const reading = mock.method(rooms.journal, 'read', () => Promise.reject(new Error('EIO')))
    const reader = rooms.watch(city, stream, 'earliest', Reader.eager())
    await rooms.settled()
    await rooms.settled()
    assert.equal(reader.ended, 'UNAVAILABLE')
    reading.mock.restore()
    const again = rooms.watch(city, stream, 'earliest', Reader.eager())
    await rooms.settled()
    assert.deepEqual(again.temperatures, [1])
  })
})
