// Namespaces, sessions and wills over all connections: who comes back to what, and what happens when somebody stays away.
import type { Connection } from '#gateway/ingest/ingest.ts'
import { Budget } from '#gateway/mqtt/budget.ts'
import { connack } from '#gateway/mqtt/codec/encode.ts'
import type { Connect, Will } from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import type { Joined } from '#gateway/mqtt/connection.ts'
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import { Namespace, type NamespaceEvents, type ReadCheck } from '#gateway/mqtt/namespace.ts'
import type { Session } from '#gateway/mqtt/session.ts'

export interface WorldOptions {
  readonly limits: MqttLimits
  readonly mayRead: ReadCheck
  readonly events: NamespaceEvents
  /** Lets a will in like anything that its client published, while it was here. */
  readonly publishWill: (identity: Connection, namespace: Namespace, will: Will) => void
}

/** The session expiry interval that means for ever (MQTT 5 §3.1.2.11.2). */
const FOR_EVER_S = 0xffffffff

interface PendingWill { readonly will: Will, readonly identity: Connection, readonly dueAt: number }

export class World {
  readonly #options: WorldOptions
  readonly #namespaces = new Map<string, Namespace>()
  readonly #wills = new Map<Session, PendingWill>()
  /** Sessions without a connection, those that have been away for longest first. */
  readonly #away = new Map<Session, Namespace>()
  /** What is remembered for all of them. */
  readonly #held: Budget
  /** Sessions that are over, and still on disk. */
  readonly ended: { readonly id: string, readonly clientId: string }[] = []

  constructor(options: WorldOptions) {
    this.#options = options
    this.#held = new Budget(options.limits.heldBytesMax)
  }

  /** Bytes, about, that are remembered for sources. */
  get heldBytes(): number { return this.#held.used }
  get namespaces(): ReadonlyMap<string, Namespace> { return this.#namespaces }

  namespaceOf(id: string): Namespace {
    const { limits, mayRead, events } = this.#options
    let namespace = this.#namespaces.get(id)
    if (!namespace) this.#namespaces.set(id, namespace = new Namespace({ id, limits, mayRead, events, held: this.#held }))
    return namespace
  }

  /** The session that a client comes back to, or a new one; whoever held it has been closed. */
  join(identity: Connection, connect: Connect): Omit<Joined, 'identity'> {
    const namespace = this.namespaceOf(identity.sourceId), before = namespace.sessions.get(identity.clientId), hasSession = before !== undefined && !connect.isClean && !isOver(before, Date.now())
    if (before) this.#dropWill(before) // its client is back, whatever it thinks of its session [MQTT5-3.1.3-9]
    if (before && !hasSession) this.#end(namespace, before)
    const session = hasSession ? before : namespace.newSession(identity.clientId)
    this.#away.delete(session)
    this.#makeRoom(namespace, session)
    session.expiryMs = this.#expiryMs(connect)
    const keepAlive = this.#keepAlive(connect)
    return { namespace, session, hasSession, keepAlive, answer: this.#answer(connect, identity, session, hasSession, keepAlive) }
  }

  /** A connection has ended: its session stays or goes, its will waits or is published. */
  leave(identity: Connection, namespace: Namespace, session: Session, will: Will | undefined, connect: Properties, now: number): void {
    session.detach(now)
    const wishMs = (will?.properties?.willDelay ?? 0) * 1_000
    // A session that ends takes its will along [MQTT5-3.1.2-8], unless nothing was said of its end.
    const delayMs = connect.sessionExpiry === undefined ? wishMs : Math.min(wishMs, session.expiryMs), isDelayed = delayMs > 0
    const waits = will !== undefined && isDelayed && this.#held.take(willBytes(will))
    if (waits) this.#wills.set(session, { will, identity, dueAt: now + delayMs })
    else if (will) this.#options.publishWill(identity, namespace, will)
    if (session.expiryMs === 0 && !waits) this.#end(namespace, session)
    else this.putAway(namespace, session)
  }

  /** Its client is not here; it may come back to it. */
  putAway(namespace: Namespace, session: Session): void {
    this.#away.set(session, namespace)
    if (this.#away.size <= this.#options.limits.sessionsAwayMax) return
    const [[oldest, home]] = this.#away as unknown as [[Session, Namespace]]
    this.#end(home, oldest)
  }

  /** To be called in intervals: publishes wills that are due, and forgets sessions that have expired. */
  sweep(now: number): void {
    for (const [session, { dueAt }] of this.#wills) if (now >= dueAt) this.#publishWill(session)
    for (const [session, namespace] of this.#away) if (isOver(session, now) && !this.#wills.has(session)) this.#end(namespace, session)
    for (const [id, namespace] of this.#namespaces) if (namespace.isEmpty) this.#drop(id, namespace)
  }

  /** Forgets a namespace: its source is gone. */
  forget(id: string): void {
    const namespace = this.#namespaces.get(id)
    if (!namespace) return
    this.dropWills(id)
    for (const session of [...namespace.sessions.values()]) this.#end(namespace, session)
    this.#drop(id, namespace)
  }

  /** No reader follows these feeds any more, whether they are here or away. */
  forgetTopics(topics: ReadonlySet<string>): void {
    for (const { sessions } of this.#namespaces.values()) for (const session of sessions.values()) {
      if (!session.reader) continue
      for (const topic of session.subscriptions.keys()) {
        if (topics.has(topic) && session.subscriptions.delete(topic)) session.isDirty = true
      }
    }
  }

  /** Forgets the wills of a source that wait: nothing may enter from it any more. */
  dropWills(id: string): void {
    for (const [session, { identity }] of this.#wills) if (identity.sourceId === id) this.#dropWill(session)
  }

  #drop(id: string, namespace: Namespace): void {
    namespace.clear()
    this.#namespaces.delete(id)
  }

  #dropWill(session: Session): PendingWill | undefined {
    const pending = this.#wills.get(session)
    if (!pending) return undefined
    this.#wills.delete(session)
    this.#held.give(willBytes(pending.will))
    return pending
  }

  #publishWill(session: Session): void {
    const pending = this.#dropWill(session)
    if (pending) this.#options.publishWill(pending.identity, this.namespaceOf(pending.identity.sourceId), pending.will)
  }

  /** A will that still waits does not outlive its session [MQTT5-3.1.2-8]. */
  #end(namespace: Namespace, session: Session): void {
    this.#publishWill(session)
    this.#away.delete(session)
    namespace.end(session)
    if (session.isOnDisk) this.ended.push({ id: namespace.id, clientId: session.clientId })
  }

  /** The one that has been away for longest makes room. */
  #makeRoom(namespace: Namespace, newcomer: Session): void {
    if (namespace.sessions.size <= this.#options.limits.sessionsPerSourceMax) return
    const away = [...namespace.sessions.values()].filter(session => session !== newcomer && !session.isConnected)
    const oldest = away.reduce<Session | undefined>((first, session) => (first?.endedAt ?? Infinity) <= session.endedAt! ? first : session, undefined)
    if (oldest) this.#end(namespace, oldest)
  }

  /** MQTT before 5 says only whether a session is to stay. */
  #expiryMs({ version, isClean, properties }: Connect): number {
    const { sessionExpirySMax } = this.#options.limits, wish = version === 5 ? properties.sessionExpiry ?? 0 : isClean ? 0 : FOR_EVER_S
    return Math.min(wish, sessionExpirySMax) * 1_000
  }

  #keepAlive({ version, keepAlive }: Connect): number {
    const { keepAliveSMax } = this.#options.limits
    return version === 5 && (keepAlive === 0 || keepAlive > keepAliveSMax) ? keepAliveSMax : keepAlive
  }

  #answer({ version, clientId, keepAlive, properties: asked }: Connect, identity: Connection, session: Session, hasSession: boolean, granted: number): Buffer {
    const { limits } = this.#options, isShortened = asked.sessionExpiry !== undefined && asked.sessionExpiry * 1_000 > session.expiryMs
    return connack(version, REASON.SUCCESS, hasSession, {
      topicAliasMaximum: limits.topicAliasMax, ...clientId === '' && { assignedClientId: identity.clientId }, ...granted !== keepAlive && { serverKeepAlive: granted },
      ...isShortened && { sessionExpiry: session.expiryMs / 1_000 }, receiveMaximum: limits.receiveMaximum,
    })
  }
}

/** What a will that waits costs. */
function willBytes({ topic, payload, properties }: Will): number { return 256 + topic.length + payload.length + (properties?.forwarded?.length ?? 0) }

function isOver({ endedAt, expiryMs }: Session, now: number): boolean { return endedAt !== undefined && now - endedAt >= expiryMs }
