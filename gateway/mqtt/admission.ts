// Who may connect: credentials first (a certificate, or a name and a password), then a place. Client ids mean something only inside their namespace.
import { randomUUID } from 'node:crypto'
import type { Connection } from '#gateway/ingest/ingest.ts'
import type { Connect } from '#gateway/mqtt/codec/packets.ts'
import { REASON, Refusal } from '#gateway/mqtt/codec/reason.ts'
import type { MqttConnection } from '#gateway/mqtt/connection.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'

/** A source, which publishes and shares its topics with nobody, or a reader of feeds, who publishes nothing. Their ids are never the same. */
export type Principal = { readonly sourceId: string } | { readonly readerId: string }

export interface Credentials {
  /**
   * Whose credentials these are, or undefined. Has to cost the same for an unknown name as for a wrong password.
   * Whoever gives no name is asked for as the empty one.
   */
  authenticate(username: string, password: Uint8Array): Principal | undefined
  /** Whose certificate this is, where it is good now; `fingerprint` as `fingerprintOf` writes it. Left out: nobody has one. */
  certified?(fingerprint: string): Certified | undefined
}

/** A source, known by its certificate. */
export interface Certified {
  readonly sourceId: string
  readonly username: string
  /** When the certificate ends: milliseconds since 1970. */
  readonly until: number
}

const NO_PASSWORD = new Uint8Array(0)

export class Admission {
  readonly #credentials: Credentials
  readonly #limits: MqttLimits
  readonly #bySource = new Map<string, Map<string, MqttConnection>>()
  #count = 0

  constructor(credentials: Credentials, limits: MqttLimits) {
    this.#credentials = credentials
    this.#limits = limits
  }

  get count(): number { return this.#count }

  /** Gives a connection its identity, and closes its source's one of the same client id [MQTT-3.1.4-2]; or throws a Refusal. */
  admit(connection: MqttConnection, connect: Connect): Connection {
    if (connect.properties.authMethod !== undefined) throw new Refusal('bad-credentials', REASON.BAD_AUTH_METHOD)
    const { fingerprint } = connection, certified = fingerprint === undefined ? undefined : this.#credentials.certified?.(fingerprint)
    const principal = certified ? this.#byCertificate(connection, connect, certified) : this.#byPassword(connect)
    if ('readerId' in principal) this.#checkReader(connection, connect, principal.readerId)
    const sourceId = 'readerId' in principal ? principal.readerId : principal.sourceId, clientId = clientIdOf(connect)
    const before = this.#bySource.get(sourceId)?.get(clientId)
    if (before) before.close('taken-over', REASON.TAKEN_OVER)
    else this.#findRoom(sourceId)
    this.#enter(sourceId, clientId, connection)
    return { sourceId, clientId }
  }

  #byPassword({ username, password }: Connect): Principal {
    const principal = this.#credentials.authenticate(username ?? '', password ?? NO_PASSWORD)
    if (principal) return principal
    throw username === undefined ? new Refusal('anonymous', REASON.NOT_AUTHORIZED) : new Refusal('bad-credentials', REASON.BAD_CREDENTIALS)
  }

  /** A certificate says who it is, and needs nothing beside it. What is said all the same has to be right. */
  #byCertificate(connection: MqttConnection, { username, password }: Connect, { sourceId, username: own, until }: Certified): Principal {
    const isRight = password === undefined || this.#isSource(sourceId, this.#credentials.authenticate(own, password))
    if (!isRight || (username !== undefined && username !== own)) throw new Refusal('bad-credentials', REASON.BAD_CREDENTIALS)
    connection.certifiedUntil = until
    return { sourceId }
  }

  #isSource(sourceId: string, principal: Principal | undefined): boolean {
    return principal !== undefined && 'sourceId' in principal && principal.sourceId === sourceId
  }

  #checkReader(connection: MqttConnection, { will }: Connect, readerId: string): void {
    if (will) throw new Refusal('not-allowed', REASON.NOT_AUTHORIZED)
    connection.readerId = readerId
  }

  leave(connection: MqttConnection): void {
    const { sourceId, clientId } = connection.identity!
    const peers = this.#bySource.get(sourceId)!
    peers.delete(clientId)
    if (peers.size === 0) this.#bySource.delete(sourceId)
    this.#count--
  }

  /** The live connections of a source. */
  of(sourceId: string): readonly MqttConnection[] { return [...this.#bySource.get(sourceId)?.values() ?? []] }

  #findRoom(sourceId: string): void {
    if (this.#count >= this.#limits.connectionsMax) throw new Refusal('server-full', REASON.UNAVAILABLE)
    const peers = this.#bySource.get(sourceId)?.size ?? 0
    if (peers >= this.#limits.connectionsPerSourceMax) throw new Refusal('source-full', REASON.QUOTA)
  }

  #enter(sourceId: string, clientId: string, connection: MqttConnection): void {
    const peers = this.#bySource.get(sourceId)
    if (peers) peers.set(clientId, connection)
    else this.#bySource.set(sourceId, new Map([[clientId, connection]]))
    this.#count++
  }
}

/** One of our own for a client that has none: MQTT 3.1 wants one, 3.1.1 unless the session is clean [MQTT-3.1.3-8]. */
function clientIdOf({ clientId, version, isClean }: Connect): string {
  if (clientId !== '') return clientId
  if (version === 3 || (version === 4 && !isClean)) throw new Refusal('bad-client-id', REASON.BAD_CLIENT_ID)
  return `auto-${randomUUID()}`
}
