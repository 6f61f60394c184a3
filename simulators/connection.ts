// One MQTT connection of one source: holds what cannot be sent yet, bounds what is in flight, comes back after every break.
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { Message, WireMessage } from '#simulators/message.ts'

/** What pairing gave. */
export interface Credentials {
  /** `mqtt://host:port` */
  readonly url: string
  readonly username: string
  readonly password: string
}

/** `refused` is for good: the broker does not know the credentials (any more). */
export type ConnectionState = 'closed' | 'connecting' | 'up' | 'refused'
export type Outcome = 'acknowledged' | 'refused'

export interface ConnectionOptions {
  readonly clientId: string
  readonly will: Message | undefined
  /** Of messages that say none. */
  readonly qos: 0 | 1
  readonly onState: (from: ConnectionState, to: ConnectionState) => void
  /** Called exactly once for each message that was given to `send`, unless the connection is closed first. */
  readonly onSettled: (outcome: Outcome) => void
}

/** Messages of one connection that are taken and not settled. */
export const IN_FLIGHT_MAX = 256
export const BACK_OFF_MS_MIN = 50
export const BACK_OFF_MS_MAX = 5_000
/** CONNACK codes (MQTT 3.1.1 §3.2.2.3) that no patience mends: bad user name or password, not authorised. */
const REFUSALS: readonly unknown[] = [4, 5]

export class Connection {
  readonly #options: ConnectionOptions
  readonly #waiting: WireMessage[] = []
  #state: ConnectionState = 'closed'
  #client: MqttClient | undefined
  #inFlight = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get state(): ConnectionState {
    return this.#state
  }

  get isFull(): boolean {
    return this.#inFlight >= IN_FLIGHT_MAX
  }

  open({ url, username, password }: Credentials): void {
    const { clientId, will } = this.#options
    const client = connect(url, {
      clientId, username, password, will: willOf(will), reconnectPeriod: BACK_OFF_MS_MIN, reconnectOnConnackError: true, resubscribe: false,
    })
    this.#client = client
    this.#become('connecting')
    client.on('connect', () => {
      client.options.reconnectPeriod = BACK_OFF_MS_MIN
      this.#become('up')
      this.#flush()
    })
    client.on('close', () => {
      client.options.reconnectPeriod = Math.min(BACK_OFF_MS_MAX, 2 * (client.options.reconnectPeriod ?? BACK_OFF_MS_MIN))
      this.#become('connecting')
    })
    client.on('error', error => { // of any other kind: the back-off tries again
      if ('code' in error && REFUSALS.includes(error.code)) this.#giveUp()
    })
  }

  /** Takes a message; it is sent at once, or when there is a connection again. */
  send(message: WireMessage): void {
    if (this.#state === 'refused') return this.#options.onSettled('refused')
    this.#inFlight++
    this.#waiting.push(message)
    this.#flush()
  }

  /** Cuts the socket without a goodbye, and tells whether there was one to cut. What is in flight is sent again after the reconnect. */
  cut(): boolean {
    if (this.#state !== 'up') return false
    this.#become('connecting')
    this.#client?.stream.destroy()
    return true
  }

  /** Says goodbye, or, where something is still in flight, just goes. */
  async close(): Promise<void> {
    if (this.#state !== 'refused') await this.#client?.endAsync(this.#inFlight > 0)
  }

  /** mqtt.js is handed messages only while it is connected: those that it queues during a resend it forgets when that breaks off. */
  #flush(): void {
    const { qos } = this.#options
    for (let message; this.#state === 'up' && (message = this.#waiting.shift());) this.#publish(message, qos)
  }

  #publish(message: WireMessage, qos: 0 | 1): void {
    const { topic, payload, retain = false } = message
    this.#client?.publish(topic, bytesOf(payload), { qos: message.qos ?? qos, retain }, error => {
      if (this.#state === 'refused') return
      if (error) return this.#waiting.unshift(message)
      this.#inFlight--
      this.#options.onSettled('acknowledged')
    })
  }

  #become(state: ConnectionState): void {
    const from = this.#state
    if (from === state || from === 'refused') return
    this.#state = state
    this.#options.onState(from, state)
  }

  #giveUp(): void {
    this.#become('refused')
    this.#client?.end(true)
    this.#waiting.length = 0
    for (; this.#inFlight > 0; this.#inFlight--) this.#options.onSettled('refused')
  }
}

function bytesOf(payload: string | Uint8Array): string | Buffer {
  return typeof payload === 'string' ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
}

function willOf(will: Message | undefined): IClientOptions['will'] {
  return will && { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain ?? false }
}
