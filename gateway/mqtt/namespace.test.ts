// One shared world of topics, at its quotas.
import assert from 'node:assert/strict'
import type { Publish, Qos } from '#gateway/mqtt/codec/packets.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { MQTT_LIMITS, type MqttLimits } from '#gateway/mqtt/limits.ts'
import { Budget } from '#gateway/mqtt/budget.ts'
import { Namespace } from '#gateway/mqtt/namespace.ts'
import type { Session } from '#gateway/mqtt/session.ts'
import { subscriptionBytes } from '#gateway/mqtt/subscriptions.ts'
import { readByOthers } from '#test/support/mqtt-packets.ts'

const NOW = 1_700_000_000_000
const wish = (filter: string, qos: Qos = 0, retainHandling = 0) => ({ filter, qos, noLocal: false, retainAsPublished: false, retainHandling })
const packet = (topic: string, payload = 'x', retain = false, qos: Qos = 1): Publish => ({ topic, payload: Buffer.from(payload), retain, qos, id: 1, isDuplicate: false, properties: undefined, receivedAt: NOW })

function begin(limits: Partial<MqttLimits> = {}, heldBytesMax = Infinity) {
  const told = { skipped: 0 }, held = new Budget(heldBytesMax)
  const namespace = new Namespace({
    id: 'home', limits: { ...MQTT_LIMITS, ...limits }, events: { skipped: () => { told.skipped++ }, held() {} }, held, mayRead: filter => filter.startsWith('$') ? REASON.NOT_AUTHORIZED : undefined,
  })
  const subscribe = (session: Session, filter: string, qos?: Qos, handling?: number) => namespace.subscribe(session, wish(filter, qos, handling), undefined, NOW)
  return { namespace, held, told, subscribe, one: namespace.newSession('one'), two: namespace.newSession('two') }
}

describe('a namespace', () => {
  it('has as many subscriptions as it may, over all sessions, and room again when one goes', () => {
    const { namespace, one, two, subscribe } = begin({ filtersPerSourceMax: 2 })
    const codes = (...tries: [Session, string][]) => tries.map(([session, filter]) => subscribe(session, filter, 1).code)
    assert.deepEqual(codes([one, 'a'], [two, 'a'], [two, 'b'], [two, 'a']), [1, 1, REASON.QUOTA, 1])
    assert.equal(namespace.unsubscribe(one, 'a'), true)
    assert.deepEqual(codes([two, 'b']), [1])
    namespace.end(two)
    assert.deepEqual([namespace.subscriptionCount, namespace.sessions.has('two'), namespace.hasReaders('a')], [0, false, false])
  })

  it('takes filters up to their limit of characters', () => {
    const { one, subscribe } = begin({ topicCharsMax: 10 })
    assert.deepEqual([subscribe(one, 'x'.repeat(10)).code, subscribe(one, 'x'.repeat(11)).code], [0, REASON.BAD_FILTER])
  })

  it('lets nobody read what may not be read, nor by way of a share', () => {
    const { one, subscribe } = begin()
    assert.deepEqual(['$SYS/#', '$share/g/$SYS/#', '$share/g/a', '#'].map(filter => subscribe(one, filter).code), [REASON.NOT_AUTHORIZED, REASON.NOT_AUTHORIZED, 0, 0])
  })

  it('sends what is retained by the wish of the subscription: always, to a new one, never, and to no share', () => {
    const { namespace, one, two, subscribe } = begin()
    namespace.route(packet('a', 'x', true, 2), undefined, NOW)
    const counts = (session: Session, filter: string, handlings: number[]) => handlings.map(handling => subscribe(session, filter, 1, handling).retained.length)
    assert.deepEqual([counts(one, 'a', [1, 1, 0, 2]), counts(two, '#', [2]), counts(two, '$share/g/a', [0])], [[1, 0, 1, 0], [0], [0]])
    const [sent] = subscribe(one, '+', 1).retained
    assert.deepEqual([sent!.qos, sent!.retain], [1, true])
  })

  it('retains as many messages as it may: a new one more is left out, and one that is there is replaced', () => {
    const { namespace, told } = begin({ retainedPerSourceMax: 2 })
    for (const [topic, payload] of [['a', '1'], ['b', '1'], ['c', '1'], ['a', '2']] as const) namespace.route(packet(topic, payload, true), undefined, NOW)
    assert.deepEqual([namespace.retained.list().map(({ topic, payload }) => `${topic}${Buffer.from(payload).toString()}`), told.skipped], [['a2', 'b1'], 1])
    namespace.route(packet('b', '', true), undefined, NOW)
    namespace.route(packet('c', '3', true), undefined, NOW)
    assert.deepEqual(namespace.retained.list().map(({ topic }) => topic), ['a', 'c'])
  })

  it('retains as many bytes as it may: topics, payloads, properties, and a level of the tree for each of their levels', () => {
    const { namespace, told } = begin({ retainedBytesMax: 2 * (256 + 50) })
    namespace.route(packet('a', 'x'.repeat(49), true), undefined, NOW)
    namespace.route({ ...packet('b', 'x'.repeat(9), true), properties: { forwarded: Buffer.alloc(40) } }, undefined, NOW)
    assert.deepEqual([namespace.retained.bytes, namespace.retained.count, told.skipped], [612, 2, 0])
    namespace.route(packet('c', '', true), undefined, NOW)
    namespace.route(packet('c', 'x', true), undefined, NOW)
    assert.deepEqual([namespace.retained.bytes, told.skipped], [612, 1])
    namespace.route(packet('b', '', true), undefined, NOW)
    namespace.route(packet('c/d', 'x', true), undefined, NOW)
    assert.deepEqual([namespace.retained.bytes, told.skipped], [306, 2])
  })

  it('does not hold more bytes by replacing small messages with large ones', () => {
    const { namespace } = begin({ retainedBytesMax: 2_000 })
    for (const topic of ['a', 'b', 'c']) namespace.route(packet(topic, 'x', true), undefined, NOW)
    assert.equal(namespace.retained.count, 3)
    for (const topic of ['a', 'b', 'c']) namespace.route(packet(topic, 'x'.repeat(1_000), true), undefined, NOW)
    assert.ok(namespace.retained.bytes <= 2_000, `${namespace.retained.bytes}`)
    assert.equal(namespace.retained.count, 1)
  })

  it('has room for subscriptions by the bytes of their trees, and gets back what those held that are gone', () => {
    const deep = `a${'/a'.repeat(200)}`, { namespace, held, one, two, subscribe } = begin({ filterBytesPerSourceMax: 2 * subscriptionBytes(deep) })
    const codes = [subscribe(one, deep), subscribe(one, deep), subscribe(two, deep), subscribe(two, 'b')].map(({ code }) => code)
    assert.deepEqual([codes, held.used], [[0, 0, 0, REASON.QUOTA], 2 * subscriptionBytes(deep)])
    namespace.unsubscribe(one, deep)
    namespace.unsubscribe(one, deep)
    assert.deepEqual([subscribe(two, 'b').code, held.used], [0, subscriptionBytes(deep) + subscriptionBytes('b')])
    namespace.end(two)
    assert.equal(held.used, 0)
  })

  it('lets no more wait for all of its sessions than it may: a message counts once, however many wait for it', () => {
    const one = 128 + 1_001, { namespace, told, subscribe, ...sessions } = begin({ queueBytesPerSourceMax: one + 128 + one })
    for (const session of [sessions.one, sessions.two]) subscribe(session, 'a', 1)
    namespace.route(packet('a', 'x'.repeat(1_000)), undefined, NOW)
    assert.deepEqual([namespace.backlog.bytes, told.skipped], [one + 128, 0])
    namespace.route(packet('a', 'y'.repeat(1_000)), undefined, NOW)
    assert.deepEqual([namespace.backlog.bytes, told.skipped, sessions.one.waiting, sessions.two.waiting], [one + 128 + one, 1, 2, 1])
    namespace.end(sessions.one)
    assert.equal(namespace.backlog.bytes, one)
    namespace.end(sessions.two)
    assert.equal(namespace.backlog.bytes, 0)
  })

  it('remembers nothing more where all namespaces together have no room, and all that it held is free when it goes', () => {
    const { namespace, held, told, one, subscribe } = begin({}, 3_000)
    subscribe(one, 'a', 1)
    namespace.route(packet('a', 'x'.repeat(1_500), true), undefined, NOW)
    assert.deepEqual([told.skipped, namespace.retained.count, one.waiting], [1, 1, 0])
    assert.equal(subscribe(one, 'b/c').code, REASON.QUOTA)
    namespace.clear()
    assert.deepEqual([held.used, namespace.isEmpty], [0, true])
  })

  it('counts the time of a message from its receipt: what is left is handed on, what is late is not, nor retained', () => {
    const { namespace, one, subscribe } = begin(), frames: Buffer[] = []
    one.attach({ version: 5, receiveMaximum: 10, maximumPacketSize: Infinity, isBlocked: false, outgoingAliases: undefined, send: bytes => frames.push(bytes) }, NOW)
    subscribe(one, '#')
    namespace.route({ ...packet('a'), properties: { messageExpiry: 60 } }, undefined, NOW + 10_000)
    namespace.route({ ...packet('b', 'x', true), properties: { messageExpiry: 10 } }, undefined, NOW + 10_001)
    const told = frames.map(bytes => readByOthers(bytes, 5)).map(sent => sent.cmd === 'publish' && [sent.topic, sent.properties?.messageExpiryInterval])
    assert.deepEqual([told, namespace.retained.count], [[['a', 50]], 0])
  })

  it('takes back by a late message what was retained before it', () => {
    const { namespace } = begin()
    namespace.route(packet('a', 'old', true), undefined, NOW)
    namespace.route({ ...packet('a', 'new', true), properties: { messageExpiry: 1 } }, undefined, NOW + 1_001)
    assert.equal(namespace.retained.count, 0)
  })

  it('hands a topic that begins with $ to nobody, and does not retain it', () => {
    const { namespace, one } = begin()
    namespace.subscribe(one, wish('#', 1), undefined, NOW)
    namespace.route(packet('$SYS/x', 'x', true), undefined, NOW)
    assert.deepEqual([namespace.retained.count, one.waiting], [0, 0])
  })

  it('is empty without sessions and retained messages', () => {
    const { namespace, one, two } = begin()
    namespace.end(one)
    namespace.end(two)
    assert.equal(namespace.isEmpty, true)
    namespace.route(packet('a', 'x', true), undefined, NOW)
    assert.equal(namespace.isEmpty, false)
  })
})
