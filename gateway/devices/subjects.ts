// Subjects: whom a source tells about. Its owner always; others of the household where they are named. Each of them has to consent.
import type { DatabaseSync } from 'node:sqlite'
import type { Sources } from '#gateway/devices/sources.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'

/** Beside the owner. */
export const SUBJECTS_PER_SOURCE_MAX = 16

/** Who has to consent to what a source tells, the owner first, and since when it has been no more than these. */
export interface SubjectsOf { readonly partyIds: readonly string[], readonly since: number }

interface Entry { readonly partyIds: string[], lastLeft: number }

/** All in memory, each change on disk before it is told, and told before it is answered. */
export class Subjects {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #sources: Sources
  readonly #bySource = new Map<string, Entry>()
  readonly #sourcesOf = new Map<string, Set<string>>()
  /** Told of a source of which others have to consent from now on. */
  onChange: (sourceId: string) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock, sources: Sources) {
    this.#database = database
    this.#clock = clock
    this.#sources = sources
    for (const { source_id, party_id, removed_at } of database.prepare('SELECT * FROM source_subjects ORDER BY added_at').all() as unknown as Row[]) {
      const entry = this.#entryOf(source_id)
      if (removed_at === null) this.#note(source_id, party_id)
      else entry.lastLeft = Math.max(entry.lastLeft, removed_at)
    }
  }

  /** Of a stream, or of its source. */
  of({ sourceId, ownerId }: { readonly sourceId: string, readonly ownerId: string }): SubjectsOf {
    const entry = this.#bySource.get(sourceId)
    return { partyIds: [ownerId, ...entry?.partyIds ?? []], since: entry?.lastLeft ?? 0 }
  }

  /** Those beside the owner. */
  beside(sourceId: string): readonly string[] { return this.#bySource.get(sourceId)?.partyIds ?? [] }

  /** The sources of others that tell about a party. */
  sourcesOf(partyId: string): ReadonlySet<string> { return this.#sourcesOf.get(partyId) ?? new Set() }

  /** Names somebody whom the source tells about as well. From now on nothing leaves it without their consent. Again changes nothing. */
  add(sourceId: string, partyId: string): void {
    const { partyIds } = this.#entryOf(sourceId)
    if (partyIds.includes(partyId) || this.#sources.get(sourceId)?.ownerId === partyId) return
    if (partyIds.length >= SUBJECTS_PER_SOURCE_MAX) throw new GatewayError('LIMIT_REACHED', `A source tells about ${SUBJECTS_PER_SOURCE_MAX} others at most.`)
    this.#database.prepare('INSERT OR REPLACE INTO source_subjects VALUES (?, ?, ?, NULL)').run(sourceId, partyId, this.#clock.now())
    this.#note(sourceId, partyId)
    this.onChange(sourceId)
  }

  /** It does not tell about them any more. Throws NOT_FOUND. */
  remove(sourceId: string, partyId: string): void {
    const entry = this.#entryOf(sourceId), at = entry.partyIds.indexOf(partyId), now = this.#clock.now()
    if (at < 0) throw notFound('subject')
    this.#database.prepare('UPDATE source_subjects SET removed_at = ? WHERE source_id = ? AND party_id = ?').run(now, sourceId, partyId)
    entry.partyIds.splice(at, 1)
    entry.lastLeft = Math.max(entry.lastLeft, now)
    this.#sourcesOf.get(partyId)?.delete(sourceId)
    this.onChange(sourceId)
  }

  /** A source whose rows are gone: its owner was erased. */
  forget(sourceId: string): void {
    for (const partyId of this.beside(sourceId)) this.#sourcesOf.get(partyId)?.delete(sourceId)
    this.#bySource.delete(sourceId)
  }

  /** A party that was erased: its rows have this name now, by which nobody consents. */
  rename(partyId: string, name: string): void {
    for (const sourceId of this.sourcesOf(partyId)) {
      const { partyIds } = this.#entryOf(sourceId)
      partyIds.splice(partyIds.indexOf(partyId), 1)
      this.#note(sourceId, name)
      this.onChange(sourceId)
    }
    this.#sourcesOf.delete(partyId)
  }

  #entryOf(sourceId: string): Entry {
    let entry = this.#bySource.get(sourceId)
    if (!entry) this.#bySource.set(sourceId, entry = { partyIds: [], lastLeft: 0 })
    return entry
  }

  #note(sourceId: string, partyId: string): void {
    this.#entryOf(sourceId).partyIds.push(partyId)
    const sources = this.#sourcesOf.get(partyId)
    if (sources) sources.add(sourceId)
    else this.#sourcesOf.set(partyId, new Set([sourceId]))
  }
}

interface Row { readonly source_id: string, readonly party_id: string, readonly removed_at: number | null }
