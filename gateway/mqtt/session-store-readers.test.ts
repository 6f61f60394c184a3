// What is on disk of a reader: what it follows, and how far it has come.
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { ReaderState } from '#gateway/mqtt/reader-state.ts'
import type { Session } from '#gateway/mqtt/session.ts'
import { SessionStore } from '#gateway/mqtt/session-store.ts'
import { World } from '#gateway/mqtt/world.ts'
import { openState } from '#gateway/state/database.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('The session of a reader', () => {
  let database: DatabaseSync, world: World, store: SessionStore
  beforeEach(() => {
    database = openState(temporaryFolder())
    ;[world, store] = [newWorld(), new SessionStore(database)]
  })
  afterEach(() => database.close())

  function newWorld(): World {
    return new World({ limits: MQTT_LIMITS, mayRead: () => undefined, events: { skipped() {}, held() {} }, publishWill() {} })
  }

  function readerOf(topics: readonly string[]): Session {
    const session = world.namespaceOf('city').newSession('c')
    session.expiryMs = 60_000
    session.reader = new ReaderState()
    for (const topic of topics) session.subscriptions.set(topic, { qos: 1, noLocal: false, retainAsPublished: false, subscriptionId: undefined, after: `${topic}:0` })
    return session
  }

  function move({ subscriptions, reader }: Session, topic: string, after: string): void {
    subscriptions.set(topic, { ...subscriptions.get(topic)!, after })
    reader!.moved.add(topic)
  }

  function restored(): Session {
    const again = newWorld()
    new SessionStore(database).load(again, 0)
    assert.deepEqual([again.namespaceOf('city').subscriptionCount, again.heldBytes], [0, 0], 'nothing is routed to a reader')
    return again.namespaceOf('city').sessions.get('c')!
  }

  const rows = (table: string) => database.prepare(`SELECT * FROM ${table}`).all()
  const places = ({ subscriptions }: Session) => [...subscriptions].map(([topic, { after }]) => `${topic} ${after}`)

  it('comes back with all that it follows, however much that is, and takes no part in the topics of sources', () => {
    const topics = Array.from({ length: MQTT_LIMITS.feedsPerReaderMax }, (_, n) => `streams/0x${'ab'.repeat(20)}/climate/${'x'.repeat(60)}${n}`)
    readerOf(topics)
    store.save(world)
    const session = restored()
    assert.deepEqual([session.reader !== undefined, session.isDirty, session.subscriptions.size], [true, false, topics.length])
  })

  it('is written down once, and then only how far it comes in the feeds that move', () => {
    const session = readerOf(['a', 'b', 'c'])
    store.save(world)
    const [before] = rows('mqtt_sessions')
    move(session, 'b', 'b:7')
    while (store.saveSome(world)) { /* until all is written */ }
    assert.deepEqual(rows('mqtt_sessions'), [before])
    assert.deepEqual(rows('mqtt_positions').map(row => row['message_id']), ['b:7'])
    assert.equal(session.reader!.moved.size, 0)
    assert.deepEqual(places(restored()), ['a a:0', 'b b:7', 'c c:0'])
  })

  it('is written down anew when it follows something else, with where it is, and the rest goes', () => {
    const session = readerOf(['a', 'b'])
    store.save(world)
    move(session, 'a', 'a:3')
    store.save(world)
    move(session, 'a', 'a:4')
    session.subscriptions.delete('b')
    session.isDirty = true
    store.save(world)
    assert.deepEqual([rows('mqtt_positions'), places(restored())], [[], ['a a:4']])
  })

  it('goes with its positions', () => {
    const session = readerOf(['a'])
    store.save(world)
    move(session, 'a', 'a:3')
    store.save(world)
    world.forget('city')
    store.save(world)
    assert.deepEqual([rows('mqtt_sessions'), rows('mqtt_positions')], [[], []])
  })

  it('is written a little at a time, and what moves again meanwhile is not forgotten', () => {
    const topics = Array.from({ length: 1_000 }, (_, n) => `t${n}`), session = readerOf(topics)
    store.save(world)
    for (const topic of topics) move(session, topic, `${topic}:1`)
    let calls = 0
    for (let isMore = true; isMore; calls++) { isMore = store.saveSome(world); move(session, 't0', `t0:${calls + 2}`); if (calls > 1_000) break }
    assert.ok(calls >= topics.length / 100, `${calls} calls`)
    store.save(world)
    assert.deepEqual(places(restored()), places(session))
  })
})
