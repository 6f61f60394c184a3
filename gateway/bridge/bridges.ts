// All bridges: kept in the state, connected as long as their source is active.
import type { DatabaseSync } from 'node:sqlite'
import type { Bridge, BrokerAccess, LinkStatus, NewBridge, Protocol } from '#gateway/bridge/bridge.ts'
import { brokerAddress, checkAllowed } from '#gateway/bridge/broker-url.ts'
import { checkFilters } from '#gateway/bridge/filters.ts'
import { Link } from '#gateway/bridge/link.ts'
import type { NewSource, Source, Sources } from '#gateway/devices/sources.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Ingest } from '#gateway/ingest/ingest.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { Pace, type HoldCause, type Rates } from '#gateway/mqtt/pace.ts'
import type { Vault } from '#gateway/parties/vault.ts'
import type { Log } from '#gateway/telemetry/log.ts'

/** Each is a connection that the gateway keeps open. */
export const BRIDGES_PER_OWNER_MAX = 20
export const CA_CHARS_MAX = 65_536

export interface BridgesOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly sources: Sources
  readonly vault: Vault
  /** `host` or `host:port`: where owners may lead a bridge to. */
  readonly allowed: readonly string[]
  readonly ingest: Ingest
  readonly log: Log
  /** How fast a bridge may bring messages, like any source. Left out: as the MQTT edge has it. */
  readonly rates?: Rates
  /** Told how long one was not read, in milliseconds, because it was above a rate. */
  readonly onHeld?: (ms: number, cause: HoldCause) => void
}

interface Entry { bridge: Bridge, sealed: Uint8Array | undefined, link: Link | undefined, readonly pace: Pace }

export class Bridges {
  readonly #options: BridgesOptions
  readonly #bySource = new Map<string, Entry>()
  #isRunning = false

  constructor(options: BridgesOptions) {
    this.#options = options
    const rows = options.database.prepare("SELECT bridges.* FROM bridges JOIN sources ON id = source_id WHERE state <> 'removed'").all()
    for (const row of rows as unknown as Row[]) this.#bySource.set(row.source_id, { bridge: fromRow(row), sealed: row.sealed_password ?? undefined, link: undefined, pace: this.#newPace() })
  }

  /** Makes a source that is fetched from a broker. Throws BAD_REQUEST, FORBIDDEN (see `checkAllowed`) or LIMIT_REACHED. */
  add(ownerId: string, wish: NewBridge, about: NewSource): { source: Source, bridge: Bridge } {
    const { sources, clock, database } = this.#options
    this.#check(wish)
    checkFilters(wish)
    if (this.list(ownerId).length >= BRIDGES_PER_OWNER_MAX) throw new GatewayError('LIMIT_REACHED', `You have ${BRIDGES_PER_OWNER_MAX} bridges: remove some first.`)
    const { password, ...rest } = wish, { source } = sources.pair(ownerId, about)
    const bridge: Bridge = { ...rest, sourceId: source.id, protocol: wish.protocol ?? '3.1.1', createdAt: clock.now() }
    const entry: Entry = { bridge, sealed: this.#seal(password), link: undefined, pace: this.#newPace() }
    try {
      database.prepare('INSERT INTO bridges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
        bridge.sourceId, bridge.broker, bridge.protocol, JSON.stringify(bridge.topics), bridge.share ?? null, bridge.strip ?? null,
        bridge.username ?? null, entry.sealed ?? null, bridge.ca ?? null, bridge.createdAt)
    } catch (error) {
      sources.remove(ownerId, source.id)
      throw error
    }
    this.#bySource.set(source.id, entry)
    this.#connect(entry)
    return { source, bridge }
  }

  /** Changes where the broker is and who we are to it, and connects anew. What is not named stays. */
  set(ownerId: string, sourceId: string, changes: Partial<BrokerAccess>): Bridge {
    const entry = this.#own(ownerId, sourceId), { password, ...rest } = changes, bridge = { ...entry.bridge, ...rest }
    this.#check(bridge)
    const sealed = password === undefined ? entry.sealed : this.#seal(password)
    this.#options.database.prepare('UPDATE bridges SET broker = ?, username = ?, sealed_password = ?, ca = ? WHERE source_id = ?').run(
      bridge.broker, bridge.username ?? null, sealed ?? null, bridge.ca ?? null, sourceId)
    Object.assign(entry, { bridge, sealed })
    void this.#disconnect(entry)
    this.#connect(entry)
    return bridge
  }

  list(ownerId: string): readonly Bridge[] {
    return this.#entries().filter(({ bridge }) => this.#sourceOf(bridge)?.ownerId === ownerId).map(({ bridge }) => bridge)
  }

  statusOf({ sourceId, createdAt }: Bridge): LinkStatus {
    return this.#bySource.get(sourceId)?.link?.status ?? { state: 'suspended', since: createdAt, received: 0 }
  }

  /** How many bridges are in which state. */
  states(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = { suspended: 0, connecting: 0, connected: 0, refused: 0, unreachable: 0 }
    for (const { bridge } of this.#entries()) counts[this.statusOf(bridge).state]!++
    return counts
  }

  start(): void {
    this.#isRunning = true
    for (const entry of this.#entries()) this.#connect(entry)
  }

  /** Acknowledges what is in hand, and leaves the rest with the brokers. */
  async stop(): Promise<void> {
    this.#isRunning = false
    await Promise.all(this.#entries().map(entry => this.#disconnect(entry)))
  }

  /** To be called when a source was suspended, resumed or removed. */
  review(sourceId: string): void {
    const entry = this.#bySource.get(sourceId)
    if (!entry) return
    const state = this.#options.sources.get(sourceId)?.state
    if (state === 'active') this.#connect(entry)
    else if (state === 'suspended') void this.#disconnect(entry)
    else this.#forget(entry)
  }

  #forget(entry: Entry): void {
    const { sourceId } = entry.bridge
    this.#options.database.prepare('DELETE FROM bridges WHERE source_id = ?').run(sourceId)
    this.#bySource.delete(sourceId)
    const link = entry.link ?? this.#newLink(entry)
    void link.forget().catch((error: unknown) => this.#options.log.warn({ sourceId, error: String(error) }, 'Failed to end the session at a broker'))
  }

  #connect(entry: Entry): void {
    if (!this.#isRunning || entry.link || this.#sourceOf(entry.bridge)?.state !== 'active') return
    const { log, allowed } = this.#options, { sourceId, broker } = entry.bridge
    try {
      checkAllowed(brokerAddress(broker), allowed) // the operator may have thought again
      const link = entry.link = this.#newLink(entry)
      void link.start().catch((error: unknown) => log.error({ sourceId, error: String(error) }, 'Failed to start a bridge'))
    } catch (error) {
      log.warn({ sourceId, broker, error: String(error) }, 'Left a bridge unconnected')
    }
  }

  async #disconnect(entry: Entry): Promise<void> {
    const { link } = entry
    entry.link = undefined
    await link?.stop()
  }

  #newLink({ bridge, sealed, pace }: Entry): Link {
    const { vault, ingest, log } = this.#options
    return new Link({ bridge, password: sealed && vault.open(sealed).toString(), ingest, log, pace })
  }

  /** Of the source, whichever connection it has. */
  #newPace(): Pace {
    const { rates = MQTT_LIMITS, onHeld = () => {} } = this.#options
    return new Pace(rates, onHeld)
  }

  #check({ broker, username, password, ca }: BrokerAccess): void {
    checkAllowed(brokerAddress(broker), this.#options.allowed)
    if (password !== undefined && username === undefined) throw new GatewayError('BAD_REQUEST', 'A password needs a username: MQTT sends none without it.')
    if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----')) throw new GatewayError('BAD_REQUEST', '`ca` holds no certificate in PEM: -----BEGIN CERTIFICATE-----.')
  }

  #seal(password: string | undefined): Uint8Array | undefined { return password === undefined ? undefined : this.#options.vault.seal(Buffer.from(password)) }
  #sourceOf({ sourceId }: Bridge): Source | undefined { return this.#options.sources.get(sourceId) }
  #entries(): readonly Entry[] { return [...this.#bySource.values()] }

  #own(ownerId: string, sourceId: string): Entry {
    const entry = this.#bySource.get(sourceId)
    if (!entry || this.#sourceOf(entry.bridge)?.ownerId !== ownerId) throw notFound('bridge')
    return entry
  }
}

interface Row {
  source_id: string, broker: string, protocol: Protocol, topics: string, share: string | null, strip: string | null
  username: string | null, sealed_password: Uint8Array | null, ca: string | null, created_at: number
}

function fromRow(row: Row): Bridge {
  return {
    sourceId: row.source_id, broker: row.broker, protocol: row.protocol, topics: JSON.parse(row.topics) as string[], share: row.share ?? undefined, strip: row.strip ?? undefined,
    username: row.username ?? undefined, ca: row.ca ?? undefined, createdAt: row.created_at,
  }
}
