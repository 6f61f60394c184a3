import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { generate } from 'mqtt-packet'
import { MQTT_LIMITS, type MqttLimits } from '#gateway/mqtt/limits.ts'
import { SessionStore } from '#gateway/mqtt/session-store.ts'
import { World } from '#gateway/mqtt/world.ts'
import { openState } from '#gateway/state/database.ts'
import { connectPacket, Edge, publishPacket } from '#test/support/mqtt-edge.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('Sessions that are kept', () => {
  const folder = temporaryFolder()
  let edge: Edge
  const run = async (work: () => Promise<void>) => {
    const database = openState(folder)
    edge = await new Edge({ store: new SessionStore(database) }).start()
    await work()
    await edge.stop()
    edge.server.saveSessions()
    const rows = database.prepare('SELECT source_id, client_id, subscriptions, incoming FROM mqtt_sessions ORDER BY client_id').all()
    database.close()
    return rows.map(row => ({ ...row }))
  }
  const kept = { clean: false, clientId: 'kept' }

  it('are on disk with what they subscribed to, and others are not', async () => {
    const rows = await run(async () => {
      await (await edge.client('home', kept)).subscribeAsync({ 'a/#': { qos: 1 }, b: { qos: 2 } })
      await (await edge.client('home', { clientId: 'clean' })).subscribeAsync('a/#')
    })
    assert.deepEqual(rows.map(({ source_id, client_id }) => [source_id, client_id]), [['home', 'kept']])
  })

  it('are there again after a restart, and get what comes from then on', async () => {
    await run(async () => {
      const publisher = await edge.client('home', { clientId: 'p' })
      await publisher.publishAsync('a/1', 'while away', { qos: 1 })
      const peer = await edge.peer()
      peer.send(connectPacket('home', kept))
      await peer.until(bytes => bytes.includes('while away'))
      await publisher.publishAsync('a/2', 'there', { qos: 1 })
      await peer.until(bytes => bytes.includes('there'))
      assert.equal(peer.received.subarray(0, 4).toString('hex'), '20020100')
    })
  })

  it('go from disk when their client wants a clean one', async () => {
    const rows = await run(async () => { await (await edge.client('home', { ...kept, clean: true })).endAsync() })
    assert.deepEqual(rows, [])
  })

  it('remember the packet ids of QoS 2 that are in use, and go with their source', async () => {
    const two = publishPacket('a', 'once', { qos: 2, id: 7 })
    const rows = await run(async () => {
      const peer = await edge.peer()
      peer.send(connectPacket('home', kept), two)
      await peer.until(bytes => bytes.length === 8)
    })
    assert.equal(rows[0]!['incoming'], '[7]')
    const after = await run(async () => {
      const peer = await edge.peer()
      peer.send(connectPacket('home', kept), two, generate({ cmd: 'pubrel', messageId: 7 }))
      await peer.until(bytes => bytes.length === 12)
      assert.deepEqual(edge.payloads, [])
      edge.server.disconnect('home')
      edge.server.forgetSource('home')
    })
    assert.deepEqual(after, [])
  })

  describe('in a world of many', () => {
    const COUNT = 3_000
    const newWorld = (limits: Partial<MqttLimits> = {}) => new World({ limits: { ...MQTT_LIMITS, ...limits }, mayRead: () => undefined, events: { skipped() {}, held() {} }, publishWill() {} })
    const found = (world: World) => [...world.namespaces.values()].flatMap(({ sessions }) => [...sessions.keys()]).sort()
    let database: DatabaseSync
    beforeEach(() => { database = openState(mkdtempSync(join(folder, 'x'))) })
    afterEach(() => database.close())
    const fill = (world: World, ...clients: string[]) => {
      for (const client of clients) {
        const namespace = world.namespaceOf(`home${client}`), session = namespace.newSession(client)
        session.expiryMs = 60_000
        session.endedAt = Number(client)
        namespace.subscribe(session, { filter: 'a', qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 }, undefined, 0)
        world.putAway(namespace, session)
      }
      return world
    }
    const clients = Array.from({ length: COUNT }, (_, number) => String(1_000_000 + number))

    it('are written a little at a time, and once all of it is there nothing is left to do', () => {
      const store = new SessionStore(database), world = fill(newWorld(), ...clients)
      let calls = 0
      for (let isMore = true; isMore; calls++) isMore = store.saveSome(world)
      assert.ok(calls >= COUNT / 100, `${calls} calls`)
      assert.equal(found(world).length, COUNT)
      const again = newWorld()
      new SessionStore(database).load(again, 0)
      assert.deepEqual(found(again), clients)
      assert.ok(again.heldBytes > 0 && again.heldBytes === world.heldBytes)
    })

    it('are not written any more when they have ended meanwhile, and a later one of the same client is', () => {
      const store = new SessionStore(database), world = fill(newWorld(), ...clients)
      store.saveSome(world)
      for (const client of clients) world.forget(`home${client}`)
      fill(world, clients[0]!, clients[COUNT - 1]!)
      while (store.saveSome(world)) { /* until all is written */ }
      store.saveSome(world)
      const again = newWorld()
      new SessionStore(database).load(again, 0)
      assert.deepEqual(found(again), [clients[0], clients[COUNT - 1]])
    })

    it('stay to be written, and to be removed, where that could not be done', () => {
      const store = new SessionStore(database), world = fill(newWorld(), '1')
      store.save(world)
      world.forget('home1')
      fill(world, '2')
      database.exec('PRAGMA query_only = ON')
      assert.throws(() => store.save(world), /readonly/)
      database.exec('PRAGMA query_only = OFF')
      store.save(world)
      assert.deepEqual(database.prepare('SELECT client_id FROM mqtt_sessions').all().map(row => ({ ...row })), [{ client_id: '2' }])
    })

    it('are put back as far as there is room: those that were away for longest are not', () => {
      new SessionStore(database).save(fill(newWorld(), '3', '1', '2'))
      const world = newWorld({ sessionsAwayMax: 2 }), store = new SessionStore(database)
      store.load(world, 0)
      assert.deepEqual(found(world), ['2', '3'])
      store.save(world)
      assert.equal(database.prepare('SELECT * FROM mqtt_sessions').all().length, 2)
    })
  })
})
