// Nobody sees what is another's, by any path: each try is held against a plain oracle, and so is a gateway whose check is switched off.
import assert from 'node:assert/strict'
import { Streams, type Stream } from '#gateway/devices/streams.ts'
import type { Connection } from '#gateway/ingest/ingest.ts'
import { Admission } from '#gateway/mqtt/admission.ts'
import type { Connect, FilterWish, Will } from '#gateway/mqtt/codec/packets.ts'
import type { MqttConnection } from '#gateway/mqtt/connection.ts'
import { Namespace } from '#gateway/mqtt/namespace.ts'
import { Subscriptions } from '#gateway/mqtt/subscriptions.ts'
import { World } from '#gateway/mqtt/world.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { Network } from '#gateway/publish/network.ts'
import { Tenants, type Case } from '#test/support/tenants.ts'

const CASES_MIN = 1_200

const leaks = (cases: readonly Case[]) => cases.filter(({ seen, allowed }) => seen && !allowed).map(({ title }) => title)
const withheld = (cases: readonly Case[]) => cases.filter(({ seen, allowed }) => !seen && allowed).map(({ title }) => title)

/** The cases, while a method of a class is another. */
async function tryWith<K extends string>(target: Record<K, any>, name: K, mutant: (original: any) => any, tryAll = () => Tenants.tryAll()): Promise<readonly Case[]> {
  const original = target[name]
  target[name] = mutant(original)
  try {
    return await tryAll()
  } finally {
    target[name] = original
  }
}

describe('Every tenant, by every path', function () {
  this.timeout(60_000)

  it(`sees what is theirs and nothing else, in ${CASES_MIN} cases and more`, async () => {
    const cases = await Tenants.tryAll()
    assert.deepEqual(leaks(cases), [])
    assert.deepEqual(withheld(cases), [])
    console.log(`      ${cases.length} cases, ${cases.filter(({ allowed }) => allowed).length} of them allowed`)
    assert.ok(cases.length >= CASES_MIN && cases.filter(({ allowed }) => allowed).length > 100, `${cases.length} cases`)
  })

  it('is found out where sources share one world', async () => {
    const worlds = new Set<Namespace>()
    const cases = await tryWith(Namespace.prototype, 'route', original => function (this: Namespace, ...message: unknown[]) {
      worlds.add(this)
      for (const world of worlds) original.call(world, ...message)
    })
    for (const kind of ['live', 'retained', 'will', 'spoofed']) assert.ok(leaks(cases).some(title => title.includes(kind)), kind)
  })

  it('is found out where a client id is one of all sources', async () => {
    const before = new Map<string, MqttConnection>()
    const cases = await tryWith(Admission.prototype, 'admit', admit => function (this: Admission, connection: MqttConnection, connect: Connect): Connection {
      const identity: Connection = admit.call(this, connection, connect)
      before.get(identity.clientId)?.close('taken-over')
      before.set(identity.clientId, connection)
      return identity
    })
    assert.ok(leaks(cases).some(title => title.endsWith('and ends it')))
  })

  it('is found out where a client comes back to a session of another source', async () => {
    const cases = await tryWith(World.prototype, 'join', join => function (this: World, identity: Connection, connect: Connect) {
      const [foreign] = [...this.namespaces].find(([id, { sessions }]) => id !== identity.sourceId && sessions.has(identity.clientId)) ?? []
      return join.call(this, foreign === undefined || connect.isClean ? identity : { ...identity, sourceId: foreign }, connect)
    })
    for (const loot of ['and finds a session', 'and gets what waits at QoS 2']) assert.ok(leaks(cases).some(title => title.endsWith(loot)), loot)
  })

  it('is found out where a will is published in the world of another source', async () => {
    const cases = await tryWith(World.prototype, 'leave', leave => function (this: World, identity: Connection, home: Namespace, session: unknown, will: Will | undefined, ...rest: unknown[]) {
      leave.call(this, identity, home, session, undefined, ...rest)
      for (const world of this.namespaces.values()) if (will && world !== home) world.route(will, undefined, Date.now())
    })
    assert.ok(leaks(cases).length > 0 && leaks(cases).every(title => title.includes('will')))
  })

  it('is found out where a share has members of many sources', async () => {
    const trees = new Set<Subscriptions<never>>()
    const cases = await tryWith(Subscriptions.prototype, 'add', add => function (this: Subscriptions<never>, filter: string, ...rest: unknown[]) {
      trees.add(this)
      if (filter.startsWith('$share/')) for (const tree of trees) if (tree !== this) add.call(tree, filter, ...rest)
      return add.call(this, filter, ...rest)
    })
    assert.ok(leaks(cases).length > 0 && leaks(cases).every(title => title.includes('$share/')))
  })

  it('is found out where what one source retains is sent to another', async () => {
    const worlds = new Set<Namespace>()
    const cases = await tryWith(Namespace.prototype, 'subscribe', subscribe => function (this: Namespace, session: unknown, wish: FilterWish, ...rest: unknown[]) {
      worlds.add(this)
      const retained = [...worlds].flatMap(world => world.retained.match(wish.filter, Date.now())).map(message => ({ message, qos: 0, retain: true }))
      return { ...subscribe.call(this, session, wish, ...rest), retained }
    })
    assert.ok(leaks(cases).length > 0 && leaks(cases).every(title => title.includes('retained')))
  })

  it('is found out where a stream opens for whoever asks', async () => {
    let asked: Stream | undefined
    const cases = await tryWith(Streams.prototype, 'get', get => function (this: Streams, id: string) { return asked = get.call(this, id) }, () =>
      tryWith(Network.prototype, 'open', open => function (this: Network, party: Party, ...rest: unknown[]) {
        return open.call(this, { ...party, get id() { return asked?.ownerId ?? party.id } }, ...rest)
      }))
    for (const path of ['reads', 'WebSocket', 'events']) assert.ok(leaks(cases).some(title => title.includes(path)), path)
  })
})
