// Streams through a feed: what is left out, what waits, what gives way, and how far each was sent on.
import assert from 'node:assert/strict'
import { conditionOf } from './condition.ts'
import { Feed, TURN_MESSAGES_MAX, type FeedOptions } from './feed.ts'
import { envelope, FakeGateway, until } from './gateway.fake.ts'
import type { Message } from './red.ts'

const [A, B] = ['0x1/room/a', '0x1/room/b']
interface Room { readonly temperature: number }
interface About { readonly messageId: string }
interface BatchAbout extends About { readonly count: number, readonly messages: About[] }
interface Batch { readonly topic: string, readonly payload: Room[], readonly stream: BatchAbout }

const all = { attributes: [], condition: undefined, sampleMs: 0, output: 'keyValues' } as const

describe('Feed', () => {
  let gateway: FakeGateway, feed: Feed, sent: Message[], positions: Map<string, string>
  const begin = (options: Partial<FeedOptions> = {}): void => {
    sent = []
    positions = new Map()
    feed = new Feed({
      url: gateway.url, key: 'key', selection: all, batch: undefined, stopsOnEnd: false, overflow: 'pause', bufferMax: 1000,
      onMessage: message => sent.push(message), onChange: () => {}, onEnd: () => {},
      onPosition: (streamId, position) => positions.set(streamId, position), ...options,
    })
  }
  const open = async (...streamIds: string[]): Promise<void> => {
    for (const streamId of streamIds) feed.open(streamId, undefined)
    await until(() => gateway.sockets.size === streamIds.length && feed.standing.connected === streamIds.length)
  }
  const numbers = (messages = sent): number[] => messages.map(({ payload }) => (payload as Room).temperature)
  const say = (streamId: string, ...ns: number[]): void => gateway.publish(...ns.map(n => envelope(streamId, n)))
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1)

  beforeEach(async () => { gateway = await new FakeGateway().start() })
  afterEach(async () => {
    feed.stop()
    await gateway.stop()
  })

  it('sends each message on with its stream as topic and what else is known of it', async () => {
    begin({ selection: { ...all, output: 'entity' } })
    await open(A)
    say(A, 7)
    await until(() => sent.length === 1)
    const { content, messageId, timestamp, publisherId } = envelope(A, 7), [{ topic, payload, stream }] = sent as [Message]
    assert.deepEqual([topic, payload], [A, content])
    const { lagMs, ...about } = stream as { lagMs: number }
    assert.deepEqual(about, { id: A, messageId, timestamp, sequenceNumber: 0, publisherId })
    assert.ok(lagMs > 0)
    assert.equal(positions.get(A), messageId)
  })

  it('lets the event loop go round between turns, and keeps the order', async () => {
    begin()
    await open(A)
    let turns = 0, mostInATurn = 0, before = 0
    const count = (): void => {
      mostInATurn = Math.max(mostInATurn, sent.length - before)
      before = sent.length
      turns++
      if (sent.length < 950) setImmediate(count)
    }
    setImmediate(count)
    say(A, ...upTo(950))
    await until(() => sent.length === 950)
    assert.deepEqual(numbers(), upTo(950))
    assert.ok(mostInATurn <= 2 * TURN_MESSAGES_MAX && turns > 5, `${mostInATurn} in one of ${turns} turns`)
  })

  it('stops reading while its buffer is full, and loses nothing', async () => {
    begin({ bufferMax: 10 })
    await open(A)
    let mostWaiting = 0
    const watch = setInterval(() => { mostWaiting = Math.max(mostWaiting, feed.waiting) })
    say(A, ...upTo(5000))
    await until(() => sent.length === 5000)
    clearInterval(watch)
    assert.deepEqual([numbers(), feed.dropped], [upTo(5000), 0])
    assert.ok(mostWaiting < 500, `${mostWaiting} messages waited, although 10 were to`) // what one read of the socket brings comes on top
  })

  it('drops the oldest where it is told to, and counts them', async () => {
    begin({ bufferMax: 5, overflow: 'drop-oldest' })
    await open(A)
    say(A, ...upTo(3000))
    await until(() => numbers().includes(3000))
    assert.ok(feed.dropped > 0)
    assert.equal(sent.length + feed.dropped, 3000)
    assert.deepEqual(numbers(), numbers().toSorted((a, b) => a - b))
  })

  it('moves a position past what is not wanted, but never past what waits', async () => {
    begin({ selection: { ...all, condition: conditionOf('temperature', '<', '3') }, batch: { count: 3, waitMs: 0 } })
    await open(A, B)
    say(B, 5)
    await until(() => positions.get(B) === envelope(B, 5).messageId)
    const start = positions.get(A)
    say(A, 1, 2, 3, 4)
    say(B, 6)
    await until(() => positions.get(B) === envelope(B, 6).messageId)
    assert.deepEqual([positions.get(A), sent.length], [start, 0])
  })

  it('makes batches for each stream, with what is known of all their messages', async () => {
    begin({ batch: { count: 2, waitMs: 0 } })
    await open(A, B)
    say(A, 1)
    say(B, 2)
    say(A, 3)
    await until(() => sent.length === 1)
    const [{ topic, payload, stream }] = sent as unknown as [Batch]
    assert.deepEqual([topic, payload.map(({ temperature }) => temperature), stream.count], [A, [1, 3], 2])
    assert.deepEqual(stream.messages.map(({ messageId }) => messageId), [1, 3].map(n => envelope(A, n).messageId))
    assert.equal(stream.messageId, envelope(A, 3).messageId)
    assert.equal(positions.get(A), envelope(A, 3).messageId)
  })

  it('thins each stream out by its own time', async () => {
    begin({ selection: { ...all, sampleMs: 10 } })
    await open(A, B)
    say(A, ...upTo(25))
    say(B, 4)
    await until(() => sent.length === 4)
    assert.deepEqual(numbers(sent.filter(({ topic }) => topic === A)), [1, 11, 21])
  })

  it('sends nothing of a stream that was closed, also not what waited', async () => {
    begin()
    await open(A)
    say(A, ...upTo(500))
    await until(() => sent.length > 0)
    feed.close(A)
    const { length } = sent
    await new Promise(done => setTimeout(done, 30))
    assert.deepEqual([sent.length, feed.streamIds], [length, []])
  })
})
