// A gateway on free ports, with the clients that its users have: HTTP, MQTT, WebSocket.
import { once } from 'node:events'
import { connectAsync, type MqttClient } from 'mqtt'
import { WebSocket } from 'ws'
import { loadConfig, type GivenOptions } from '#gateway/config/config.ts'
import { Gateway } from '#gateway/gateway.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

export interface PartyKey { readonly partyId: string, readonly key: string }
export interface Paired { readonly sourceId: string, readonly username: string, readonly password: string, readonly mqtt: string }
export interface Answer<T = any> { readonly status: number, readonly body: T }

/** What the users of a gateway do with it, wherever it runs. */
export class Users {
  readonly http: string
  readonly mqtt: string
  readonly mqtts: string | undefined
  readonly operatorKey: string
  readonly #clients: MqttClient[] = []

  constructor({ http, mqtt, mqtts, operatorKey = '' }: { http: string, mqtt: string, mqtts?: string | undefined, operatorKey?: string }) {
    this.http = http
    this.mqtt = mqtt
    this.mqtts = mqtts
    this.operatorKey = operatorKey
  }

  /** Ends the devices. */
  async leave(): Promise<void> { await Promise.all(this.#clients.map(client => client.endAsync(true))) }

  async call<T = any>(key: string, method: string, path: string, body?: object): Promise<Answer<T>> {
    const response = await fetch(`${this.http}${path}`, { method, headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) }, body: body && JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
  }

  /** A call that must succeed. */
  async ok<T = any>(key: string, method: string, path: string, body?: object): Promise<T> {
    const { status, body: answer } = await this.call<T>(key, method, path, body)
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
    return answer
  }

  party(role: string): Promise<PartyKey> { return this.ok(this.operatorKey, 'POST', '/v1/parties', { role, name: role }) }
  pair(owner: PartyKey, more: object = {}): Promise<Paired> { return this.ok(owner.key, 'POST', '/v1/sources', { name: 'home', dialect: 'zigbee2mqtt', ...more }) }

  async device({ username, password }: Pick<Paired, 'username' | 'password'>, clientId = 'zigbee2mqtt'): Promise<MqttClient> {
    const client = await connectAsync(this.mqtt, { username, password, clientId, reconnectPeriod: 0 })
    this.#clients.push(client)
    client.on('error', () => { /* a connection that the gateway ends */ })
    return client
  }

  streamsOf<T = { streamId: string, type: string, attributes: string[], device: string, sourceId: string }>({ key }: PartyKey): Promise<T[]> { return this.ok(key, 'GET', '/v1/streams?mine=true') }

  /** Offer, consent and agreement: afterwards the stream is open to the subscriber. */
  async deal(owner: PartyKey, subscriber: PartyKey, streamId: string, { attributes = ['temperature'], price = '0', unit = 'message', budget, purpose = 'dpv:PublicBenefit', ...offer }: Record<string, any> = {}) {
    const { offerId } = await this.ok(owner.key, 'POST', '/v1/offers', { streamId, price, unit, currency: 'EUR', attributes, ...offer })
    const { consentId } = await this.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: subscriber.partyId, purposes: [purpose], attributes })
    const { agreementId, state } = await this.ok(subscriber.key, 'POST', '/v1/agreements', { offerId, purpose, ...(budget && { budget }) })
    return { offerId, consentId, agreementId, state }
  }

  subscribe({ key }: PartyKey, streamId: string, query = 'envelope=1'): Watcher { return new Watcher(`${this.http.replace('http', 'ws')}/streams/${encodeURIComponent(streamId)}/subscribe?${query}`, key) }
}

/** A gateway in this process. */
export class Running extends Users {
  readonly gateway: Gateway
  readonly data: string

  private constructor(gateway: Gateway, data: string, started: { http: string, mqtt: string, mqtts?: string | undefined, operatorKey?: string }) {
    super(started)
    this.gateway = gateway
    this.data = data
  }

  static async start(options: GivenOptions = {}): Promise<Running> {
    const data = options.data ?? temporaryFolder(), gateway = new Gateway(loadConfig({ mqttPort: 0, httpPort: 0, logLevel: 'silent', ...options, data }))
    return new Running(gateway, data, await gateway.start())
  }

  async stop(): Promise<void> {
    await this.leave()
    await this.gateway.stop()
  }
}

/** A subscriber over WebSocket. */
export class Watcher {
  readonly socket: WebSocket
  readonly got: any[] = []
  refusal: { status: number, problem: any } | undefined
  closed: { code: number, reason: string } | undefined
  readonly opened: Promise<boolean>

  constructor(url: string, key: string) {
    this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}` } })
    this.socket.on('message', (data: Buffer) => this.got.push(JSON.parse(data.toString())))
    this.socket.on('close', (code, reason) => { this.closed = { code, reason: reason.toString() } })
    this.opened = new Promise(done => {
      this.socket.once('open', () => done(true))
      this.socket.on('error', () => done(false))
      this.socket.once('unexpected-response', (_request, response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => { text += chunk.toString() })
        response.on('end', () => { this.refusal = { status: response.statusCode ?? 0, problem: JSON.parse(text) }; done(false) })
      })
    })
  }

  async count(messages: number): Promise<void> { while (this.got.length < messages) await once(this.socket, 'message') }
  async end(): Promise<{ code: number, reason: string }> {
    if (!this.closed) await once(this.socket, 'close')
    return this.closed!
  }
  close(): void { this.socket.terminate() }
}
