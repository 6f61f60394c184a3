// Somebody who follows streams over MQTT, and remembers all that the gateway said.
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import type { PartyKey } from '#test/support/running.ts'

export interface Received { readonly topic: string, readonly content: any, readonly packet: IPublishPacket }
export interface Granted { readonly codes: readonly number[], readonly reason: string | undefined, readonly words: readonly string[] }

export class MqttReader {
  readonly client: MqttClient
  readonly got: Received[] = []
  /** The DISCONNECT of MQTT 5: its code, and its reason string. */
  goodbye: { readonly code: number, readonly reason: string | undefined } | undefined
  isClosed = false
  hasSession = false
  #suback: any

  private constructor(client: MqttClient) {
    this.client = client
    client.on('error', () => { /* told by 'close' */ })
    client.on('message', (topic, payload, packet) => this.got.push({ topic, content: JSON.parse(payload.toString()), packet }))
    client.on('disconnect', packet => { this.goodbye = { code: packet.reasonCode ?? 0, reason: packet.properties?.reasonString } })
    client.on('close', () => { this.isClosed = true })
    client.on('packetreceive', packet => { if (packet.cmd === 'suback') this.#suback = packet })
  }

  /** Rejects where it is refused. */
  static async join(url: string, { partyId, key }: PartyKey, options: IClientOptions = {}): Promise<MqttReader> {
    const client = mqtt.connect(url, { username: partyId, password: key, reconnectPeriod: 0, resubscribe: false, protocolVersion: 5, ...options })
    const reader = new MqttReader(client)
    reader.hasSession = await new Promise<boolean>((done, fail) => {
      client.once('connect', ({ sessionPresent }) => done(sessionPresent))
      client.once('close', () => fail(new Error('refused')))
    })
    return reader
  }

  /** What the SUBACK says, whether it grants or refuses. */
  async subscribe(filters: string | string[], qos: 0 | 1 | 2 = 1): Promise<Granted> {
    this.#suback = undefined
    await this.client.subscribeAsync(filters, { qos }).catch(() => {})
    const { granted, properties } = this.#suback ?? { granted: [] }
    const words = [properties?.userProperties?.['code'] ?? []].flat() as string[]
    return { codes: [...granted], reason: properties?.reasonString, words }
  }

  get temperatures(): number[] { return this.got.map(({ content }) => content.temperature.value) }
  get ids(): string[] { return this.got.map(({ packet }) => String(packet.properties?.userProperties?.['messageId'])) }

  async count(messages: number): Promise<void> { while (this.got.length < messages) await heard(this.client, 'message') }
  async closed(): Promise<void> { if (!this.isClosed) await heard(this.client, 'close') }
  /** Goes without a word. */
  async kill(): Promise<void> {
    this.client.stream.destroy()
    await this.closed()
    this.client.end(true)
  }
  async leave(): Promise<void> { await this.client.endAsync() }
}

/** The next event of a client, which is no emitter of Node's to the eyes of the compiler. */
function heard(client: MqttClient, event: 'message' | 'close'): Promise<void> { return new Promise(done => { client.once(event, () => done()) }) }
