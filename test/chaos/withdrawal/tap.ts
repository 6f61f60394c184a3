// One receiver's connection, byte by byte: what came, which readings were in it, and how much of it came behind an acknowledged withdrawal.
import { connect, type Socket } from 'node:net'
import { generate, parser, type Packet } from 'mqtt-packet'
import { heldBy, tellsWhatItHolds, type Held } from '#test/chaos/withdrawal/in-kernel.ts'
import { numbersIn } from '#test/chaos/withdrawal/sender.ts'
import type { PartyKey } from '#test/support/running.ts'

/** What the kernel may move from the one side to the other between a look and a reset: a window of it. Without the reset it is megabytes. */
const MOVED_BYTES = 131_072
/** What may come behind a withdrawal of the gateway's own: a close frame, an event or a DISCONNECT with the code, and the end of chunks. */
const GOODBYE_BYTES = 256
/** Nothing was open yet: it may be refused, with a problem and its headers. */
const REFUSAL_BYTES = 1_024
/** A message that is not whole yet is no longer than this. */
const TAIL_BYTES = 8_192

export interface MqttWish { readonly version: 4 | 5, readonly qos: 0 | 1, readonly clientId: string, readonly clean: boolean, readonly topic: string, readonly subscribes?: boolean, readonly isPolite?: boolean }

export class Tap {
  readonly socket: Socket
  readonly numbers: number[] = []
  /** True: what it asked for is open. False: refused, or gone, or it asked for nothing. */
  readonly opened: Promise<boolean>
  readonly closed: Promise<void>
  isOver = false
  /** What the kernel held of it as the withdrawal was acknowledged. */
  held: Held | undefined
  #bytesMax = Infinity
  #isOpen = false
  #seen: Held = { sending: 0, receiving: 0 }
  #tail = ''
  #settle!: (isOpen: boolean) => void
  #heard: () => void = () => {}

  private constructor(url: string, greeting: string | Buffer, take: (tap: Tap, chunk: Buffer) => void) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true })
    this.opened = new Promise(done => { this.#settle = isOpen => { this.#isOpen ||= isOpen; done(isOpen) } })
    this.closed = new Promise(done => { this.socket.once('close', () => { this.isOver = true; this.#settle(false); this.#heard(); done() }) })
    this.socket.on('error', () => { /* 'close' follows */ })
    // Whoever closes first waits for a minute: not with a reset.
    this.socket.on('end', () => this.socket.resetAndDestroy())
    this.socket.on('data', chunk => { take(this, chunk); this.#heard() })
    this.socket.write(greeting)
  }

  static http(url: string, path: string, { key }: PartyKey, headers: readonly string[]): Tap {
    let head: string | undefined = ''
    return new Tap(url, [`GET ${path} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${key}`, ...headers, '', ''].join('\r\n'), (tap, chunk) => {
      const text = chunk.toString('latin1')
      if (head === undefined) return tap.#scan(text)
      head += text
      const end = head.indexOf('\r\n\r\n'), isOpen = /^HTTP\/1.1 (101|200)/.test(head)
      if (end < 0) return
      const rest = head.slice(end + 4)
      head = undefined
      if (!isOpen) return tap.socket.resetAndDestroy()
      tap.#settle(true)
      tap.#scan(rest)
    })
  }

  static mqtt(url: string, { partyId, key }: PartyKey, { version, qos, clientId, clean, topic, subscribes = true, isPolite = true }: MqttWish): Tap {
    const reader = parser({ protocolVersion: version }), protocol = { protocolVersion: version }
    const hello = generate({
      cmd: 'connect', protocolId: 'MQTT', protocolVersion: version, clientId, clean, keepalive: 0, username: partyId, password: Buffer.from(key),
      ...version === 5 && { properties: { sessionExpiryInterval: clean ? 0 : 3_600 } },
    }, protocol)
    const wish = generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] }, protocol)
    const tap = new Tap(url, subscribes ? Buffer.concat([hello, wish]) : hello, (_, chunk) => { try { reader.parse(chunk) } catch { tap.socket.resetAndDestroy() } })
    reader.on('packet', (packet: Packet) => {
      if (packet.cmd === 'suback') tap.#settle(Number(packet.granted[0]) < 0x80)
      else if (packet.cmd === 'connack' && !subscribes) tap.#settle(false)
      else if (packet.cmd !== 'publish') return
      else {
        tap.numbers.push(...numbersIn(packet.payload.toString('latin1')).numbers)
        if (packet.qos === 1 && isPolite) tap.socket.write(generate({ cmd: 'puback', messageId: packet.messageId! }, protocol))
      }
    })
    return tap
  }

  /** From now on nothing may come but what the kernel has; of what it has still to send nothing either behind a reset. To be called in the instant of an acknowledgement. */
  mark(isReset: boolean): void {
    if (this.isOver || this.#bytesMax < Infinity || !tellsWhatItHolds) return
    this.held = this.socket.connecting ? { sending: 0, receiving: 0 } : heldBy(this.socket)
    // Of a connection that was reset the system tells nothing any more: what had come by then is still to be read, and some had come since it was looked at.
    const bytes = isReset ? Math.max(this.held.receiving, this.#seen.receiving) + MOVED_BYTES : this.held.sending + this.held.receiving
    this.#bytesMax = this.socket.bytesRead + bytes + (this.#isOpen ? GOODBYE_BYTES : REFUSAL_BYTES)
  }

  /** Bytes that the gateway had still to itself as it acknowledged, and that came all the same. */
  get excess(): number { return Math.max(0, this.socket.bytesRead - this.#bytesMax) }

  async count(readings: number): Promise<void> { while (this.numbers.length < readings && !this.isOver) await new Promise<void>(done => { this.#heard = done }) }

  inKernel(): Held { return this.#seen = heldBy(this.socket) }

  /** Of MQTT. */
  unsubscribe(topic: string, version: 4 | 5): void { this.socket.write(generate({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [topic] }, { protocolVersion: version })) }

  /** Gone without a word. */
  reset(): void { this.socket.resetAndDestroy() }

  #scan(text: string): void {
    this.#tail += text
    const { numbers, end } = numbersIn(this.#tail)
    this.numbers.push(...numbers)
    this.#tail = this.#tail.slice(Math.max(end, this.#tail.length - TAIL_BYTES))
  }
}
