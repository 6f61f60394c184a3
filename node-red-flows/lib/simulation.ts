// One virtual sensor at its MQTT broker: connects, and says something so many times a second.
import { connect, type MqttClient } from 'mqtt'
import { GatewayError } from './gateway-error.ts'
import type { Sensor } from './sensors.ts'

/** Reports that the broker has not acknowledged yet: while there are more, none are made. */
export const IN_FLIGHT_MAX = 256
const TICK_MS = 50
const RECONNECT_MS = 2000
const CONNECT_MS_MAX = 10_000
const BROKER = /^mqtts?:\/\/[^/]+\/?$/

export interface SimulationOptions {
  /** `mqtt://host:port` */
  readonly mqtt: string
  readonly username: string
  readonly password: string
  /** Reports a second. */
  readonly rate: number
  readonly sensor: Sensor
  readonly onState: (state: 'connecting' | 'connected') => void
  /** For good: the broker does not take the credentials. */
  readonly onRefused: (error: GatewayError) => void
}

export class Simulation {
  readonly #options: SimulationOptions
  readonly #client: MqttClient
  readonly #timer: NodeJS.Timeout
  #due = 1 // the first comes at once
  #inFlight = 0
  #published = 0
  #isStopped = false
  #lastMs = performance.now()

  /** Throws BAD_REQUEST for what is no broker's address. */
  constructor(options: SimulationOptions) {
    this.#options = options
    if (!BROKER.test(options.mqtt)) throw new GatewayError('BAD_REQUEST', 'The broker’s address looks like mqtt://127.0.0.1:1883.')
    const { mqtt, username, password } = options
    this.#client = connect(mqtt, { username, password, clientId: username, reconnectPeriod: RECONNECT_MS, connectTimeout: CONNECT_MS_MAX })
    this.#listen()
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /** Reports that the broker has acknowledged. */
  get published(): number { return this.#published }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#client.end(true)
  }

  #listen(): void {
    const { onState, onRefused } = this.#options
    onState('connecting')
    this.#client.on('connect', () => onState('connected'))
    this.#client.on('close', () => { if (!this.#isStopped) onState('connecting') })
    this.#client.on('error', error => {
      if (this.#isStopped || !isRefusal(error)) return
      this.stop()
      onRefused(new GatewayError('UNAUTHENTICATED', `The broker does not take the credentials: ${error.message}`, { cause: error }))
    })
  }

  /** Timers are late now and then: what is due is counted by the clock, and what a break has left out is left out. */
  #tick(): void {
    const nowMs = performance.now(), { rate } = this.#options
    this.#due += rate * Math.min(nowMs - this.#lastMs, 1000) / 1000
    this.#lastMs = nowMs
    if (!this.#client.connected) this.#due = Math.min(this.#due, 1)
    else for (; this.#due >= 1 && this.#inFlight < IN_FLIGHT_MAX; this.#due--) this.#publish()
  }

  #publish(): void {
    const { topic, payload } = this.#options.sensor(Date.now())
    this.#inFlight++
    this.#client.publish(topic, payload, { qos: 1 }, error => {
      this.#inFlight--
      if (!error) this.#published++
    })
  }
}

/** Return codes of MQTT 3.1.1 §3.2.2.3: bad user name or password, not authorized. */
function isRefusal(error: Error): boolean { return 'code' in error && (error.code === 4 || error.code === 5) }
