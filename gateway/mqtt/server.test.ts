// Start and stop: everything that was opened is closed, and what was on its way arrives.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { MqttServer } from '#gateway/mqtt/server.ts'
import { connectPacket, Edge, HOST, publishPacket } from '#test/support/mqtt-edge.ts'

const ROOT = join(import.meta.dirname, '..', '..')

describe('a server', () => {
  const will = { topic: 'gone', payload: Buffer.from(''), qos: 0 as const, retain: false }

  it('says where it listens, and whether that is taken', async () => {
    const edge = await new Edge().start(), other = new Edge({ port: edge.port })
    await assert.rejects(other.start(), { code: 'EADDRINUSE', port: edge.port })
    await other.stop()
    await edge.stop()
    const again = await new Edge({ port: edge.port }).start()
    assert.equal(again.port, edge.port)
    await again.stop()
  })

  it('stops as often as it is told, also before its start', async () => {
    const server = new MqttServer({ host: HOST, port: 0, credentials: { authenticate: () => undefined }, ingest: () => undefined })
    await server.stop()
    await server.start()
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
  })

  it('acknowledges before it stops what settles in time, and reads no more', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const edge = await new Edge({ ingest: () => promise, limits: { goodbyeMsMax: 60_000 } }).start()
    const peer = await edge.joined('home', { will })
    peer.send(publishPacket('a', '', { qos: 1, id: 1 }))
    await edge.until(() => edge.taken.length === 1)
    const isStopped = edge.server.stop(10_000)
    peer.send(publishPacket('b', '', { qos: 1, id: 2 }))
    setTimeout(resolve, 50)
    await isStopped
    assert.equal(await peer.closed(), '20020000' + '40020001')
    assert.deepEqual([edge.topics, edge.disconnected, edge.server.connectionCount], [['a'], ['stopped'], 0])
    await edge.stop()
  })

  it('does not wait beyond its grace, and does not acknowledge then', async () => {
    const edge = await new Edge({ ingest: () => new Promise<void>(() => {}) }).start()
    const peer = await edge.joined()
    peer.send(publishPacket('a', '', { qos: 1, id: 1 }))
    await edge.until(() => edge.taken.length === 1)
    const began = performance.now()
    await edge.server.stop(50)
    assert.ok(performance.now() - began < 3_000)
    assert.equal(await peer.closed(), '20020000')
    await edge.stop()
  })

  it('waits for what a client left on its way when it disconnected', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let isKept = false
    const edge = await new Edge({ ingest: () => promise.then(() => { isKept = true }) }).start()
    const peer = await edge.joined()
    peer.send(publishPacket('a', ''), [0xe0, 0])
    await peer.closed()
    setTimeout(resolve, 50)
    await edge.server.stop(10_000)
    assert.equal(isKept, true)
    await edge.stop()
  })

  it('closes every socket: silent, half open, connected, refused, and those that do not leave', async () => {
    const edge = await new Edge({ limits: { goodbyeMsMax: 300 } }).start()
    const peers = [await edge.peer(), await edge.peer(), await edge.joined(), await edge.joined('home2')]
    peers[1]!.send(connectPacket('home').subarray(0, 5))
    const stubborn = connect({ host: HOST, port: edge.port, allowHalfOpen: true })
    stubborn.on('error', () => {})
    await once(stubborn, 'connect')
    stubborn.write(connectPacket('home3'))
    await edge.until(() => edge.connected.length === 3)
    await edge.server.stop(0)
    await Promise.all(peers.map(peer => peer.closed()))
    stubborn.destroy()
    assert.equal(edge.server.connectionCount, 0)
    await edge.stop()
  })

  it('keeps no process alive once it has stopped', async () => {
    const script = `
      import mqtt from 'mqtt'
      import { connect } from 'node:net'
      import { MqttServer } from '#gateway/mqtt/server.ts'
      const credentials = { authenticate: sourceId => ({ sourceId }) }
      const server = new MqttServer({ host: '${HOST}', port: 0, credentials, ingest: () => Promise.resolve() })
      const { port } = await server.start()
      const join = (username, index) => mqtt.connectAsync({ host: '${HOST}', port, username, clientId: 'c' + index, reconnectPeriod: 0 })
      const clients = await Promise.all(['a', 'a', 'b'].map(join))
      for (const client of clients) { await client.subscribeAsync('#', { qos: 2 }); await client.publishAsync('x', 'y', { qos: 2 }) }
      const silent = connect({ host: '${HOST}', port })
      await new Promise(resolve => silent.once('connect', resolve))
      await Promise.all(clients.map(client => client.endAsync()))
      const stayer = await join('a', 9)
      await new MqttServer({ host: '${HOST}', port, credentials, ingest: () => undefined }).start().catch(error => console.log(error.code))
      await server.stop()
      stayer.end(true)
      silent.destroy()
      console.log('stopped')`
    const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script]
    const child = spawn(process.execPath, options, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
    const output: string[] = []
    child.stdout.on('data', chunk => output.push(String(chunk)))
    const [code] = await once(child, 'exit') as [number]
    assert.deepEqual([code, output.join('').trim()], [0, 'EADDRINUSE\nstopped'])
  })
})
