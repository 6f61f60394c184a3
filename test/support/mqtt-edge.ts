// The MQTT edge with nothing behind it but what a test puts there, and a peer that may send what no client would.
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { generate, parser, type Packet as WirePacket } from 'mqtt-packet'
import type { Packet } from '#adapters/packet.ts'
import type { Connection } from '#gateway/ingest/ingest.ts'
import { LendingSocket } from '#gateway/mqtt/listeners/lending-socket.ts'
import { type MqttOptions, MqttServer } from '#gateway/mqtt/server.ts'

export const HOST = '127.0.0.1'
export const PASSWORD = 'correct horse'

// Whoever keeps bytes of a read that is over finds nothing in them that it could take for its own.
LendingSocket.onReturned = (bytes, length) => { bytes.fill(0xff, 0, length) }

export interface Taken { readonly batch: readonly Packet[], readonly connection: Connection }

/** A server whose sources are all names that begin with "home". What came in, and how connections ended, is written down. */
export class Edge {
  readonly taken: Taken[] = []
  readonly connected: Connection[] = []
  readonly disconnected: string[] = []
  readonly refused: string[] = []
  swallowed = 0
  skipped = 0
  heldMs = 0
  readonly heldBy = new Set<string>()
  readonly server: MqttServer
  readonly #clients: MqttClient[] = []
  readonly #peers = new Set<Peer>()
  #wake: (() => void)[] = []
  port = 0
  tlsPort = 0

  constructor(options: Partial<MqttOptions> = {}) {
    const { ingest = () => undefined } = options
    const note = (list: unknown[], entry: unknown) => { list.push(entry); this.#changed() }
    this.server = new MqttServer({
      host: HOST, port: 0,
      credentials: { authenticate },
      ...options,
      ingest: (batch, connection) => { note(this.taken, { batch: [...batch], connection }); return ingest(batch, connection) },
      events: {
        onConnect: connection => note(this.connected, connection),
        onDisconnect: reason => note(this.disconnected, reason),
        onRefuse: reason => note(this.refused, reason),
        onSwallow: () => { this.swallowed++; this.#changed() },
        onSkip: () => { this.skipped++; this.#changed() },
        onHold: (ms, cause) => { this.heldMs += ms; this.heldBy.add(cause) },
      },
    })
  }

  async start(): Promise<this> {
    ({ port: this.port, tlsPort: this.tlsPort = 0 } = await this.server.start())
    return this
  }

  /** Topics that came in, in order. */
  get topics(): string[] { return this.taken.flatMap(({ batch }) => batch.map(({ topic }) => topic)) }
  get payloads(): string[] { return this.taken.flatMap(({ batch }) => batch.map(({ payload }) => Buffer.from(payload).toString())) }

  /** Waits until something that is written down makes it true. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise<void>(resolve => this.#wake.push(resolve))
  }

  client(source: string, options: IClientOptions = {}): Promise<MqttClient> {
    const client = mqtt.connect({ host: HOST, port: this.port, username: source, password: PASSWORD, reconnectPeriod: 0, ...options })
    this.#clients.push(client)
    return new Promise((resolve, reject) => {
      client.once('connect', () => resolve(client))
      client.once('error', reject)
    })
  }

  /** A socket, connected and silent. */
  async peer(): Promise<Peer> {
    const peer = new Peer(connectSocket({ host: HOST, port: this.port }))
    this.#peers.add(peer)
    await once(peer.socket, 'connect')
    return peer
  }

  /** A peer that has closed and is not looked at any more. */
  forget(peer: Peer): void { this.#peers.delete(peer) }

  /** A socket whose CONNECT was accepted. */
  async joined(source = 'home', fields: Partial<ConnectFields> = {}): Promise<Peer> {
    const peer = await this.peer()
    peer.send(connectPacket(source, fields))
    await peer.until(bytes => bytes.length >= 4)
    return peer
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.end(true)
    for (const peer of this.#peers) peer.socket.destroy()
    await this.server.stop(0)
  }

  #changed(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }
}

function authenticate(username: string, password: Uint8Array): { sourceId: string } | undefined {
  return username.startsWith('home') && Buffer.from(password).toString() === PASSWORD ? { sourceId: username } : undefined
}

export interface ConnectFields {
  clientId: string
  keepalive: number
  clean: boolean
  username: string
  password: Buffer
  will: { topic: string, payload: Buffer, qos: 0 | 1 | 2, retain: boolean }
}

export function connectPacket(source: string, fields: Partial<ConnectFields> = {}): Buffer {
  const usual = { clientId: 'peer', clean: true, keepalive: 60, username: source, password: Buffer.from(PASSWORD) }
  return generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, ...usual, ...fields })
}

export interface PublishFields { qos?: 0 | 1 | 2, id?: number, retain?: boolean, dup?: boolean }

export function publishPacket(topic: string, payload: string | Buffer, fields: PublishFields = {}): Buffer {
  const { qos = 0, id, retain = false, dup = false } = fields
  return generate({ cmd: 'publish', topic, payload, qos, messageId: id, retain, dup })
}

export function subscribePacket(id: number, ...filters: string[]): Buffer {
  return generate({ cmd: 'subscribe', messageId: id, subscriptions: filters.map(topic => ({ topic, qos: 0 as const })) })
}

/** A socket that keeps all that it is sent. */
export class Peer {
  readonly socket: Socket
  received = Buffer.alloc(0)
  isClosed = false
  #wake: (() => void)[] = []

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', chunk => { this.received = Buffer.concat([this.received, chunk]); this.#changed() })
    socket.on('close', () => { this.isClosed = true; this.#changed() })
  }

  send(...packets: (Buffer | number[])[]): void { this.socket.write(Buffer.concat(packets.map(packet => Buffer.from(packet)))) }

  /** Waits for bytes; a connection that closes before they came is an error. */
  async until(isEnough: (received: Buffer) => boolean): Promise<void> {
    while (!isEnough(this.received)) {
      if (this.isClosed) throw new Error(`closed after ${this.received.toString('hex')}`)
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
  }

  /** What it had been sent when the other side closed, after its CONNACK where it had one. */
  async closed(): Promise<string> {
    while (!this.isClosed) await new Promise<void>(resolve => this.#wake.push(resolve))
    return this.received.toString('hex')
  }

  /** Sends a ping and waits for its answer: all that was sent before has been worked off. */
  async ping(): Promise<void> {
    const before = this.received.length
    this.send([0xc0, 0])
    await this.until(received => received.includes(Buffer.from([0xd0, 0]), before))
  }

  /** Packets received, as a parser of others sees them. */
  get packets(): WirePacket[] {
    const packets: WirePacket[] = [], reader = parser({ protocolVersion: 4 })
    reader.on('packet', packet => packets.push(packet))
    reader.parse(this.received)
    return packets
  }

  #changed(): void {
    const wake = this.#wake
    this.#wake = []
    for (const resolve of wake) resolve()
  }
}
