// One connection to a foreign broker. What it hands to us at QoS 1 is acknowledged to it when ours is safe, and not before: a message is at
// every moment in its care or in ours.
import { isIP } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { IClientOptions, MqttClient } from 'mqtt'
import type { Bridge, LinkState, LinkStatus } from '#gateway/bridge/bridge.ts'
import { brokerAddress } from '#gateway/bridge/broker-url.ts'
import type { Ingest } from '#gateway/ingest/ingest.ts'
import { Intake } from '#gateway/mqtt/intake.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import type { Pace, Waiter } from '#gateway/mqtt/pace.ts'
import { isTopicName } from '#gateway/mqtt/text.ts'
import type { Log } from '#gateway/telemetry/log.ts'

const RECONNECT_MS_MIN = 500
const RECONNECT_MS_MAX = 15_000
/** A broker that says no is asked again, but seldom: most count how often they were. */
const REFUSED_RETRY_MS = 30_000
const CONNECT_MS_MAX = 10_000
const KEEP_ALIVE_S = 30
/** How long a broker that speaks MQTT 5 keeps what comes while we are away. Others decide by themselves. */
export const SESSION_EXPIRY_S = 7 * 86_400
/** Messages that a broker that speaks MQTT 5 may send ahead of our acknowledgements. */
export const RECEIVE_MAX = 1_000
const GOODBYE_MS_MAX = 2_000
/** Messages in one batch: one read can bring thousands, and whether too much waits is seen at the end of a batch. */
export const BATCH_MAX = 256
const SUBACK_FAILURE = 0x80

export interface LinkOptions {
  readonly bridge: Bridge
  readonly password: string | undefined
  readonly ingest: Ingest
  readonly log: Log
  readonly pace: Pace
}

type Arrived = Parameters<MqttClient['handleMessage']>[0]
type Next = (error?: Error) => void

/** mqtt.js sends no PUBACK for a message whose handler reports an error, and goes on to the next: the answer is ours to send. */
const ANSWERED_LATER = new Error('Acknowledged when it is safe')

export class Link implements Waiter {
  readonly #options: LinkOptions
  #client: MqttClient | undefined
  /** The connection on which what is in hand came: packet ids mean nothing on another. */
  #stream: MqttClient['stream'] | undefined
  #intake: Intake | undefined
  #state: LinkState = 'connecting'
  #since = Date.now()
  #detail: string | undefined
  #received = 0
  #isSubscribed = false
  #isStopping = false
  /** Messages in the batch that is open. */
  #open = 0
  #inHand = 0
  /** Set while more waits than is allowed, or the source is above a rate: goes on with the next message. */
  #next: Next | undefined
  #isCrowded = false
  #isHeld = false

  constructor(options: LinkOptions) { this.#options = options }

  get status(): LinkStatus { return { state: this.#state, since: this.#since, detail: this.#detail, received: this.#received } }

  /** Connects, and goes on trying for ever. mqtt.js is loaded with the first bridge: most gateways have none. */
  async start(): Promise<void> {
    const { connect } = await import('mqtt')
    if (this.#isStopping) return
    const client = this.#client = connect(this.#clientOptions(false))
    client.handleMessage = (packet, next) => this.#take(client, packet, next)
    client.on('connect', ({ sessionPresent }) => this.#connected(client, sessionPresent))
    client.on('close', () => this.#lost())
    client.on('error', error => this.#failed(client, error))
  }

  /** Takes nothing more, waits for what is in hand, and says goodbye; the broker keeps the session, and what comes meanwhile. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#options.pace.leave(this)
    const client = this.#client
    if (!client) return
    for (const until = Date.now() + GOODBYE_MS_MAX; this.#inHand > 0 && Date.now() < until;) await delay(10)
    await ended(client)
  }

  /** Stops for good: the broker is asked to forget the session. */
  async forget(): Promise<void> {
    await this.stop()
    const { connect } = await import('mqtt')
    const client = connect({ ...this.#clientOptions(true), reconnectPeriod: 0 })
    client.on('error', error => this.#options.log.warn({ sourceId: this.#options.bridge.sourceId, error: error.message }, 'Failed to end the session at the broker: it may keep messages for us'))
    await Promise.race([new Promise<void>(done => { client.once('connect', () => done()).once('close', () => done()) }), delay(GOODBYE_MS_MAX, undefined, { ref: false })])
    await ended(client)
  }

  #clientOptions(clean: boolean): IClientOptions {
    const { bridge: { sourceId, broker, protocol, username, ca }, password } = this.#options, { host, port, isTls } = brokerAddress(broker), isFive = protocol === '5'
    return {
      protocol: isTls ? 'mqtts' : 'mqtt', host, port, username, password, ca, clean,
      clientId: `sluice-${sourceId}`, protocolVersion: isFive ? 5 : 4, keepalive: KEEP_ALIVE_S, connectTimeout: CONNECT_MS_MAX, reconnectPeriod: RECONNECT_MS_MIN, reconnectOnConnackError: true,
      resubscribe: false, ...isTls && { ...isIP(host) === 0 && { servername: host }, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      ...isFive && { properties: { sessionExpiryInterval: clean ? 0 : SESSION_EXPIRY_S, receiveMaximum: RECEIVE_MAX, maximumPacketSize: MQTT_LIMITS.publishBytesMax } },
    }
  }

  #connected(client: MqttClient, hasSession: boolean): void {
    client.options.reconnectPeriod = RECONNECT_MS_MIN
    if (hasSession && this.#isSubscribed) return this.#become('connected')
    const { topics, share, protocol } = this.#options.bridge, { stream } = client
    const filters = topics.map(topic => share === undefined ? topic : `$share/${share}/${topic}`)
    // With MQTT 5: what is retained is sent once, not at each start of ours (a shared subscription gets none).
    const options = { qos: 1 as const, ...protocol === '5' && share === undefined && { rh: 1 } }
    client.subscribe(filters, options, (error, _granted, answer) => {
      this.#isSubscribed = !error
      if (!error) return this.#become('connected')
      const denied = filters.filter((_filter, index) => Number(answer?.granted[index] ?? 0) >= SUBACK_FAILURE)
      this.#become('refused', denied.length > 0 ? `no permission to read ${denied.join(', ')}` : error.message)
      setTimeout(() => stream.destroy(), REFUSED_RETRY_MS).unref()
    })
  }

  #lost(): void {
    if (this.#state === 'connected') this.#become('unreachable', 'the connection broke')
    const next = this.#next
    this.#next = undefined
    next?.()
  }

  /** A refusal carries the broker's code; everything else is the network's. */
  #failed(client: MqttClient, error: Error & { code?: unknown }): void {
    const isRefusal = typeof error.code === 'number'
    client.options.reconnectPeriod = isRefusal ? REFUSED_RETRY_MS : Math.min(RECONNECT_MS_MAX, 2 * (client.options.reconnectPeriod ?? RECONNECT_MS_MIN))
    this.#become(isRefusal ? 'refused' : 'unreachable', error.message || String(error.code))
  }

  /** One line in the log for each change, not for each attempt. */
  #become(state: LinkState, detail?: string): void {
    const { log, bridge: { sourceId, broker } } = this.#options
    if (this.#state === state && this.#detail === detail) return
    this.#state = state
    this.#detail = detail
    this.#since = Date.now()
    if (state === 'connected') log.info({ sourceId, broker }, 'Connected to a broker')
    else if (!this.#isStopping) log.warn({ sourceId, broker, detail }, 'Lost a broker: trying again')
  }

  /** All that one turn of the loop brings is one batch. While too much waits, the socket is not read. */
  #take(client: MqttClient, packet: Arrived, next: Next): void {
    if (this.#isStopping) return
    this.#received++
    const intake = this.#intakeOf(client), { qos, topic } = packet, payload = packet.payload as Uint8Array
    const publish = { topic: this.#localTopic(topic), payload, qos, retain: packet.retain, receivedAt: Date.now(), id: packet.messageId ?? 0, isDuplicate: false, properties: undefined }
    if (isSound(topic, payload)) intake.publish(publish)
    else intake.swallow(publish)
    this.#flushSoon(intake)
    const goOn = qos > 0 ? () => next(ANSWERED_LATER) : next
    if (this.#isCrowded || this.#isHeld) this.#next = goOn
    else goOn()
  }

  #flushSoon(intake: Intake): void {
    if (++this.#open === 1) setImmediate(() => this.#flush(intake))
    if (this.#open === BATCH_MAX) this.#flush(intake)
  }

  #flush(intake: Intake): void {
    this.#open = 0
    intake.flush()
    const { pace } = this.#options
    if (this.#isStopping || this.#isHeld || pace.packets >= 1) return
    this.#isHeld = true
    pace.wait(this)
  }

  /** The source may go on. */
  resumed(): void {
    this.#isHeld = false
    this.#goOn()
  }

  #intakeOf(client: MqttClient): Intake {
    const { stream } = client
    if (this.#intake && this.#stream === stream) return this.#intake
    this.#stream = stream
    this.#isCrowded = false
    return this.#intake = this.#newIntake(stream)
  }

  #newIntake(stream: MqttClient['stream']): Intake {
    const { ingest, pace, bridge: { sourceId } } = this.#options
    const counted: Ingest = (batch, connection) => {
      const settling = ingest(batch, connection)
      pace.spend(batch.count, batch.size)
      pace.spendLongRoad(batch.longRoadMs, batch.count)
      if (!settling) return undefined
      this.#inHand++
      return settling.finally(() => { this.#inHand-- })
    }
    return new Intake(counted, { sourceId, clientId: 'bridge' }, MQTT_LIMITS, {
      settled: ({ answers }) => { if (!stream.destroyed && answers.length > 0) stream.write(answers.encoded) },
      crowded: isCrowded => { if (this.#stream === stream) this.#crowd(isCrowded) },
      failed: () => { stream.destroy() }, // the broker keeps it, and sends it again
    })
  }

  #crowd(isCrowded: boolean): void {
    this.#isCrowded = isCrowded
    this.#goOn()
  }

  #goOn(): void {
    const next = this.#next
    if (this.#isCrowded || this.#isHeld || !next) return
    this.#next = undefined
    next()
  }

  #localTopic(topic: string): string {
    const { strip = '' } = this.#options.bridge
    return topic.startsWith(strip) ? topic.slice(strip.length) : topic
  }
}

/** The same bounds as for what devices send us: a broker passes on what it likes. */
function isSound(topic: string, payload: Uint8Array): boolean {
  const bytes = Buffer.from(topic)
  return !topic.startsWith('$') && payload.length <= MQTT_LIMITS.publishBytesMax && isTopicName(bytes, 0, bytes.length)
}

async function ended(client: MqttClient): Promise<void> {
  const isOver = client.endAsync(false).catch(() => {})
  await Promise.race([isOver, delay(GOODBYE_MS_MAX, undefined, { ref: false })])
  await client.endAsync(true).catch(() => {})
}
