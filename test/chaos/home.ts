// A home, a city and a gateway that can be killed: one device numbers its readings, and afterwards they are counted.
import { setTimeout as delay } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type Paired, type PartyKey } from '#test/support/running.ts'

/** What a reading says of its number: six decimals behind ten degrees. */
const temperatureOf = (n: number): number => Number((10 + n / 1e6).toFixed(6))
const numberIn = (message: any): number => Math.round((message.content.temperature.value - 10) * 1e6)
export const readingOf = (n: number, more: object = {}): string => JSON.stringify({ temperature: temperatureOf(n), battery: 90, ...more })
export const TOPIC = 'zigbee2mqtt/k'
/** Publishes that a device keeps under way before it waits for answers. */
const WINDOW = 400
/** No message for so long: nothing comes any more. */
const SILENCE_MS = 5_000

export interface Account {
  /** Acknowledged, and not there. */
  readonly lost: number
  /** More often there than they were sent, or before one with a lower number. */
  readonly twice: number
  readonly disorder: number
  /** There, and never sent. */
  readonly ghosts: number
  /** What the subscriber was billed for less what they got. */
  readonly billedTooMuch: number
}

export class Home {
  readonly data: string
  gateway!: GatewayProcess
  users!: Users
  source!: Paired
  city!: PartyKey
  streamId = ''
  sent = 0
  readonly acknowledged = new Set<number>()
  #operatorKey = ''
  #ports: { mqtt?: number, http?: number } = {}

  private constructor(data: string) { this.data = data }

  /** Starts a gateway on a new directory, with one stream, and somebody who pays for it. */
  static async open(data: string): Promise<Home> {
    const home = new Home(data)
    await home.start()
    const { users } = home, [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    home.city = city
    home.source = await users.pair(owner)
    await (await users.device(home.source)).publishAsync(TOPIC, readingOf(0), { qos: 1 })
    home.streamId = (await users.streamsOf(owner))[0]!.streamId
    await users.deal(owner, city, home.streamId, { price: '0.000001', budget: '1000' })
    await users.leave()
    return home
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.gateway = await GatewayProcess.start(this.data, this.#ports, environment)
    const { ready } = this.gateway
    this.#operatorKey = ready.operatorKey ?? this.#operatorKey
    this.users = new Users({ ...ready, operatorKey: this.#operatorKey })
    this.#ports = { mqtt: Number(new URL(ready.mqtt).port), http: Number(new URL(ready.http).port) }
  }

  get ports(): { readonly mqtt?: number, readonly http?: number } { return this.#ports }

  async device(): Promise<MqttClient> {
    const { username, password } = this.source
    const client = await connectAsync(this.users.mqtt, { username, password, reconnectPeriod: 0, clientId: 'hub' })
    client.on('error', () => { /* the gateway ends what it cannot keep, or is killed */ })
    return client
  }

  /** Publishes at QoS 1 as fast as answers come, until told that it is enough or cut off; then what is under way gets its answers. */
  async publish(enough: () => boolean, more: object = {}): Promise<void> {
    const client = await this.device(), closed = new Promise<void>(done => client.once('close', () => done()))
    let open = 0
    while (!enough() && client.connected) {
      for (let n = 0; n < 20 && open < WINDOW; n++) {
        const number = ++this.sent
        open++
        client.publish(TOPIC, readingOf(number, more), { qos: 1 }, error => { open--; if (!error) this.acknowledged.add(number) })
      }
      await delay(1)
    }
    for (let waited = 0; open > 0 && client.connected && waited < 200; waited++) await delay(10)
    client.end(true)
    await closed
  }

  /** Reads all from the earliest on, and holds it against what was acknowledged and what is billed. */
  async account(): Promise<Account> {
    const replay = this.users.subscribe(this.city, this.streamId, 'envelope=1&from=earliest'), last = Math.max(0, ...this.acknowledged)
    for (let count = -1, since = Date.now(); ; await delay(50)) {
      if (replay.got.length !== count) { count = replay.got.length; since = Date.now() }
      if (Date.now() - since > (replay.got.some(message => numberIn(message) === last) ? 500 : SILENCE_MS)) break
    }
    const got = replay.got.map(numberIn), seen = new Set(got)
    replay.close()
    const { agreements: [usage] } = await this.users.ok(this.city.key, 'GET', '/v1/usage')
    return {
      lost: [...this.acknowledged].filter(number => !seen.has(number)).length, twice: got.length - seen.size,
      disorder: got.filter((number, n) => n > 0 && number < got[n - 1]!).length, ghosts: got.filter(number => number > this.sent).length,
      billedTooMuch: usage.messages - seen.size,
    }
  }

  async close(): Promise<void> { await this.gateway.kill() }
}

/** How much of an account must not be. */
export function faultsIn({ lost, twice, disorder, ghosts, billedTooMuch }: Account): number {
  return lost + twice + disorder + ghosts + Math.abs(billedTooMuch)
}
