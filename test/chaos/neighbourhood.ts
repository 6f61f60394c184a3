// A gateway with one healthy stream, whose delays are measured, and neighbours of several kinds beside it.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { MqttClient } from 'mqtt'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type Paired, type PartyKey, type Watcher } from '#test/support/running.ts'

const FLOOD = join(import.meta.dirname, 'flood.ts'), BETWEEN_MS = 5

export interface Flooded { readonly device: string, readonly sent: number, readonly acknowledged: number }

export class Neighbourhood {
  readonly gateway: GatewayProcess
  readonly users: Users
  readonly streams = new Map<string, string>()
  readonly #source: Paired
  readonly #city: PartyKey
  readonly #healthy: MqttClient
  readonly #watcher: Watcher
  readonly #delays: number[] = []
  readonly #children: ChildProcess[] = []
  readonly #sockets: Socket[] = []

  private constructor(gateway: GatewayProcess, users: Users, source: Paired, city: PartyKey, healthy: MqttClient, watcher: Watcher) {
    this.gateway = gateway
    this.users = users
    this.#source = source
    this.#city = city
    this.#healthy = healthy
    this.#watcher = watcher
  }

  /** `devices`: those that will flood; each has a stream that the city may have. */
  static async open(data: string, devices: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Neighbourhood> {
    const gateway = await GatewayProcess.start(data, {}, environment), users = new Users(gateway.ready)
    const [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')]), source = await users.pair(owner), healthy = await users.device(source)
    for (const device of ['healthy', ...devices]) await healthy.publishAsync(`zigbee2mqtt/${device}`, '{"temperature":5}', { qos: 1 })
    const streams = await users.streamsOf(owner), named = new Map<string, string>()
    for (const { streamId, device } of streams) {
      named.set(device, streamId)
      await users.deal(owner, city, streamId)
    }
    const watcher = users.subscribe(city, [...named].find(([device]) => device.includes('healthy'))![1])
    await watcher.opened
    const neighbourhood = new Neighbourhood(gateway, users, source, city, healthy, watcher)
    for (const [device, streamId] of named) neighbourhood.streams.set(device, streamId)
    return neighbourhood
  }

  /** The 99th percentile of the delays from the device to the subscriber, in milliseconds, of readings that come evenly for a while. */
  async p99(milliseconds: number): Promise<number> {
    this.#delays.length = 0
    const { got } = this.#watcher, from = got.length, times: number[] = []
    const onMessage = (): void => { while (this.#delays.length < got.length - from) this.#delays.push(performance.now() - times[this.#delays.length]!) }
    this.#watcher.socket.on('message', onMessage)
    for (const until = performance.now() + milliseconds; performance.now() < until; await delay(BETWEEN_MS)) {
      times.push(performance.now())
      this.#healthy.publish('zigbee2mqtt/healthy', JSON.stringify({ temperature: 10 + times.length / 1e4 }), { qos: 1 })
    }
    while (this.#delays.length < times.length) await once(this.#watcher.socket, 'message')
    this.#watcher.socket.off('message', onMessage)
    return this.#delays.sort((a, b) => a - b)[Math.floor(this.#delays.length * 0.99)]!
  }

  /** Publishes as fast as it can, in a process of its own, which gives way to others. `base`: see flood.ts. */
  flood(device: string, qos: 0 | 1, milliseconds: number, base = 10): Promise<Flooded> {
    const { username, password } = this.#source, words = [String(this.gateway.port), username, password, device, String(base), String(qos), String(milliseconds)]
    const child = spawn('nice', ['-n', '10', process.execPath, '--disable-warning=ExperimentalWarning', FLOOD, ...words], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#children.push(child)
    return (async () => {
      let text = ''
      for await (const chunk of child.stdout) text += String(chunk)
      return { device, ...JSON.parse(text) as Omit<Flooded, 'device'> }
    })()
  }

  /** A subscriber that does not read. */
  async freeze(device: string): Promise<void> {
    const watcher = this.users.subscribe(this.#city, [...this.streams].find(([name]) => name.includes(device))![1], 'envelope=1&from=earliest')
    await watcher.opened
    watcher.socket.pause()
  }

  /** Connections that say nothing. */
  async holdOpen(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      const socket = connect(this.gateway.port, '127.0.0.1').on('error', () => { /* closed by the gateway */ })
      this.#sockets.push(socket)
      await once(socket, 'connect')
      socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]))
    }
  }

  letGo(): void { for (const socket of this.#sockets.splice(0)) socket.destroy() }

  async close(): Promise<void> {
    this.letGo()
    for (const child of this.#children) child.kill('SIGKILL')
    this.#watcher.close()
    await this.users.leave()
    await this.gateway.kill()
  }
}

export function median(values: readonly number[]): number { return values.toSorted((a, b) => a - b)[values.length >> 1]! }
