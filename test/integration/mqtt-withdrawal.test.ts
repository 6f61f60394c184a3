// What a withdrawal takes from a reader over MQTT, and what it leaves: nothing of what is withdrawn comes behind its answer, and what was
// billed of other streams does.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { FEED_BYTES_MAX } from '#gateway/mqtt/reading.ts'
import { floodedStream, numberIn } from '#test/support/flood.ts'
import { RawReader } from '#test/support/raw-reader.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

/** Enough to fill what the kernel holds for a socket on loopback several times over. */
const FLOOD = 40_000
/** A goodbye with its code may come behind it, and ends of streams count one each. */
const GOODBYE_BYTES = 64
/** Of what the kernel has. */
const READINGS = 20, READING_MS = 10
const numberOf = ({ payload }: { readonly payload: string | Buffer }) => numberIn(JSON.parse(String(payload)))

/**
 * Bytes that a socket can still get when nobody writes any more: what the kernel has of them, on both sides. Linux tells (proc(5), tcp) of one side
 * after the other, and may pass one over while other sockets come and go: the most that it says in a while is what there is. The kernel is full, so
 * that nothing can be added meanwhile.
 */
async function allInKernel(socket: Socket): Promise<number> {
  let most = 0
  for (let n = 0; n < READINGS; n++) {
    most = Math.max(most, inKernel(socket))
    await delay(READING_MS)
  }
  return most
}

function inKernel({ localPort, remotePort }: Socket): number {
  const isOurs = (local: string, remote: string) => [`${localPort} ${remotePort}`, `${remotePort} ${localPort}`].includes([local, remote].map(address => parseInt(address.split(':')[1]!, 16)).join(' '))
  return readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1).map(line => line.trim().split(/\s+/))
    .flatMap(([, local, remote, , queues]) => isOurs(local!, remote!) ? queues!.split(':').map(hex => parseInt(hex, 16)) : [])
    .reduce((sum, bytes) => sum + bytes, 0)
}

describe('A withdrawal, to a reader over MQTT', function () {
  this.timeout(60_000)
  let running: Running, owner: PartyKey
  before(async () => {
    running = await Running.start()
    owner = await running.party('owner')
  })
  after(() => running.stop())

  async function stream() {
    const { streamId, flood } = await floodedStream(running, owner)
    return { streamId, topic: `streams/${streamId}`, flood }
  }

  const withdraw = (consentId: string) => running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
  async function billed({ key }: PartyKey, agreementId: string): Promise<number> {
    const { agreements } = await running.ok(key, 'GET', '/v1/usage')
    return agreements.find((usage: { agreementId: string }) => usage.agreementId === agreementId).messages
  }
  /** The gateway hands nothing over any more: the reader is full. */
  async function stalled(): Promise<void> {
    for (let last = -1, same = 0; same < 7; await delay(150)) {
      same = last === running.gateway.counts().deliveries ? same + 1 : 0
      last = running.gateway.counts().deliveries
    }
  }

  /** The gateway has seen that nobody reads any more: what came before that would be on its way to whoever has gone. */
  async function left(): Promise<void> {
    for (;;) {
      const metrics = await (await fetch(`${running.http}/metrics`)).text()
      if (/^sluice_subscriptions 0$/m.test(metrics)) return
      await delay(5)
    }
  }

  /** A reader who comes back to what `whileAway` brought, and reads no more than that it is there: it freezes late, so that it is not cut for that. */
  async function frozen(city: PartyKey, topics: readonly string[], { qos, session }: { qos: 0 | 1, session: number }, whileAway: () => Promise<unknown>): Promise<RawReader> {
    const before = await RawReader.join(running.mqtt, city, { sessionExpiryInterval: 60 })
    await before.subscribe(1, ...topics)
    before.socket.destroy()
    await before.closed()
    await left()
    await whileAway()
    // What a reader has said and nobody has read yet makes the kernel drop what it has for them when it is cut: at QoS 0 they say nothing.
    const reader = await RawReader.join(running.mqtt, city, { sessionExpiryInterval: session, clean: false, isPolite: qos === 1 })
    if (qos === 0) await reader.subscribe(0, ...topics)
    reader.socket.pause()
    await stalled()
    return reader
  }

  it('that is frozen: nothing of what waits for it in the gateway comes behind the answer, with tens of thousands waiting', async function () {
    if (!existsSync('/proc/net/tcp')) { console.log('      skipped: this system does not tell what its sockets hold'); this.skip() }
    const { streamId, topic, flood } = await stream()
    for (const qos of [0, 1] as const) {
      const city = await running.party('subscriber'), { consentId, agreementId } = await running.deal(owner, city, streamId)
      const reader = await frozen(city, [topic], { qos, session: 60 }, () => flood(1, FLOOD)), { effectiveAt } = await withdraw(consentId)
      const paid = await billed(city, agreementId), inKernel = await allInKernel(reader.socket), bytesMax = reader.socket.bytesRead + inKernel
      reader.socket.resume()
      await reader.closed()
      assert.ok(reader.published.length <= FLOOD - 20_000, `${reader.published.length} came`)
      assert.ok(reader.socket.bytesRead <= bytesMax + GOODBYE_BYTES, `${reader.socket.bytesRead - bytesMax} bytes more than the kernel had`)
      assert.ok(reader.published.length < paid, `${reader.published.length} of ${paid} that were handed over came`)
      assert.ok(reader.published.every(packet => numberOf(packet) < FLOOD && Number(String(packet.properties?.userProperties?.['messageId']).split('-')[0]) <= Date.parse(effectiveAt)))
      const back = await RawReader.join(running.mqtt, city, { sessionExpiryInterval: 60 })
      assert.deepEqual(await back.subscribe(qos, topic), [0x87])
      assert.deepEqual(back.published, [])
      back.socket.destroy()
    }
  })

  it('leaves it all that was billed of other streams, also what waits in the gateway, at either QoS, with a session or without', async () => {
    const [kept, gone] = await Promise.all([stream(), stream()])
    for (const [qos, session] of [[0, 0], [0, 60], [1, 0], [1, 60]] as const) {
      const city = await running.party('subscriber'), { agreementId } = await running.deal(owner, city, kept.streamId), { consentId } = await running.deal(owner, city, gone.streamId)
      const reader = await frozen(city, [kept.topic, gone.topic], { qos, session }, () => kept.flood(1, FLOOD / 4))
      await withdraw(consentId)
      reader.socket.resume()
      await reader.closed()
      assert.equal(reader.goodbye, 'CONSENT_WITHDRAWN')
      const got = reader.of(kept.topic).map(numberOf)
      if (session > 0) {
        const back = await RawReader.join(running.mqtt, city, { sessionExpiryInterval: session })
        await kept.flood(FLOOD, FLOOD + 1)
        await back.until(packet => packet.cmd === 'publish' && numberOf(packet) === FLOOD + 1)
        got.push(...back.of(kept.topic).map(numberOf))
        back.socket.destroy()
      }
      const once = [...new Set(got)]
      assert.deepEqual(once, once.toSorted((a, b) => a - b), 'in order')
      assert.equal(once.length, await billed(city, agreementId), `each that is billed, and no other (QoS ${qos}, ${session} s)`)
    }
  })

  it('loses it no more of others at QoS 0 than what its socket has, where that can only be cut off whole', async () => {
    const [kept, gone] = await Promise.all([stream(), stream()]), city = await running.party('subscriber')
    const { agreementId } = await running.deal(owner, city, kept.streamId), { consentId } = await running.deal(owner, city, gone.streamId)
    const reader = await frozen(city, [kept.topic, gone.topic], { qos: 0, session: 60 }, () => Promise.all([kept.flood(1, FLOOD / 4), gone.flood(1, FLOOD / 4)]))
    await withdraw(consentId)
    const back = await RawReader.join(running.mqtt, city, { sessionExpiryInterval: 60 })
    reader.socket.resume()
    await reader.closed()
    await kept.flood(FLOOD, FLOOD + 1)
    await back.until(packet => packet.cmd === 'publish' && numberOf(packet) === FLOOD + 1)
    const got = [...reader.of(kept.topic), ...back.of(kept.topic)].map(numberOf), size = String(reader.of(kept.topic)[0]!.payload).length, lost = await billed(city, agreementId) - got.length
    assert.deepEqual(got, [...new Set(got)].toSorted((a, b) => a - b), 'in order, and at QoS 0 once')
    assert.ok(lost * size < 2 * FEED_BYTES_MAX, `${lost} lost of ${got.length}`)
    assert.deepEqual(back.of(gone.topic), [])
    back.socket.destroy()
  })
})
