import assert from 'node:assert/strict'
import { once } from 'node:events'
import fc from 'fast-check'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError } from '#gateway/errors.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { SESSIONS_PER_PARTY_MAX } from '#gateway/publish/network.ts'
import { isInOrder, type Outgoing, PURPOSE, Reader, Rooms } from '#test/support/rooms.ts'
import { TurnedClock } from '#test/support/temporary.ts'

const code = (expected: string) => (error: unknown) => error instanceof GatewayError && error.code === expected

describe('The network', () => {
  let rooms: Rooms, owner: Party, source: Source, stream: Stream, city: Party
  beforeEach(async () => {
    rooms = await Rooms.open()
    ;({ owner, source, stream } = await rooms.scene())
    city = rooms.party('subscriber')
  })
  afterEach(async () => {
    await rooms.settled()
    await rooms.close()
  })

  describe('lets out', () => {
    const ATTRIBUTES = ['temperature', 'relativeHumidity']
    const some = fc.subarray(ATTRIBUTES, { minLength: 1 }), who = fc.nat(1), which = fc.nat(9)
    const purposes = fc.constantFrom(PURPOSE, PURPOSE, PURPOSE, 'dpv:Marketing').map(each => [each])
    const to = <D extends string>(what: D) => fc.constant(what)
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: to('send'), count: fc.integer({ min: 1, max: 3 }), qos: fc.constantFrom(0 as const, 1 as const) }) },
      { weight: 3, arbitrary: fc.record({ do: to('read'), which, count: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ do: to('open'), who, past: fc.boolean(), room: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ do: to('grant'), who: fc.option(who), attributes: some, purposes, ms: fc.option(fc.integer({ min: 1, max: 9 })) }) },
      { weight: 2, arbitrary: fc.record({ do: to('withdraw'), which }) },
      { weight: 2, arbitrary: fc.record({ do: to('agree'), who, attributes: some, price: fc.constantFrom(0n, 300n) }) },
      { weight: 1, arbitrary: fc.record({ do: to('end'), who }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('wait' as const, 'turn' as const) }) },
    )

    /** Two cities and what they listen to. Each message that reaches a socket is judged, without a look at the gateway's own judgement. */
    class Life {
      reached = 0
      leaks = 0
      readonly readers: Reader[] = []
      readonly cities = [rooms.party('subscriber'), rooms.party('subscriber')] as const
      readonly #stream: Stream
      readonly #source: Source

      constructor({ stream, source }: { stream: Stream, source: Source }) {
        this.#stream = stream
        this.#source = source
        rooms.grant(stream, { attributes: ATTRIBUTES })
        for (const who of this.cities) { rooms.agree(stream, who); this.open(who, undefined, 3) }
      }

      async take(step: Step): Promise<void> {
        const { grants } = this
        switch (step.do) {
          case 'send': void rooms.send(this.#source, Array.from({ length: step.count }, (_, n) => n + 1), { qos: step.qos }); break
          case 'read': this.readers[step.which]?.read(step.count); break
          case 'open': this.open(this.cities[step.who]!, step.past ? 'earliest' : undefined, step.room); break
          case 'grant': {
            const { who, attributes, purposes, ms } = step, recipient = who === null ? 'any' : this.cities[who]!.id
            rooms.grant(this.#stream, { recipient, attributes, purposes, ...(ms !== null && { until: rooms.clock.now() + ms }) })
            break
          }
          case 'withdraw': if (grants[step.which]) rooms.consents.withdraw(this.#stream.ownerId, grants[step.which]!.id); break
          case 'agree': rooms.agree(this.#stream, this.cities[step.who]!, { attributes: step.attributes, price: step.price, budget: 1_000n }); break
          case 'end': for (const { id } of this.agreementsOf(step.who)) rooms.agreements.end(this.cities[step.who]!.id, id); break
          case 'wait': await rooms.settled(); break
          case 'turn': rooms.clock.turn(2); rooms.network.tick()
        }
      }

      open(who: Party, from: string | undefined, room: number): void {
        const reader = new Reader(room)
        reader.onRead = outgoing => { this.reached++; if (!this.isAllowed(outgoing, who)) this.leaks++ }
        try {
          this.readers.push(rooms.watch(who, this.#stream, from, reader))
        } catch (error) {
          if (!(error instanceof GatewayError)) throw error
        }
      }

      get grants() { return rooms.consents.list(this.#stream.ownerId) }
      agreementsOf(who: number) { return rooms.agreements.ofSubscriber(this.cities[who]!.id, this.#stream.id).slice(0, 1) }

      isAllowed({ message: { timestamp }, content }: Outgoing, who: Party): boolean {
        const now = rooms.clock.now(), sent = ATTRIBUTES.filter(name => name in JSON.parse(content))
        return this.grants.some(({ recipient, purposes, attributes, grantedAt, until, withdrawnAt }) => [who.id, 'any'].includes(recipient)
          && purposes.some(purpose => purpose.endsWith('PublicBenefit')) && withdrawnAt === undefined && (until === undefined || now < until)
          && grantedAt <= timestamp && sent.every(name => attributes.includes(name)))
      }
    }
    type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

    it('nothing without a grant in force as the bytes go, which was so as the message came, whatever happens meanwhile', async function () {
      this.timeout(120_000)
      let reached = 0
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 60 }), async steps => {
        await rooms.settled()
        const life = new Life(await rooms.scene())
        for (const each of steps) await life.take(each)
        await rooms.settled()
        for (const reader of life.readers) reader.read()
        await rooms.settled()
        for (const reader of life.readers) reader.leave()
        assert.deepEqual([life.leaks, rooms.tally.inFlight, rooms.network.sessionCount], [0, 0, 0])
        reached += life.reached
      }), { numRuns: 150 })
      assert.ok(reached > 1_000, `only ${reached} messages reached a socket: this tried nothing`)
    })
  })

  it('lets nothing out by a new consent that came before it, in the same millisecond or before the clock was set back, nor after a restart', async () => {
    for (const back of [0, 3_600_000]) {
      const { source, stream } = await rooms.scene(), who = rooms.party('subscriber'), first = rooms.grant(stream)
      rooms.agree(stream, who)
      await rooms.send(source, [1])
      const waiting = rooms.send(source, [2])
      rooms.clock.turn(-back)
      rooms.consents.withdraw(stream.ownerId, first)
      rooms.grant(stream)
      const live = rooms.watch(who, stream, undefined, Reader.eager())
      await waiting
      await rooms.send(source, [3, 4])
      const late = rooms.watch(who, stream, 'earliest', Reader.eager())
      await rooms.settled()
      assert.deepEqual([live.temperatures, late.temperatures], [[3, 4], [3, 4]])
      live.leave()
      late.leave()
    }
    const { id } = stream
    rooms.grant(stream)
    rooms.agree(stream, city)
    await rooms.send(source, [5])
    rooms.clock.turn(-3_600_000)
    rooms = await rooms.reopen('kill')
    const again = rooms.streams.get(id)!
    for (const grant of rooms.consents.on(id)) rooms.consents.withdraw(again.ownerId, grant.id)
    rooms.grant(again)
    const late = rooms.watch(rooms.parties.get(city.id)!, again, 'earliest', Reader.eager())
    await rooms.send(rooms.sources.get(source.id)!, [6])
    await rooms.settled()
    assert.deepEqual(late.temperatures, [6])
    late.leave()
  })

  it('ends at its very moment what a grant allows until then, with what waits in a transport', async () => {
    const real = await Rooms.open({ clock: systemClock })
    const { source, stream } = await real.scene(), city = real.party('subscriber')
    real.grant(stream, { until: Date.now() + 150 })
    real.agree(stream, city)
    const frozen = real.watch(city, stream, undefined, new Reader(10)), idle = real.watch(city, stream, undefined, Reader.eager())
    await real.send(source, [1])
    const end = { emitter: new EventTarget() }
    idle.end = ended => { idle.ended = ended; end.emitter.dispatchEvent(new Event('end')) }
    await once(end.emitter, 'end')
    assert.deepEqual([idle.ended, frozen.isCut, frozen.waiting, idle.temperatures], ['EXPIRED', true, [], [1]])
    await real.close()
  })

  it('ends what has expired though nothing was sent since it was opened, or since somebody else has agreed', async () => {
    const busy = await rooms.scene()
    for (const each of [stream, busy.stream]) {
      rooms.grant(each, { until: rooms.clock.now() + 10 })
      rooms.agree(each, city)
    }
    const idle = rooms.watch(city, stream, undefined, Reader.eager()), frozen = rooms.watch(city, busy.stream, undefined, new Reader(10))
    await rooms.send(busy.source, [1])
    rooms.agree(busy.stream, rooms.party('subscriber'))
    rooms.clock.turn(10)
    rooms.network.tick()
    assert.deepEqual([idle.ended, frozen.isCut, frozen.waiting], ['EXPIRED', true, []])
  })

  it('ends what has expired though the clock was set forward past it', async () => {
    rooms.grant(stream, { until: rooms.clock.now() + 3_600_000 })
    rooms.agree(stream, city)
    const frozen = rooms.watch(city, stream, undefined, new Reader(10))
    await rooms.send(source, [1])
    rooms.clock.turn(3_600_000)
    rooms.network.tick()
    assert.deepEqual([frozen.isCut, frozen.waiting], [true, []])
    assert.throws(() => rooms.watch(city, stream), code('EXPIRED'))
  })

  it('goes on by a second grant when the first expires, live and from the journal', async () => {
    rooms.grant(stream, { until: rooms.clock.now() + 10 })
    rooms.clock.turn(1)
    rooms.grant(stream)
    rooms.agree(stream, city)
    const live = rooms.watch(city, stream, undefined, Reader.eager())
    await rooms.send(source, [1])
    rooms.clock.turn(20)
    const replayed = rooms.watch(city, stream, 'earliest', Reader.eager())
    await rooms.send(source, [2])
    await rooms.settled()
    assert.deepEqual([live.temperatures, replayed.temperatures, live.ended, replayed.ended], [[1, 2], [1, 2], undefined, undefined])
  })

  it('does not let out what waits for the journal when the consent goes', async () => {
    const consentId = rooms.grant(stream)
    rooms.agree(stream, city)
    const reader = rooms.watch(city, stream, undefined, Reader.eager()), onItsWay = rooms.send(source, [1, 2])
    rooms.consents.withdraw(owner.id, consentId)
    await onItsWay
    assert.deepEqual([reader.got, rooms.tally.dropped.CONSENT_WITHDRAWN, rooms.tally.inFlight], [[], 2, 0])
    assert.throws(() => rooms.watch(city, stream, 'earliest'), code('CONSENT_WITHDRAWN'))
  })

  describe('when keys of a party stop', () => {
    it('ends all that it has open, a subscriber\'s and an owner\'s, with what waits, and nothing of others', async () => {
      rooms.grant(stream)
      const other = rooms.party('subscriber')
      for (const who of [city, other]) rooms.agree(stream, who)
      const [frozen, own] = [city, owner].map(who => rooms.watch(who, stream, undefined, new Reader(10))) as [Reader, Reader]
      const [live, others] = [city, other].map(who => rooms.watch(who, stream, undefined, Reader.eager())) as [Reader, Reader]
      await rooms.send(source, [1])
      rooms.network.endParty(city.id)
      assert.deepEqual([frozen.isCut, frozen.waiting, live.ended], [true, [], 'UNAUTHENTICATED'])
      assert.deepEqual([own.ended, others.ended], [undefined, undefined])
      rooms.network.endParty(owner.id)
      assert.deepEqual([own.isCut, own.waiting], [true, []])
      await rooms.send(source, [2])
      assert.deepEqual([live.temperatures, others.temperatures, own.got], [[1], [1, 2], []])
    })

    it('cuts what drains still because its budget was spent', async () => {
      rooms.grant(stream)
      rooms.agree(stream, city, { price: 400_000n, budget: 1_000_000n })
      const drains = rooms.watch(city, stream, undefined, new Reader(10))
      await rooms.send(source, [1, 2, 3])
      assert.deepEqual([drains.ended, drains.waiting.length], ['SUSPENDED', 2])
      rooms.network.endParty(city.id)
      assert.deepEqual([drains.isCut, drains.waiting], [true, []])
    })
  })

  describe('shows an owner', () => {
    it('their whole stream, in order, whether others may have it or not, and nothing twice', async () => {
      const own = rooms.watch(owner, stream, undefined, Reader.eager())
      await rooms.send(source, [1])
      rooms.grant(stream)
      rooms.agree(stream, city)
      const kept = rooms.send(source, [2])
      for (const { id } of rooms.consents.list(owner.id)) rooms.consents.withdraw(owner.id, id)
      await Promise.all([kept, rooms.send(source, [3])])
      assert.deepEqual(own.temperatures, [1, 2, 3])
      assert.ok(own.got.every(({ content }) => 'relativeHumidity' in JSON.parse(content)))
    })

    it('what their transport has room for', async () => {
      const own = rooms.watch(owner, stream, undefined, new Reader(2))
      await rooms.send(source, [1, 2, 3])
      own.read()
      await rooms.send(source, [4])
      own.read()
      assert.deepEqual(own.temperatures, [1, 2, 4])
    })
  })

  describe('opens', () => {
    it('so many subscriptions of a party and no more, and gives each back once', () => {
      rooms.grant(stream)
      rooms.agree(stream, city)
      const readers = Array.from({ length: SESSIONS_PER_PARTY_MAX }, () => rooms.watch(city, stream))
      assert.throws(() => rooms.watch(city, stream), code('LIMIT_REACHED'))
      for (const reader of readers.slice(1)) { reader.leave(); reader.leave() }
      assert.equal(rooms.network.sessionCount, 1)
      rooms.watch(city, stream)
      assert.equal(rooms.network.sessionCount, 2)
    })

    it('nothing where the transport fails in the handshake, and counts no second for it', () => {
      rooms.grant(stream)
      rooms.agree(stream, city, { unit: 'second', price: 10n })
      assert.throws(() => rooms.network.open(city, stream.id, undefined, () => { throw new Error('gone') }), /gone/)
      assert.equal(rooms.network.sessionCount, 0)
      rooms.clock.turn(60_000)
      rooms.meter.tick()
      assert.ok(rooms.meter.usage(city.id)[0]!.seconds <= 1)
    })

    it('the agreement that stands, of several', async () => {
      rooms.grant(stream)
      const [standing, narrow] = [rooms.agree(stream, city), rooms.agree(stream, city, { attributes: ['relativeHumidity'] })]
      const reader = rooms.watch(city, stream, undefined, Reader.eager())
      await rooms.send(source, [1])
      assert.equal(reader.got.length, 1)
      rooms.agreements.end(city.id, narrow.id)
      assert.equal(reader.ended, undefined)
      rooms.agreements.end(city.id, standing.id)
      assert.equal(reader.ended, 'NO_AGREEMENT')
    })

    it('nothing where no agreement stands, and says of several why the one did not that came nearest', () => {
      assert.throws(() => rooms.watch(city, stream), code('NOT_FOUND'))
      const ended = rooms.agree(stream, city, { attributes: ['illuminance'] })
      rooms.agreements.end(city.id, ended.id)
      assert.throws(() => rooms.watch(city, stream), code('NO_AGREEMENT'))
      const refusals = (attributes: string[], more: object = {}) => {
        rooms.agree(stream, city, { attributes })
        if (Object.keys(more).length > 0) rooms.grant(stream, more)
        try { rooms.watch(city, stream) } catch (error) { return (error as GatewayError).code }
        return undefined
      }
      assert.deepEqual([
        refusals(['temperature']),
        refusals(['temperature'], { purposes: ['dpv:Marketing'] }),
        refusals(['relativeHumidity', 'temperature'], { recipient: city.id, attributes: ['relativeHumidity'] }),
        refusals(['relativeHumidity']),
      ], ['NO_CONSENT', 'PURPOSE_MISMATCH', 'SUSPENDED', undefined])
    })

    it('from a time, an id or the beginning, and refuses what is none of these', async () => {
      rooms.grant(stream)
      rooms.agree(stream, city)
      for (const n of [1, 2, 3]) { rooms.clock.turn(1_000); await rooms.send(source, [n]) }
      const from = async (text: string | undefined) => {
        const reader = rooms.watch(city, stream, text, Reader.eager())
        await rooms.settled()
        return reader
      }
      const all = await from('earliest'), ids = all.got.map(({ id }) => id), now = new Date(rooms.clock.now()).toISOString()
      assert.deepEqual(all.temperatures, [1, 2, 3])
      for (const [text, expected] of [[ids[1], [3]], [now, [3]], ['', []]] as const) assert.deepEqual((await from(text)).temperatures, expected, text)
      for (const text of ['yesterday', '1', `${ids[0]}0`]) assert.throws(() => rooms.watch(city, stream, text), code('BAD_REQUEST'), text)
    })
  })

  describe('after a restart', () => {
    it('never uses a position again, and ids rise, whatever the clock, the bills and the retention did', async () => {
      const life = fc.record({
        how: fc.constantFrom('stop' as const, 'kill' as const), count: fc.integer({ min: 0, max: 4 }), isRead: fc.boolean(),
        turn: fc.integer({ min: -20, max: 20 }), retain: fc.boolean(),
      })
      await fc.assert(fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async lives => {
        let again = await Rooms.open({ segmentBytesMax: 400, retentionBytes: 500, clock: new TurnedClock() })
        const { owner, source, stream: { id } } = await again.scene(), city = again.party('subscriber'), seen: Outgoing[] = []
        again.grant(again.streams.get(id)!)
        again.agree(again.streams.get(id)!, city, { price: 1n })
        for (const { how, count, isRead, turn, retain } of lives) {
          const stream = again.streams.get(id)!, own = again.watch(owner, stream, undefined, Reader.eager())
          const reader = isRead ? again.watch(city, stream, undefined, Reader.eager()) : undefined
          await again.send(source, Array.from({ length: count }, (_, n) => n))
          again.clock.turn(turn)
          await again.send(source, [0])
          assert.equal(own.got.length, count + 1)
          seen.push(...own.got)
          reader?.leave()
          if (retain) await again.journal.retain()
          again = await again.reopen(how, { segmentBytesMax: 400, retentionBytes: 500 })
        }
        assert.deepEqual(seen.map(({ message }) => message.position), Array.from(seen, (_, n) => n + 1))
        assert.ok(isInOrder(seen))
        await again.close()
      }), { numRuns: 25 })
    })

    it('bills what was kept and never billed, once', async () => {
      const first = await Rooms.open()
      const { source, stream: { id } } = await first.scene(), city = first.party('subscriber')
      first.grant(first.streams.get(id)!)
      first.agree(first.streams.get(id)!, city, { price: 5n })
      const away = first.watch(city, first.streams.get(id)!, undefined, new Reader(2))
      for (let n = 1; n <= 5; n++) await first.send(source, [n])
      assert.equal(away.waiting.length, 2)
      const second = await first.reopen('kill'), reader = second.watch(city, second.streams.get(id)!, 'earliest', Reader.eager())
      await second.settled()
      await second.send(source, [6])
      assert.deepEqual(reader.temperatures, [1, 2, 3, 4, 5, 6])
      assert.deepEqual([second.meter.usage(city.id)[0]!.messages, second.meter.usage(city.id)[0]!.amount], [6, 30n])
      await second.close()
    })
  })
})
