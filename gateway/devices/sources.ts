// Sources: what connects over MQTT with credentials of its own, a single device or a hub that speaks for many.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Dialect } from '#adapters/adapter.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId, secret } from '#gateway/lib/ids.ts'

/** A household or a city department; more is a mistake or an attack. */
export const SOURCES_PER_OWNER_MAX = 20_000

export type Suspender = 'owner' | 'operator'
export type Placement = 'indoor' | 'outdoor'
/** [longitude, latitude] in degrees, WGS 84. */
export type Position = readonly [number, number]

export interface Source {
  readonly id: string
  readonly ownerId: string
  readonly name: string
  /** The dialect that its owner named: preferred where a topic fits several, and tried where it fits none. */
  readonly dialect?: Dialect
  readonly username: string
  readonly placement: Placement
  /** IANA zone of its devices' local times. */
  readonly timezone?: string
  readonly location?: Position
  readonly state: 'active' | 'suspended'
  readonly suspendedBy?: Suspender
  readonly createdAt: number
}

export interface NewSource {
  readonly name: string
  readonly dialect?: Dialect
  readonly placement?: Placement
  readonly timezone?: string
  readonly location?: Position
}

interface Entry { source: Source, passwordHash: Buffer }

const NOBODY = Buffer.alloc(32)
/** As the state says it on disk. One that was suspended before that was told is taken for the owner's. */
const SUSPENDED_BY = 'suspended by '

/** All sources in memory, each change on disk before it is answered. */
export class Sources {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #byId = new Map<string, Entry>()
  readonly #byUsername = new Map<string, Entry>()
  /** Told when a source may no longer be connected: its live connections are to be cut. */
  onCut: (sourceId: string) => void = () => {}
  /** Told when a source may connect again. */
  onResumed: (sourceId: string) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    for (const row of database.prepare("SELECT * FROM sources WHERE state <> 'removed'").all()) this.#index(fromRow(row as unknown as Row))
  }

  /** Makes a source with credentials of 256 random bits, told here and never again. */
  pair(ownerId: string, wish: NewSource): { source: Source, username: string, password: string } {
    if (this.list(ownerId).length >= SOURCES_PER_OWNER_MAX) throw new GatewayError('LIMIT_REACHED', `You have ${SOURCES_PER_OWNER_MAX} sources: remove some first.`)
    const id = prefixedId('src'), password = secret()
    const source: Source = {
      id, ownerId, name: wish.name, dialect: wish.dialect, username: id, placement: wish.placement ?? 'indoor', timezone: wish.timezone, location: wish.location, state: 'active', createdAt: this.#clock.now(),
    }
    const entry = { source, passwordHash: sha256(password) }
    this.#database.prepare('INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      id, ownerId, source.name, source.dialect ?? null, source.username, entry.passwordHash, source.placement, source.timezone ?? null,
      source.location?.[0] ?? null, source.location?.[1] ?? null, source.state, source.createdAt)
    this.#index(entry)
    return { source, username: source.username, password }
  }

  get(id: string): Source | undefined { return this.#byId.get(id)?.source }

  all(): readonly Source[] { return [...this.#byId.values()].map(({ source }) => source) }
  list(ownerId: string): readonly Source[] { return this.all().filter(source => source.ownerId === ownerId) }

  /** The active source of these credentials. An unknown name costs the same work as a wrong password. */
  authenticate(username: string, password: Uint8Array): Source | undefined {
    const entry = this.#byUsername.get(username)
    const isRight = timingSafeEqual(sha256(password), entry?.passwordHash ?? NOBODY)
    return entry && isRight && entry.source.state === 'active' ? entry.source : undefined
  }

  /** What its owner has suspended stays the owner's. */
  suspend(ownerId: string, id: string, by: Suspender = 'owner'): Source {
    const { source } = this.#own(ownerId, id)
    return this.#setState(ownerId, id, source.suspendedBy === 'owner' ? 'owner' : by)
  }

  /** Throws FORBIDDEN for an operator where its owner has suspended it: that would let something out. */
  resume(ownerId: string, id: string, by: Suspender = 'owner'): Source {
    const isOwners = this.#own(ownerId, id).source.suspendedBy === 'owner'
    if (by === 'operator' && isOwners) throw new GatewayError('FORBIDDEN', 'Its owner has suspended it: an operator may stop what leaves, and never let it go on.')
    return this.#setState(ownerId, id, undefined)
  }

  /** A new password; the old one, and whoever is connected by it, stops at once. */
  rotate(ownerId: string, id: string): { source: Source, username: string, password: string } {
    const entry = this.#own(ownerId, id), password = secret(), passwordHash = sha256(password)
    this.#database.prepare('UPDATE sources SET password_hash = ? WHERE id = ?').run(passwordHash, id)
    entry.passwordHash = passwordHash
    this.onCut(id)
    return { source: entry.source, username: entry.source.username, password }
  }

  /** It can never connect again. Its streams stay, with what was agreed on them. */
  remove(ownerId: string, id: string): void {
    const { source } = this.#own(ownerId, id)
    this.#database.prepare("UPDATE sources SET state = 'removed' WHERE id = ?").run(id)
    this.#byId.delete(id)
    this.#byUsername.delete(source.username)
    this.onCut(id)
  }

  #setState(ownerId: string, id: string, suspendedBy: Suspender | undefined): Source {
    const entry = this.#own(ownerId, id), { suspendedBy: _before, ...source } = entry.source
    this.#database.prepare('UPDATE sources SET state = ? WHERE id = ?').run(suspendedBy ? SUSPENDED_BY + suspendedBy : 'active', id)
    entry.source = { ...source, state: suspendedBy ? 'suspended' : 'active', ...suspendedBy && { suspendedBy } }
    if (suspendedBy) this.onCut(id)
    else this.onResumed(id)
    return entry.source
  }

  #own(ownerId: string, id: string): Entry {
    const entry = this.#byId.get(id)
    if (entry?.source.ownerId !== ownerId) throw notFound('source')
    return entry
  }

  #index(entry: Entry): void {
    this.#byId.set(entry.source.id, entry)
    this.#byUsername.set(entry.source.username, entry)
  }
}

interface Row {
  id: string, owner_id: string, name: string, dialect: Dialect | null, username: string, password_hash: Uint8Array
  placement: Placement, timezone: string | null, lon: number | null, lat: number | null, state: string, created_at: number
}

function fromRow(row: Row): Entry {
  const source: Source = {
    id: row.id, ownerId: row.owner_id, name: row.name, dialect: row.dialect ?? undefined, username: row.username, placement: row.placement, timezone: row.timezone ?? undefined,
    location: row.lon === null || row.lat === null ? undefined : [row.lon, row.lat], ...stateFrom(row.state), createdAt: row.created_at,
  }
  return { source, passwordHash: Buffer.from(row.password_hash) }
}

function stateFrom(state: string): Pick<Source, 'state' | 'suspendedBy'> {
  if (state === 'active') return { state }
  return { state: 'suspended', suspendedBy: state === `${SUSPENDED_BY}operator` ? 'operator' : 'owner' }
}

function sha256(secretText: string | Uint8Array): Buffer {
  return createHash('sha256').update(secretText).digest()
}
