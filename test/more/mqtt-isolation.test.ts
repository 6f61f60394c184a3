// A peer that reads nothing, and crowds that say nothing, cost those who behave next to nothing.
import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { Edge, publishPacket, subscribePacket, type Peer } from '#test/support/mqtt-edge.ts'

const MESSAGES = 60_000
const PAYLOAD_BYTES = 1_024
const GAP_MS_MAX = 1_000
const CROWD = 3_000
const CLOSED_MS_MAX = 10_000
const FLOOD = 3_000
const MIB_MORE_MAX = 150

/** Counts the bytes that a peer is sent and the longest time between two of them; keeps none. */
function watch(peer: Peer): { bytes: number, gapMs: number } {
  const seen = { bytes: 0, gapMs: 0 }
  let last = performance.now()
  peer.socket.removeAllListeners('data')
  peer.socket.on('data', chunk => {
    const now = performance.now()
    if (seen.bytes > 0) seen.gapMs = Math.max(seen.gapMs, now - last)
    last = now
    seen.bytes += chunk.length
  })
  return seen
}

describe('The MQTT edge', () => {
  let edge: Edge
  beforeEach(async () => { edge = await new Edge().start() })
  afterEach(() => edge.stop())

  it('sends a healthy subscriber everything, and without a pause, beside one that is frozen', async () => {
    const frozen = await edge.joined('home', { clientId: 'frozen' }), healthy = await edge.joined('home', { clientId: 'healthy' }), publisher = await edge.joined('home', { clientId: 'p' })
    for (const reader of [frozen, healthy]) { reader.send(subscribePacket(1, 't')); await reader.ping() }
    frozen.socket.pause()
    const seen = watch(healthy), one = publishPacket('t', Buffer.alloc(PAYLOAD_BYTES, 1)), hundred = Buffer.concat(Array<Buffer>(100).fill(one))
    for (let sent = 0; sent < MESSAGES; sent += 100) {
      publisher.socket.write(hundred)
      if (sent % 1_000 === 0) await publisher.ping()
    }
    await publisher.ping()
    while (seen.bytes < MESSAGES * one.length) await new Promise(resolve => healthy.socket.once('data', resolve))
    console.log(`      ${MESSAGES} messages, longest gap ${seen.gapMs.toFixed(0)} ms, ${edge.skipped} left out for the frozen one`)
    assert.equal(seen.bytes, MESSAGES * one.length)
    assert.ok(seen.gapMs < GAP_MS_MAX, `${seen.gapMs} ms`)
    assert.ok(edge.skipped > 0)
  })

  for (const [what, bytes] of [['half open', []], ['within a CONNECT', [0x10, 0xc8, 0x01, 0, 4, 0x4d]], ['with a CONNECT of 256 MB', [0x10, 0xff, 0xff, 0xff, 0x7f]]] as const) {
    it(`serves newcomers beside ${CROWD} connections that stand ${what}, and is rid of them in time`, async () => {
      const before = process.memoryUsage.rss(), began = performance.now(), crowd: Peer[] = []
      for (let count = 0; count < CROWD; count++) {
        const peer = await edge.peer()
        if (bytes.length > 0) peer.send([...bytes])
        crowd.push(peer)
        if (count % 500 === 0) (await edge.joined(`home${count}`)).send([0xe0, 0])
      }
      const opened = performance.now()
      await (await edge.joined('home')).ping()
      const served = performance.now() - opened, more = (process.memoryUsage.rss() - before) / 1_048_576
      await Promise.all(crowd.map(peer => peer.closed()))
      const closed = performance.now() - opened
      console.log(`      opened in ${(opened - began).toFixed(0)} ms; a newcomer was served in ${served.toFixed(0)} ms; all closed after ${closed.toFixed(0)} ms; ${more.toFixed(0)} MiB more`)
      assert.ok(served < 1_000 && closed < CLOSED_MS_MAX && more < MIB_MORE_MAX)
      assert.equal(edge.refused.length, CROWD)
    })
  }

  it(`serves newcomers beside a source that leaves ${FLOOD} sessions behind, and remembers no more of them than a source may have`, async () => {
    const before = process.memoryUsage.rss(), served: number[] = [], id = (n: number) => ({ clientId: `s${n}`, clean: false })
    for (let count = 0; count < FLOOD; count++) {
      const peer = await edge.joined('home', id(count))
      peer.send(subscribePacket(1, `t/${count}`))
      peer.socket.destroy()
      edge.forget(peer)
      if (count % 50 !== 0) continue
      const began = performance.now(), newcomer = await edge.joined('home-next-door')
      served.push(performance.now() - began)
      newcomer.send([0xe0, 0])
    }
    const p99 = served.toSorted((a, b) => a - b)[Math.ceil(served.length * 0.99) - 1]!, more = (process.memoryUsage.rss() - before) / 1_048_576
    const [first, last] = await Promise.all([0, FLOOD - 1].map(async n => (await edge.joined('home', id(n))).received.toString('hex', 0, 4)))
    console.log(`      newcomers were served in ${p99.toFixed(0)} ms (p99 of ${served.length}); ${more.toFixed(0)} MiB more`)
    assert.deepEqual([first, last], ['20020000', '20020100'], 'the oldest is forgotten, the newest is there')
    assert.ok(p99 < 1_000 && more < MIB_MORE_MAX)
  })
})
