// The load: publishers over plain sockets in a closed loop, which opens by as much as comes out.
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'
import { connectionOf, DEVICES, CONNECTIONS, deviceName, isConsented, payloadOf, sequenceIn, WINDOW } from '#benchmarks/workload.ts'

export interface Endpoint { readonly port: number, readonly username?: string, readonly password?: string }

export interface RoundCounts { readonly sent: number, readonly expected: number, readonly received: number, readonly duplicates: number, readonly leaked: number, readonly seconds: number }

/** After so long without progress the loop counts what is missing and goes on. */
const STALLED_MS = 2_000

export class Load {
  readonly #sockets: Socket[] = []
  readonly #qos: 0 | 1
  readonly #outstanding = new Set<number>()
  readonly #unconsented = new Set<number>()
  #sequence = 0
  #isRunning = false
  #counts = { sent: 0, expected: 0, received: 0, duplicates: 0, leaked: 0 }

  constructor(qos: 0 | 1) { this.#qos = qos }

  async connect(endpoints: readonly Endpoint[]): Promise<void> {
    for (let n = 0; n < CONNECTIONS; n++) this.#sockets.push(await publisher(endpoints[n % endpoints.length]!, n))
  }

  /** To be called with each entity that comes out. */
  take(entity: string): void {
    const sequence = sequenceIn(entity)
    if (this.#unconsented.has(sequence)) this.#counts.leaked++
    else if (this.#outstanding.delete(sequence)) this.#counts.received++
    else this.#counts.duplicates++
  }

  /** Publishes for so long, then waits for what is still to come. */
  async round(seconds: number): Promise<RoundCounts> {
    this.#counts = { sent: 0, expected: 0, received: 0, duplicates: 0, leaked: 0 }
    this.#outstanding.clear()
    this.#unconsented.clear()
    this.#isRunning = true
    const began = performance.now()
    let progressAt = began, last = 0
    while (performance.now() - began < seconds * 1000) {
      this.#fill()
      await new Promise(setImmediate)
      if (this.#counts.received !== last) { last = this.#counts.received; progressAt = performance.now() }
      if (performance.now() - progressAt > STALLED_MS) break
    }
    this.#isRunning = false
    const published = (performance.now() - began) / 1000
    for (const until = performance.now() + STALLED_MS; this.#outstanding.size > 0 && performance.now() < until;) await new Promise(setImmediate)
    return { ...this.#counts, seconds: published }
  }

  close(): void { for (const socket of this.#sockets) socket.destroy() }

  #fill(): void {
    const batches: Buffer[][] = this.#sockets.map(() => [])
    while (this.#isRunning && this.#outstanding.size < WINDOW && this.#sockets.every(({ writableNeedDrain }) => !writableNeedDrain)) {
      const sequence = this.#sequence++, device = sequence % DEVICES
      if (isConsented(device)) { this.#outstanding.add(sequence); this.#counts.expected++ } else this.#unconsented.add(sequence)
      batches[connectionOf(device)]!.push(generate({
        cmd: 'publish', topic: `zigbee2mqtt/${deviceName(device)}`, payload: payloadOf(sequence), qos: this.#qos, retain: false, dup: false, ...(this.#qos === 1 ? { messageId: sequence % 65_535 + 1 } : {}),
      }))
      this.#counts.sent++
    }
    batches.forEach((batch, n) => { if (batch.length > 0) this.#sockets[n]!.write(Buffer.concat(batch)) })
  }
}

function publisher({ port, username, password }: Endpoint, n: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }).once('error', fail)
    socket.once('data', () => { socket.resume(); done(socket) }) // the CONNACK; acknowledgements behind it are read and not needed: the loop is closed by what comes out
    socket.write(generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: `load-${n}`, keepalive: 0, ...(username === undefined ? {} : { username, password: Buffer.from(password ?? '') }) }))
  })
}
