import assert from 'node:assert/strict'
import { generate } from 'mqtt-packet'
import { SessionStore } from '#gateway/mqtt/session-store.ts'
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
})
