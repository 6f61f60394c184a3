// Who comes back to what: sessions that stay, expire and make room, and wills that wait.
import assert from 'node:assert/strict'
import type { Connect, Will } from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import { MQTT_LIMITS, type MqttLimits } from '#gateway/mqtt/limits.ts'
import type { Carrier, Session } from '#gateway/mqtt/session.ts'
import { World } from '#gateway/mqtt/world.ts'
import { plain, readByOthers } from '#test/support/mqtt-packets.ts'

const carrier: Carrier = { version: 5, receiveMaximum: 10, maximumPacketSize: Infinity, isBlocked: false, outgoingAliases: undefined, send() {} }
const will = (willDelay?: number): Will => ({ topic: 'gone', payload: Buffer.from('x'), qos: 1, retain: false, properties: willDelay === undefined ? undefined : { willDelay } })
const connect = (clientId: string, fields: Partial<Connect> = {}): Connect => ({
  version: 5, isBridge: false, isClean: false, clientId, keepAlive: 60, username: 'home', password: undefined, will: undefined, properties: {}, ...fields,
})

function begin(limits: Partial<MqttLimits> = {}) {
  const wills: string[] = [], world = new World({ limits: { ...MQTT_LIMITS, ...limits }, mayRead: () => undefined, events: { skipped() {}, held() {} }, publishWill: ({ clientId }) => wills.push(clientId) })
  const come = (clientId: string, fields: Partial<Connect> = {}, sourceId = 'home') => {
    const joined = world.join({ sourceId, clientId }, connect(clientId, fields))
    joined.session.attach(carrier, Date.now())
    return joined
  }
  const go = (session: Session, { last, asked = {}, now = Date.now(), sourceId = 'home' }: { last?: Will, asked?: Properties, now?: number, sourceId?: string } = {}) =>
    world.leave({ sourceId, clientId: session.clientId }, world.namespaceOf(sourceId), session, last, asked, now)
  return { world, wills, come, go, count: (id = 'home') => world.namespaces.get(id)?.sessions.size ?? 0 }
}

describe('a session in the world', () => {
  for (const [what, fields, stays] of [
    ['of MQTT 5 that asks for no time', {}, false], ['of MQTT 5 that asks for a minute', { properties: { sessionExpiry: 60 } }, true],
    ['of MQTT 3.1.1 that is clean', { version: 4, isClean: true }, false], ['of MQTT 3.1.1 that is not', { version: 4 }, true], ['of MQTT 3.1 that is not clean', { version: 3 }, true],
  ] as const) {
    it(`${what} ${stays ? 'is there' : 'is not there'} when its client comes back`, () => {
      const { come, go, count } = begin(), { session, hasSession } = come('c', fields)
      assert.equal(hasSession, false)
      go(session)
      assert.equal(count(), stays ? 1 : 0)
      const again = come('c', fields)
      assert.deepEqual([again.hasSession, again.session === session], [stays, stays])
    })
  }

  it('goes when its client asks for a clean one, with its subscriptions', () => {
    const { come, go } = begin(), keep = { properties: { sessionExpiry: 60 } }, { session, namespace } = come('c', keep)
    namespace.subscribe(session, { filter: 'a', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }, undefined, 0)
    go(session)
    assert.equal(namespace.hasReaders('a'), true)
    assert.equal(come('c', { ...keep, isClean: true }).hasSession, false)
    assert.equal(namespace.hasReaders('a'), false)
  })

  it('is forgotten when its time is over, not before, and not while its client is there', () => {
    const { world, come, go, count } = begin(), { session } = come('c', { properties: { sessionExpiry: 60 } }), now = Date.now()
    world.sweep(now + 1e12)
    assert.equal(count(), 1)
    go(session, { now })
    world.sweep(now + 59_999)
    assert.equal(count(), 1)
    world.sweep(now + 60_000)
    assert.deepEqual([count(), world.namespaces.size], [0, 0])
  })

  it('is not come back to when its time is over, though nobody has swept', () => {
    const { come, go } = begin(), { session } = come('c', { properties: { sessionExpiry: 60 } })
    go(session, { now: Date.now() - 61_000 })
    assert.equal(come('c').hasSession, false)
  })

  it('stays no longer than the limit, and its client of MQTT 5 is told', () => {
    const { come } = begin({ sessionExpirySMax: 100 })
    const told = (sessionExpiry: number) => { const packet = readByOthers(come('c', { isClean: true, properties: { sessionExpiry } }).answer, 5); return packet.cmd === 'connack' && packet.properties?.sessionExpiryInterval }
    assert.deepEqual([told(100), told(101), told(0xffffffff)], [undefined, 100, 100])
    assert.equal(come('d', { version: 4 }).session.expiryMs, 100_000)
  })

  it('is one of as many as a source may have: the one that was away for longest makes room', () => {
    const { world, come, go } = begin({ sessionsPerSourceMax: 3 }), keep = { properties: { sessionExpiry: 600 } }, now = Date.now()
    const [a, b, c] = ['a', 'b', 'c'].map(id => come(id, keep).session) as [Session, Session, Session]
    go(b, { now: now - 2_000 })
    go(a, { now: now - 1_000 })
    come('d', keep)
    assert.deepEqual([...world.namespaceOf('home').sessions.keys()], ['a', 'c', 'd'])
    come('a', keep)
    come('e', keep)
    assert.equal(c.isConnected && world.namespaceOf('home').sessions.has('c'), true)
  })

  it('is another one in another source, and goes with its source', () => {
    const { world, come, count } = begin(), keep = { properties: { sessionExpiry: 60 } }
    const here = come('c', keep, 'home'), there = come('c', keep, 'home2')
    assert.notEqual(here.session, there.session)
    assert.notEqual(here.namespace, there.namespace)
    world.forget('home')
    assert.deepEqual([count('home'), count('home2')], [0, 1])
  })
})

describe('the world', () => {
  const asked = { sessionExpiry: 60 }

  it('keeps as many sessions without a connection as it may, over all sources: the one that was away for longest makes room', () => {
    const { world, come, go, count } = begin({ sessionsAwayMax: 2 })
    for (const sourceId of ['one', 'two', 'three']) go(come('c', { properties: asked }, sourceId).session, { asked, sourceId })
    assert.deepEqual(['one', 'two', 'three'].map(count), [0, 1, 1])
    assert.equal(come('c', { properties: asked }, 'two').hasSession, true)
    go(come('d', { properties: asked }, 'four').session, { asked, sourceId: 'four' })
    assert.deepEqual(['two', 'three', 'four'].map(count), [1, 1, 1])
    world.sweep(Date.now())
    assert.deepEqual([...world.namespaces.keys()], ['two', 'three', 'four'])
  })

  it('forgets sources that hold nothing: of a hundred thousand that came once nothing is left', () => {
    const { world, come, go } = begin()
    for (let number = 0; number < 100_000; number++) go(come('c', {}, `${number}`).session, { sourceId: `${number}` })
    world.sweep(Date.now())
    assert.deepEqual([world.namespaces.size, world.heldBytes], [0, 0])
  })

  it('remembers a source that has spent all that it may send, until it has rested', () => {
    const { world, come, go } = begin({ packetsPerSecondPerSourceMax: 1_000 }), { session, namespace } = come('c')
    namespace.pace.spend(1_000, 0)
    go(session)
    world.sweep(Date.now())
    assert.equal(world.namespaces.size, 1)
  })
})

describe('a keep alive', () => {
  it('is granted up to the limit; more, or none, is told to be the limit in MQTT 5, and left alone before', () => {
    const { come } = begin({ keepAliveSMax: 60 })
    const granted = (keepAlive: number) => {
      const { keepAlive: own, answer } = come('c', { isClean: true, keepAlive }), packet = readByOthers(answer, 5)
      return [own, packet.cmd === 'connack' ? (plain(packet.properties) as Record<string, unknown>).serverKeepAlive : 0]
    }
    assert.deepEqual([granted(1), granted(60), granted(61), granted(0)], [[1, undefined], [60, undefined], [60, 60], [60, 60]])
    assert.deepEqual([0, 61].map(keepAlive => come('c', { version: 4, keepAlive }).keepAlive), [0, 61])
  })
})

describe('a will', () => {
  it('without a delay is published at once', () => {
    const { wills, come, go } = begin()
    go(come('c').session, { last: will() })
    assert.deepEqual(wills, ['c'])
  })

  it('is published once, when its delay is over, and its session is gone with it', () => {
    const { world, wills, come, go, count } = begin(), now = Date.now()
    go(come('c').session, { last: will(10), now })
    world.sweep(now + 9_999)
    assert.deepEqual([wills, count()], [[], 1])
    world.sweep(now + 10_000)
    world.sweep(now + 20_000)
    assert.deepEqual([wills, count()], [['c'], 0])
  })

  it('does not wait longer than its session lives', () => {
    const { world, wills, come, go } = begin(), asked = { sessionExpiry: 5 }, now = Date.now()
    go(come('c', { properties: asked }).session, { last: will(10), asked, now })
    world.sweep(now + 4_999)
    assert.deepEqual(wills, [])
    world.sweep(now + 5_000)
    assert.deepEqual(wills, ['c'])
    go(come('d', { properties: { sessionExpiry: 0 } }).session, { last: will(10), asked: { sessionExpiry: 0 }, now })
    assert.deepEqual(wills, ['c', 'd'])
  })

  it('is not published where its client has come back in time', () => {
    const { world, wills, come, go } = begin(), asked = { sessionExpiry: 60 }, now = Date.now()
    go(come('c', { properties: asked }).session, { last: will(10), asked, now })
    assert.equal(come('c', { properties: asked }).hasSession, true)
    world.sweep(now + 60_000)
    assert.deepEqual(wills, [])
  })

  it('that waits is published when its session has to make room', () => {
    const { wills, come, go } = begin({ sessionsPerSourceMax: 1 }), asked = { sessionExpiry: 60 }
    go(come('c', { properties: asked }).session, { last: will(10), asked })
    come('d')
    assert.deepEqual(wills, ['c'])
  })

  it('that there is no room for does not wait, and one that has gone leaves its room', () => {
    const { world, wills, come, go } = begin({ heldBytesMax: 256 + 4 + 1 }), asked = { sessionExpiry: 60 }, now = Date.now()
    for (const client of ['c', 'd']) go(come(client, { properties: asked }).session, { last: will(10), asked, now })
    assert.deepEqual([wills, world.heldBytes], [['d'], 261])
    world.sweep(now + 10_000)
    assert.deepEqual([wills, world.heldBytes], [['d', 'c'], 0])
  })

  it('that waits goes with its source, and where its source is cut', () => {
    const { world, wills, come, go, count } = begin(), now = Date.now(), asked = { sessionExpiry: 60 }
    go(come('c', { properties: asked }).session, { last: will(10), asked, now })
    world.dropWills('other')
    world.dropWills('home')
    go(come('d', { properties: asked }).session, { last: will(10), asked, now })
    assert.equal(count(), 2)
    world.forget('home')
    world.sweep(now + 10_000)
    assert.deepEqual([wills, world.namespaces.size], [[], 0])
  })
})
