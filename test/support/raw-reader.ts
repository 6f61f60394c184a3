// Somebody who follows streams over MQTT 5 and reads its socket only when it is told to.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { generate, parser, type IPublishPacket, type Packet } from 'mqtt-packet'
import type { PartyKey } from '#test/support/running.ts'

export interface RawOptions { readonly clientId?: string, readonly sessionExpiryInterval?: number, readonly receiveMaximum?: number, readonly clean?: boolean, readonly isPolite?: boolean }

export class RawReader {
  readonly socket: Socket
  readonly packets: Packet[] = []
  isClosed = false
  /** Acknowledges QoS 1 as it comes. */
  isPolite = true
  #wake = () => {}

  private constructor(socket: Socket) {
    this.socket = socket
    const reader = parser({ protocolVersion: 5 })
    reader.on('packet', packet => this.#took(packet))
    socket.on('data', chunk => reader.parse(chunk))
    socket.on('error', () => { /* cut, as it may be */ })
    socket.on('close', () => { this.isClosed = true; this.#wake() })
  }

  static async join(url: string, { partyId, key }: PartyKey, { clientId = 'raw', sessionExpiryInterval = 0, receiveMaximum = 0xffff, clean = sessionExpiryInterval === 0, isPolite = true }: RawOptions = {}): Promise<RawReader> {
    const { hostname, port } = new URL(url), reader = new RawReader(connect({ host: hostname, port: Number(port) }))
    reader.isPolite = isPolite
    await once(reader.socket, 'connect')
    const properties = { sessionExpiryInterval, receiveMaximum }
    reader.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clientId, clean, keepalive: 60, username: partyId, password: Buffer.from(key), properties })
    await reader.until(({ cmd }) => cmd === 'connack')
    return reader
  }

  send(packet: Packet): void { this.socket.write(generate(packet, { protocolVersion: 5 })) }

  /** Answers the codes of the SUBACK. */
  async subscribe(qos: 0 | 1, ...topics: string[]): Promise<readonly number[]> {
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map(topic => ({ topic, qos })) })
    await this.until(({ cmd }) => cmd === 'suback')
    return this.packets.flatMap(packet => packet.cmd === 'suback' ? packet.granted as number[] : [])
  }

  get published(): IPublishPacket[] { return this.packets.filter(packet => packet.cmd === 'publish') }
  of(topic: string): IPublishPacket[] { return this.published.filter(packet => packet.topic === topic) }
  /** The reason string of the DISCONNECT, if there was one. */
  get goodbye(): string | undefined { return this.packets.flatMap(packet => packet.cmd === 'disconnect' ? packet.properties?.reasonString ?? '' : [])[0] }

  /** Waits for a packet; one that has come counts. */
  async until(isIt: (packet: Packet) => boolean): Promise<void> {
    for (let seen = 0; ; seen++) {
      while (seen === this.packets.length) await this.#changed()
      if (isIt(this.packets[seen]!)) return
    }
  }

  async count(topic: string, messages: number): Promise<void> {
    let count = 0
    await this.until(packet => packet.cmd === 'publish' && packet.topic === topic && ++count === messages)
  }
  async closed(): Promise<void> { while (!this.isClosed) await new Promise<void>(done => { this.#wake = done }) }

  async #changed(): Promise<void> {
    if (this.isClosed) throw new Error('closed before it came')
    await new Promise<void>(done => { this.#wake = done })
  }

  #took(packet: Packet): void {
    this.packets.push(packet)
    if (packet.cmd === 'publish' && packet.qos === 1 && this.isPolite) this.send({ cmd: 'puback', messageId: packet.messageId!, reasonCode: 0 })
    this.#wake()
  }
}
