// A hub that sends what many devices read, on one connection: each reading says by its temperature which one of its device it is.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { generate, parser } from 'mqtt-packet'
import type { Paired } from '#test/support/running.ts'

const BASE = 10, STEPS = 1e6
const READING = /"temperature":\{"type":"Property","value":(-?\d+(?:\.\d+)?)[,}]/g

/** The numbers of the readings in a text, and where the last of them ends. */
export function numbersIn(text: string): { readonly numbers: readonly number[], readonly end: number } {
  const numbers: number[] = []
  let end = 0
  for (const found of text.matchAll(READING)) {
    numbers.push(Math.round((Number(found[1]) - BASE) * STEPS))
    end = found.index + found[0].length
  }
  return { numbers, end }
}

export class Sender {
  readonly #socket: Socket
  readonly #answers = new Map<number, () => void>()
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    const reader = parser()
    reader.on('packet', packet => { if (packet.cmd === 'puback') { this.#answers.get(packet.messageId!)?.(); this.#answers.delete(packet.messageId!) } })
    socket.on('data', chunk => reader.parse(chunk))
    socket.on('error', () => { /* 'close' follows */ })
    socket.on('close', () => { for (const done of this.#answers.values()) done() })
  }

  static async open(mqtt: string, { username, password }: Paired, clientId: string): Promise<Sender> {
    const { hostname, port } = new URL(mqtt), socket = connect({ host: hostname, port: Number(port), noDelay: true }), sender = new Sender(socket)
    await once(socket, 'connect')
    socket.write(generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId, clean: true, keepalive: 0, username, password: Buffer.from(password) }))
    return sender
  }

  /** Sends readings `from` up to `to` of a device, without waiting for anything; at QoS 1 they are answered, and nobody listens. */
  pour(device: string, from: number, to: number, qos: 0 | 1 = 0): void {
    let packets = ''
    for (let n = from; n <= to; n++) packets += this.#packet(device, n, qos)
    if (!this.#socket.destroyed) this.#socket.write(packets, 'latin1')
  }

  /** Sends one reading and waits until the gateway has it, and all that was sent before. */
  async confirm(device: string, n: number): Promise<void> {
    if (this.#socket.destroyed) return
    const packet = this.#packet(device, n, 1), id = this.#lastId
    await new Promise<void>(done => { this.#answers.set(id, done); this.#socket.write(packet, 'latin1') })
  }

  close(): void { this.#socket.resetAndDestroy() }

  /** A PUBLISH, a character a byte: tens of thousands a second are cheap so. */
  #packet(device: string, n: number, qos: 0 | 1): string {
    const topic = `zigbee2mqtt/${device}`, id = qos === 0 ? '' : word(this.#lastId = this.#lastId % 0xffff + 1)
    const body = `${word(topic.length)}${topic}${id}{"temperature":${(BASE + n / STEPS).toFixed(6)},"humidity":44.4,"pressure":1013.2,"battery":90}`
    return String.fromCharCode(0x30 | qos << 1, ...body.length < 128 ? [body.length] : [body.length % 128 | 128, body.length >> 7]) + body
  }
}

function word(value: number): string { return String.fromCharCode(value >> 8, value & 0xff) }
