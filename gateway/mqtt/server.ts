// MQTT 3.1, 3.1.1 and 5 over TCP, TLS and other streams: keeps connections within their bounds, and lets all go when it stops.
import { createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { Batch } from '#gateway/ingest/batch.ts'
import type { Connection, Ingest } from '#gateway/ingest/ingest.ts'
import { Admission, type Credentials } from '#gateway/mqtt/admission.ts'
import type { CloseReason } from '#gateway/mqtt/close-reason.ts'
import { type ConnectionHost, MqttConnection } from '#gateway/mqtt/connection.ts'
import { FeedRefusal, type Feeds } from '#gateway/mqtt/feeds.ts'
import { lending } from '#gateway/mqtt/listeners/lending-socket.ts'
import { close, listen, type Listener } from '#gateway/mqtt/listeners/listening.ts'
import { TlsListener, type TlsOptions } from '#gateway/mqtt/listeners/tls.ts'
import { MQTT_LIMITS, type MqttLimits, SWEEP_MS } from '#gateway/mqtt/limits.ts'
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import type { Will } from '#gateway/mqtt/codec/packets.ts'
import { REASON, Violation } from '#gateway/mqtt/codec/reason.ts'
import type { Namespace, ReadCheck } from '#gateway/mqtt/namespace.ts'
import type { HoldCause } from '#gateway/mqtt/pace.ts'
import { Partials } from '#gateway/mqtt/partials.ts'
import type { SessionStore } from '#gateway/mqtt/session-store.ts'
import { World } from '#gateway/mqtt/world.ts'

export type { Certified, Credentials, Principal } from '#gateway/mqtt/admission.ts'
export type { CloseReason } from '#gateway/mqtt/close-reason.ts'

/** Told as it happens, for metrics. Each connection is either refused, or connects and disconnects. */
export interface MqttEvents {
  onConnect?(connection: Connection): void
  onDisconnect?(reason: CloseReason, connection: Connection): void
  onRefuse?(reason: CloseReason): void
  /** A publish on a `$` topic: acknowledged, and handed to nobody. */
  onSwallow?(): void
  /** A delivery that a slow or absent reader did not get, or a message that was not retained: there was no room. */
  onSkip?(): void
  /** A source that is above a rate was not read for so many milliseconds. */
  onHold?(ms: number, cause: HoldCause): void
}

/** The few methods of a pino logger that are used here. */
export interface MqttLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface MqttOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** TLS beside it. Left out: none. */
  readonly tls?: TlsOptions
  readonly credentials: Credentials
  readonly ingest: Ingest
  readonly log?: MqttLog
  readonly limits?: Partial<MqttLimits>
  readonly events?: MqttEvents
  /** Left out: every filter but those that begin with `$`. */
  readonly mayRead?: ReadCheck
  /** Tells a client of MQTT 5 that nobody reads what it published. Left out: it is told that it was taken, which it was. */
  readonly tellsNoReaders?: boolean
  /** What readers may follow. Left out: nothing. */
  readonly feeds?: Feeds
  /** Where sessions that are to be kept survive a restart. Left out: they do not. */
  readonly store?: SessionStore
}

export interface MqttPorts {
  readonly port: number
  readonly tlsPort?: number
}

const GRACE_MS = 5_000
/** Of what a blocked reader may leave in its socket, where all of them together leave too much. */
const SHARE_WHERE_TIGHT = 16
/** Between two turns of writing sessions down others have the loop. */
const SAVE_PAUSE_MS = 20

export class MqttServer {
  readonly #options: MqttOptions
  readonly #limits: MqttLimits
  readonly #admission: Admission
  readonly #listeners: readonly Listener[]
  #isListening = false
  #onEmpty = () => {}
  /** All sockets until they are closed; of these, those that did not authenticate, oldest first. */
  readonly #connections = new Set<MqttConnection>()
  readonly #newcomers = new Set<MqttConnection>()
  readonly #unsettled = new Set<Promise<void>>()
  readonly #world: World
  readonly #host: ConnectionHost & { uptimeMs: number, readerBytesMax: number }
  #sweeper: NodeJS.Timeout | undefined
  #saving: NodeJS.Timeout | undefined

  /** Throws an Error that names the file where the certificate for TLS cannot be used. */
  constructor(options: MqttOptions) {
    this.#options = options
    this.#limits = { ...MQTT_LIMITS, ...options.limits }
    this.#admission = new Admission(options.credentials, this.#limits)
    this.#world = new World({
      limits: this.#limits, mayRead: options.mayRead ?? nothingOfTheSystem,
      events: { skipped: () => options.events?.onSkip?.(), held: (ms, cause) => options.events?.onHold?.(ms, cause) },
      publishWill: (identity, namespace, will) => this.#publishWill(identity, namespace, will),
    })
    options.store?.load(this.#world, Date.now())
    this.#host = this.#makeHost()
    this.#listeners = this.#makeListeners()
  }

  /** Authenticated connections. */
  get connectionCount(): number { return this.#admission.count }

  /** Listens; answers the ports. Rejects where an address is taken, and listens nowhere then. */
  async start(): Promise<MqttPorts> {
    const { host, log } = this.#options, ports: number[] = []
    const onError = (error: unknown) => log?.error({ error }, 'Failed to accept an MQTT connection')
    try {
      for (const listener of this.#listeners) ports.push(await listen(listener, host, onError))
    } catch (error) {
      await Promise.all(this.#listeners.slice(0, ports.length).map(close))
      throw error
    }
    this.#isListening = true
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    const [port, tlsPort] = ports
    log?.info({ host, port, tlsPort }, 'Listening for MQTT')
    return { port: port!, tlsPort }
  }

  /** Takes a client's stream that somebody else has listened for, such as a WebSocket; with the fingerprint of a certificate whose key it has shown. */
  accept(stream: Duplex, fingerprint?: string): void {
    if (!this.#isListening) { stream.destroy(); return }
    const connection = new MqttConnection(stream, this.#host)
    connection.fingerprint = fingerprint
    this.#connections.add(connection)
    this.#newcomers.add(connection)
    stream.once('close', () => {
      this.#connections.delete(connection)
      this.#newcomers.delete(connection)
      if (this.#connections.size === 0) this.#onEmpty()
    })
    if (this.#newcomers.size > this.#limits.newcomersMax) this.#pushOut()
  }

  /**
   * Accepts and reads no more, acknowledges what settles within `graceMs`, and closes everything. Wills stay unpublished: it is not the
   * devices that leave.
   */
  async stop(graceMs = GRACE_MS): Promise<void> {
    if (!this.#isListening) return
    this.#isListening = false
    const areClosed = Promise.all(this.#listeners.map(close))
    const isEmpty = new Promise<void>(resolve => { this.#onEmpty = resolve })
    for (const connection of this.#connections) connection.stopReading()
    await within(graceMs, Promise.allSettled(this.#unsettled))
    for (const connection of this.#connections) connection.close('stopped', REASON.SHUTTING_DOWN)
    if (this.#connections.size > 0) await isEmpty // the sweep sees to those that linger
    await areClosed
    clearInterval(this.#sweeper)
    this.#pauseSaving()
    this.#options.log?.info({}, 'Stopped listening for MQTT')
  }

  /** Writes down the sessions that are to be kept; to be called once the server has stopped. Throws where it cannot be written. */
  saveSessions(): void { this.#options.store?.save(this.#world) }

  /** Writes down what has changed of them, a little at a time until all of it is; to be called in intervals. Throws where it cannot be written. */
  saveChangedSessions(): void {
    if (!this.#options.store?.saveSome(this.#world) || this.#saving) return
    this.#saving = setInterval(() => {
      try { if (this.#options.store!.saveSome(this.#world)) return } catch { /* the next call tells */ }
      this.#pauseSaving()
    }, SAVE_PAUSE_MS)
  }

  #pauseSaving(): void {
    clearInterval(this.#saving)
    this.#saving = undefined
  }

  /** Forgets all sessions of a source that is gone. */
  forgetSource(sourceId: string): void { this.#world.forget(sourceId) }

  /** Forgets in all sessions of readers what they followed of streams that are gone; to be written down by `saveSessions`. */
  forgetTopics(topics: ReadonlySet<string>): void { this.#world.forgetTopics(topics) }

  /**
   * Cuts the live connections of a source or a reader at once: it was suspended, removed, or has a new password. Not even their wills come
   * in, nor those that wait. With a fingerprint only those that came by that certificate, which is none of the source's any more.
   */
  disconnect(id: string, fingerprint?: string): void {
    this.#world.dropWills(id)
    for (const connection of this.#admission.of(id)) {
      if (fingerprint === undefined || connection.fingerprint === fingerprint) connection.close('suspended', REASON.ADMINISTRATIVE)
    }
  }

  #makeListeners(): readonly Listener[] {
    const { port, tls, log, credentials } = this.#options
    const plain: Listener = { server: createServer({ noDelay: true, pauseOnConnect: true }, socket => this.accept(lending(socket))), port }
    if (!tls) return [plain]
    const { certificateFile } = tls
    const secure = new TlsListener(tls, this.#limits, {
      accept: (socket, fingerprint) => this.accept(socket, fingerprint),
      isRegistered: fingerprint => credentials.certified?.(fingerprint) !== undefined,
      refused: ({ message }) => log?.debug({ reason: message }, 'Refused a TLS handshake'),
      reloaded: () => log?.info({ certificateFile }, 'Read the changed certificate'),
      failed: error => log?.error({ error: String(error) }, 'Failed to read the changed certificate: the one before it stays'),
    })
    return [plain, secure]
  }

  /** The oldest newcomer has had the longest time for its CONNECT, or was refused and lingers. */
  #pushOut(): void {
    const [oldest] = this.#newcomers
    this.#newcomers.delete(oldest!)
    oldest!.cut('crowded-out')
  }

  #sweep(): void {
    this.#host.uptimeMs += SWEEP_MS
    const now = Date.now()
    let unread = 0
    for (const connection of this.#connections) {
      if (now > connection.certifiedUntil) connection.close('suspended', REASON.ADMINISTRATIVE)
      connection.sweep()
      unread += connection.waiting
    }
    const { readerBytesMax, readerBytesInAllMax } = this.#limits
    this.#host.readerBytesMax = unread > readerBytesInAllMax ? readerBytesMax / SHARE_WHERE_TIGHT : readerBytesMax
    this.#world.sweep(now)
  }

  #makeHost(): ConnectionHost & { uptimeMs: number, readerBytesMax: number } {
    const { log, events, tellsNoReaders = false, feeds = NO_FEEDS } = this.#options, limits = this.#limits
    return {
      limits, tellsNoReaders, feeds,
      partials: new Partials(limits.partialBytesMax),
      waiting: { bytes: 0 },
      readerBytesMax: limits.readerBytesMax,
      uptimeMs: 0,
      beforeConnect: rangesBeforeConnect(limits),
      afterConnect: { 3: rangesAfterConnect(limits, 3), 4: rangesAfterConnect(limits, 4), 5: rangesAfterConnect(limits, 5) },
      ingest: (batch, connection) => this.#ingest(batch, connection),
      join: (connection, connect) => {
        if (connect.will?.topic.startsWith('$CONTROL/')) throw new Violation('bad-topic')
        const identity = this.#admission.admit(connection, connect)
        this.#newcomers.delete(connection)
        events?.onConnect?.(identity)
        return { identity, ...this.#world.join(identity, connect) }
      },
      swallowed: () => events?.onSwallow?.(),
      closed: (connection, reason, will) => this.#closed(connection, reason, will),
      failed: error => log?.error({ error }, 'Failed in an MQTT connection'),
    }
  }

  #closed(connection: MqttConnection, reason: CloseReason, will: Will | undefined): void {
    const { log, events } = this.#options, { identity, namespace, session } = connection
    if (!identity) return events?.onRefuse?.(reason)
    this.#admission.leave(connection)
    this.#world.leave(identity, namespace!, session!, will, connection.asked, Date.now())
    events?.onDisconnect?.(reason, identity)
    log?.debug({ ...identity, reason }, 'Closed an MQTT connection')
  }

  /** Comes in as what its client published, and reaches those who read it when it is safe. */
  #publishWill(identity: Connection, namespace: Namespace, will: Will): void {
    if (will.topic.startsWith('$')) return this.#options.events?.onSwallow?.()
    const receivedAt = Date.now(), { topic, payload, qos, retain } = will
    const settling = this.#ingest(Batch.of([{ topic, payload, qos, retain, receivedAt }]), identity), route = () => namespace.route(will, undefined, receivedAt)
    if (settling) settling.then(route, error => this.#host.failed(error))
    else route()
  }

  /** Keeps count of what is under way, so that a stop can wait for it; and its source pays for the long road. */
  #ingest(batch: Batch, connection: Connection): Promise<void> | undefined {
    let settling: Promise<void> | undefined
    try {
      settling = this.#options.ingest(batch, connection)
    } catch (error) {
      this.#host.failed(error)
      return Promise.reject(new Error('The batch was not taken', { cause: error }))
    } finally {
      this.#world.namespaces.get(connection.sourceId)?.pace.spendLongRoad(batch.longRoadMs, batch.count)
    }
    if (!settling || this.#unsettled.has(settling)) return settling
    this.#unsettled.add(settling)
    const forget = () => this.#unsettled.delete(settling)
    settling.then(forget, forget)
    return settling
  }
}

/** Waits for a promise, but no longer. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const isDone = new AbortController()
  await Promise.race([promise, delay(ms, undefined, { signal: isDone.signal }).catch(() => {})])
  isDone.abort()
}

const NO_FEEDS: Feeds = { open: () => { throw new FeedRefusal(REASON.BAD_FILTER, { word: 'NOT_FOUND', isFinal: true }) } }

/** Nothing of the server's own: topics that begin with `$` are nobody's here. */
function nothingOfTheSystem(filter: string): number | undefined { return filter.startsWith('$') ? REASON.NOT_AUTHORIZED : undefined }
