// What comes again to a reader who comes back, under which ids, and in which order.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { CATCHING_UP_MAX } from '#gateway/mqtt/reading.ts'
import { Scene, type SocketOnPaper } from '#test/support/reading.ts'

const GONE = { word: 'CONSENT_WITHDRAWN', isFinal: true }, PASSES = { word: 'UNAVAILABLE', isFinal: false }

describe('A reading that comes back', () => {
  it('gets again what it did not acknowledge, under the same ids, marked, in the order of the first time over all feeds, ahead of anything new', async () => {
    const scene = new Scene()
    for (const topic of ['a', 'b']) scene.follow(topic)
    for (const topic of ['a', 'b', 'b', 'a', 'b']) scene.feeds.publish(topic)
    assert.deepEqual(await scene.got(), ['a 1/1', 'b 1/2', 'b 2/3', 'a 2/4', 'b 3/5'])
    scene.acknowledge(1)
    scene.reading.close()
    scene.feeds.publish('b', 5)
    scene.feeds.publish('a', 5)
    scene.connect()
    const got = await scene.got()
    assert.deepEqual(got.slice(0, 4), ['b 1/2!', 'b 2/3!', 'a 2/4!', 'b 3/5!'])
    assert.deepEqual(got.slice(4).map(line => line.split('/')[0]).toSorted(), [...[3, 4, 5, 6, 7].map(n => `a ${n}`), ...[4, 5, 6, 7, 8].map(n => `b ${n}`)].toSorted())
    assert.deepEqual(got.slice(4).map(line => Number(line.split('/')[1])), [6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
  })

  it('gets it again as far as it takes it now, and new things only then', async () => {
    const scene = new Scene()
    scene.follow('a')
    scene.feeds.publish('a', 3)
    scene.reading.close()
    scene.feeds.publish('a')
    scene.connect({ receiveMaximum: 1 })
    for (const [id, line] of [[1, 'a 1/1!'], [2, 'a 2/2!'], [3, 'a 3/3!'], [4, 'a 4/4']] as const) {
      assert.deepEqual(await scene.got(), [line])
      scene.acknowledge(id)
    }
    assert.deepEqual([await scene.got(), scene.session.unacknowledged.size], [[], 0])
  })

  it('does not get again what it acknowledged, also out of order, and gets it from where all is acknowledged', async () => {
    const scene = new Scene()
    scene.follow('a')
    scene.feeds.publish('a', 5)
    scene.acknowledge(2, 4)
    await scene.reconnect()
    assert.deepEqual((await scene.got()).slice(-3), ['a 1/1!', 'a 3/3!', 'a 5/5!'])
    scene.acknowledge(1, 3)
    assert.equal(scene.session.subscriptions.get('a')!.after, 'a:4')
    await scene.reconnect()
    assert.deepEqual(await scene.got(), ['a 5/5!'])
  })

  it('does not get what may not go any more: its id is free, and the rest goes on', async () => {
    const scene = new Scene()
    for (const topic of ['a', 'b']) scene.follow(topic)
    for (const topic of ['a', 'b', 'a', 'b']) scene.feeds.publish(topic)
    scene.feeds.withheld.add('a:1').add('b:2')
    await scene.reconnect()
    assert.deepEqual(await scene.got(), ['b 1/2!', 'a 2/3!'])
    assert.equal(scene.session.unacknowledged.inFlight, 2)
    scene.acknowledge(2, 3)
    assert.deepEqual([scene.session.unacknowledged.size, scene.session.subscriptions.get('b')!.after], [0, 'b:2'])
  })

  it('is told by a goodbye of what was withdrawn meanwhile, frees its ids, and gets the rest the next time', async () => {
    const scene = new Scene()
    for (const topic of ['a', 'b', 'c']) scene.follow(topic)
    for (const topic of ['a', 'b', 'c']) scene.feeds.publish(topic)
    scene.feeds.refused.set('a', { code: REASON.NOT_AUTHORIZED, ...GONE })
    scene.feeds.refused.set('b', { code: REASON.UNSPECIFIED, ...PASSES })
    await scene.reconnect()
    assert.deepEqual([scene.socket.word, [...scene.session.subscriptions.keys()]], [GONE.word, ['b', 'c']])
    scene.feeds.refused.clear()
    await scene.reconnect()
    assert.deepEqual(await scene.got(), ['b 1/2!', 'c 1/3!'])
  })

  it('gets again what is there of a feed of which nothing can be had again: nothing, and its ids are free', async () => {
    const scene = new Scene()
    scene.follow('a')
    scene.feeds.publish('a')
    scene.feeds.logOf('a').length = 0
    await scene.reconnect()
    scene.feeds.publish('a')
    assert.deepEqual([(await scene.got()).length, scene.session.unacknowledged.inFlight], [1, 1])
  })

  it('does not take an id that waits to be sent again, also when the ids begin anew', async () => {
    const scene = new Scene()
    scene.follow('a')
    scene.feeds.publish('a', 2)
    for (let n = 0; n < 65_533; n++) scene.session.unacknowledged.nextId()
    await scene.reconnect()
    await scene.got()
    scene.feeds.publish('a', 2)
    assert.deepEqual(await scene.got(), ['a 3/3', 'a 4/4'])
  })

  it('reads few feeds on at a time, however many have something, and all in the end', async () => {
    const scene = new Scene(), topics = Array.from({ length: 5 * CATCHING_UP_MAX }, (_, n) => `t${n}`)
    for (const topic of topics) scene.follow(topic)
    scene.reading.close()
    for (const topic of topics) scene.feeds.publish(topic, 2)
    scene.connect()
    const got = new Set<string>()
    for (let tries = 0; tries < 100 && got.size < 2 * topics.length; tries++) for (const line of await scene.got()) { got.add(line); scene.acknowledge(Number(line.split('/')[1])) }
    assert.equal(got.size, 2 * topics.length)
    assert.ok(scene.feeds.readsMax <= CATCHING_UP_MAX, String(scene.feeds.readsMax))
  })
})

describe('Readings, whatever happens', () => {
  const topic = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), topic, count: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledge' as const), count: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('read' as const), room: fc.integer({ min: 1, max: 100 }) }) },
    fc.record({ do: fc.constant('come back' as const), receiveMaximum: fc.integer({ min: 1, max: 5 }), room: fc.constantFrom(0, 60, Infinity) }),
    fc.record({ do: fc.constant('wait' as const) }),
  )

  it('get each message first in order and without a gap, again under its id in the order of the first time, and no more than they take', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const scene = new Scene({ inFlightPerReaderMax: 6 }), first: Record<string, number[]> = { a: [], b: [], c: [] }, open = new Map<number, string>()
      let again: string[] = [], isFresh = new Set<number>()
      for (const each of Object.keys(first)) scene.follow(each)
      const note = () => {
        for (const line of scene.socket.take()) {
          const [, name, position, id] = /^(\w) (\d+)\/(\d+)/.exec(line)!, number = Number(id), key = `${name}:${position}`
          if (line.endsWith('!')) assert.equal(again.shift(), key, 'in the order of the first time')
          else assert.deepEqual(again, [], 'new, ahead of what is to come again')
          assert.equal(open.get(number) ?? key, key, 'an id stands for one message')
          assert.equal(line.endsWith('!') || !open.has(number), true)
          if (!open.has(number)) first[name!]!.push(Number(position))
          open.set(number, key)
          isFresh.add(number)
          assert.ok(isFresh.size <= scene.socket.receiveMaximum)
        }
      }
      const acknowledge = (count: number) => { for (const id of [...isFresh].slice(0, count)) { open.delete(id); isFresh.delete(id); scene.acknowledge(id) } }
      /** What its socket had is lost: it comes again as well, and to the client it is new. */
      const comeBack = (fields: Partial<SocketOnPaper>) => {
        isFresh = new Set()
        scene.reading.close()
        again = [...scene.session.unacknowledged].filter(({ isAnswered }) => !isAnswered).map(({ messageId }) => messageId)
        assert.ok([...open.values()].every(key => again.includes(key)), 'nothing is forgotten')
        scene.connect(fields)
      }
      for (const each of steps) {
        if (each.do === 'publish') scene.feeds.publish(each.topic, each.count)
        if (each.do === 'acknowledge') acknowledge(each.count)
        if (each.do === 'read') scene.socket.read(each.room)
        if (each.do === 'come back') comeBack({ receiveMaximum: each.receiveMaximum, taking: each.room })
        if (each.do === 'wait') await scene.feeds.settled()
        note()
      }
      const isDone = () => Object.entries(first).every(([name, got]) => got.length === scene.feeds.logOf(name).length)
      for (let tries = 0; tries < 1_000 && !(isDone() && open.size === 0); tries++) {
        scene.socket.read()
        await scene.feeds.settled()
        note()
        acknowledge(1)
      }
      for (const [name, got] of Object.entries(first)) assert.deepEqual(got, scene.feeds.logOf(name).map(({ position }) => position))
      assert.equal(scene.session.unacknowledged.size, 0)
    }), { numRuns: 200 })
  })
})
