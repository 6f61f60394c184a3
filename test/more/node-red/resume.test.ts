// Flows while the gateway or Node-RED is killed as the power would: what a device was told is safe reaches the flow, in order.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { MAJORS } from '#benchmarks/peers/node-red-hosts.ts'
import { NodeRed, type FlowNode } from '#test/support/node-red.ts'
import type { Paired } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'
import { Scene, type Offered } from '#test/more/node-red/scene.ts'

const TOPIC = 'zigbee2mqtt/replay', EXAMPLE = '06-replay-without-a-gap', PATH = '/seen'
/** Each observation is a second after the one before, by the device's own clock, long ago: one that is missing is a gap of two. */
const FIRST_MS = Date.UTC(2026, 0, 1)
const PAUSE_S = 1.5
const PER_TURN = 5, TURN_MS = 20, SOME = 100, KILLS = 2
const reading = (n: number) => JSON.stringify({ temperature: 20, last_seen: new Date(FIRST_MS + 1000 * n).toISOString() })

/** What the flow was given, one line each: which message, which reading, and what the example has counted so far. */
interface Seen { readonly id: string, readonly n: number, readonly received: number, readonly again: number, readonly gaps: number }

/** The example, with its debug node replaced by one that writes each message down at once, and passes it on to a WebSocket. */
function observed(example: readonly FlowNode[], file: string): readonly FlowNode[] {
  const func = `
    const { received, again, gaps, observedAt } = msg.payload
    const seen = { id: msg.stream.messageId, n: (Date.parse(observedAt) - ${FIRST_MS}) / 1000, received, again, gaps }
    fs.appendFileSync(${JSON.stringify(file)}, JSON.stringify(seen) + '\\n')
    return { payload: seen }`
  const libs = [{ var: 'fs', module: 'fs' }]
  const observer = { id: 'replay-counts', type: 'function', z: 'replay-flow', func, outputs: 1, libs, wires: [['observer-out']] }
  return [
    ...example.map(node => node.id === observer.id ? observer : node),
    { id: 'observer-out', type: 'websocket out', z: 'replay-flow', server: 'observer-socket', client: '' },
    { id: 'observer-socket', type: 'websocket-listener', path: PATH, wholemsg: 'false' },
  ]
}

function seenIn(file: string): readonly Seen[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line) as Seen) : []
}

/** The last message that the node has noted as sent on; it does so each second, and a busy disk takes its time. */
function positionIn({ userDir }: NodeRed): string {
  const positions = JSON.parse(readFileSync(join(userDir, 'sluice', 'positions-replay-stream.json'), 'utf8'))
  return Object.values<string>(positions)[0]!
}

/** A device that sends without a break, and after a break of its connection goes on with what was not acknowledged. */
class Publisher {
  sent: number
  readonly #first: number
  readonly #device: MqttClient
  readonly #news = new EventEmitter()
  readonly #timer: NodeJS.Timeout
  #acknowledged = 0

  private constructor(device: MqttClient, sent: number) {
    this.#first = this.sent = sent
    this.#device = device
    device.on('error', () => { /* the gateway is killed */ })
    this.#timer = setInterval(() => { for (let n = 0; n < PER_TURN; n++) this.#publish() }, TURN_MS)
  }

  static async start({ mqtt, username, password }: Paired, sent: number): Promise<Publisher> {
    return new Publisher(await connectAsync(mqtt, { username, password, clientId: 'replay', clean: false, reconnectPeriod: 100 }), sent)
  }

  #publish(): void {
    this.#device.publish(TOPIC, reading(++this.sent), { qos: 1 }, error => {
      if (error) return
      this.#acknowledged++
      this.#news.emit('acknowledged')
    })
  }

  /** Resolves when so many more are acknowledged. */
  async acknowledges(count: number): Promise<void> {
    for (const enough = this.#acknowledged + count; this.#acknowledged < enough;) await once(this.#news, 'acknowledged')
  }

  /** Sends one more, and leaves when all is acknowledged: the client does not end well before. */
  async finish(): Promise<void> {
    clearInterval(this.#timer)
    this.#publish()
    await this.acknowledges(this.sent - this.#first - this.#acknowledged)
    await this.#device.endAsync()
  }
}

for (const major of MAJORS) describe(`A flow in Node-RED ${major} (skipped where no npm registry is reachable)`, () => {
  const file = join(temporaryFolder(), 'seen')
  let scene: Scene, nodeRed: NodeRed, offered: Offered, publisher: Publisher
  before(async function () {
    scene = await Scene.start()
    const started = await NodeRed.start(major, { SLUICE_URL: scene.users.http, SLUICE_PAUSE_S: String(PAUSE_S) })
    if (!started) return this.skip()
    nodeRed = started
    offered = await scene.offer({ dialect: 'zigbee2mqtt', topic: TOPIC, payload: reading(0), attributes: ['temperature'] })
    await nodeRed.deploy(observed(await nodeRed.example(EXAMPLE), file), { SLUICE_KEY: scene.city.key, SLUICE_STREAM: offered.streamId })
    await isReading()
  })
  after(async () => {
    await nodeRed?.kill('SIGTERM')
    await scene.stop()
  })

  async function isReading(): Promise<void> {
    const watch = await nodeRed.watch()
    await watch.status('replay-stream', ({ fill }) => fill === 'green')
    watch.close()
  }

  /** Sends for a while, in which something happens; resolves when the flow has the last reading. */
  async function duringStream(happens: () => Promise<void>): Promise<void> {
    publisher = await Publisher.start(offered.access, publisher?.sent ?? 0)
    await publisher.acknowledges(SOME)
    await happens()
    await isReading()
    await publisher.acknowledges(SOME)
    const output = await nodeRed.output<Seen>(PATH)
    await publisher.finish()
    await output.find(({ n }) => n === publisher.sent, 'the last reading')
    output.close()
  }

  function assertWhole(seen: readonly Seen[]): void {
    const numbers = new Set(seen.map(({ n }) => n))
    const lost = Array.from({ length: publisher.sent }, (_, index) => index + 1).filter(n => !numbers.has(n))
    assert.equal(lost.length, 0, `lost of ${publisher.sent}: ${lost.slice(0, 10).join()}`)
  }

  it('sees no gap and no duplicate when the gateway is killed and comes back', async () => {
    for (let kill = 0; kill < KILLS; kill++) await duringStream(() => scene.restart())
    const seen = seenIn(file)
    assertWhole(seen)
    assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length, 'twice')
    assert.deepEqual([seen.at(-1)!.received, seen.at(-1)!.again, seen.at(-1)!.gaps], [seen.length, 0, 0])
  })

  it('goes on behind the position that was written down last when Node-RED is killed and comes back', async () => {
    let expected: readonly Seen[] = []
    await duringStream(async () => {
      await nodeRed.kill()
      const position = positionIn(nodeRed), before = seenIn(file)
      expected = before.slice(before.findIndex(({ id }) => id === position) + 1)
      await nodeRed.restart()
    })
    const seen = seenIn(file), ids = seen.map(({ id }) => id)
    assertWhole(seen)
    const again = ids.filter((id, index) => ids.indexOf(id) < index)
    console.log(`      ${again.length} of ${ids.length} messages came again`)
    assert.deepEqual(again, expected.map(({ id }) => id))
    assert.equal(seen.at(-1)!.gaps, 0)
  })

  it('counts a gap where the device has left one', async () => {
    const output = await nodeRed.output<Seen>(PATH), device = await scene.users.device(offered.access)
    await device.publishAsync(TOPIC, reading(publisher.sent + 2), { qos: 1 })
    assert.equal((await output.find(({ n }) => n === publisher.sent + 2, 'the reading behind the gap')).gaps, 1)
    output.close()
  })
})
