// Restriction of processing (GDPR Art. 18): nothing of a stream leaves, or is kept, until it is lifted. Its consents stay as they are.
import type { DatabaseSync } from 'node:sqlite'
import type { Consents } from '#gateway/consent/consents.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import type { Clock } from '#gateway/lib/clock.ts'

/** `ownerId`: whose right it is, of those whom the stream tells about. */
export interface Restriction { readonly streamId: string, readonly ownerId: string, readonly at: number, readonly by: 'owner' | 'operator' }

/** All in memory, each change on disk before it is answered. */
export class Restrictions {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  /** By stream, and then by whose they are. */
  readonly #byStream = new Map<string, Map<string, Restriction>>()
  /** Told of each change before it is answered: plans are compiled anew. */
  onChange: (streamId: string) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    for (const { stream_id, owner_id, restricted_at, restricted_by } of database.prepare('SELECT * FROM restrictions').all() as unknown as Row[]) {
      this.#note({ streamId: stream_id, ownerId: owner_id, at: restricted_at, by: restricted_by })
    }
  }

  /** Whether anybody has restricted it. */
  has(streamId: string): boolean { return this.#byStream.has(streamId) }
  on(streamId: string): readonly Restriction[] { return [...this.#byStream.get(streamId)?.values() ?? []] }

  /** When this returns nothing of the stream leaves any more. Again changes nothing but tells everybody. */
  restrict(streamId: string, ownerId: string, by: Restriction['by']): Restriction {
    const restriction = this.#byStream.get(streamId)?.get(ownerId) ?? { streamId, ownerId, at: this.#clock.now(), by }
    this.#database.prepare('INSERT OR IGNORE INTO restrictions VALUES (?, ?, ?, ?)').run(streamId, ownerId, restriction.at, restriction.by)
    this.#note(restriction)
    this.onChange(streamId)
    return restriction
  }

  lift(streamId: string, ownerId: string): void {
    this.#database.prepare('DELETE FROM restrictions WHERE stream_id = ? AND owner_id = ?').run(streamId, ownerId)
    if (this.#drop(streamId, ownerId)) this.onChange(streamId)
  }

  /** Of a stream that was erased. */
  forget(streamId: string): void { this.#byStream.delete(streamId) }

  /** Of a party that was erased: the streams of others that they had restricted. */
  forgetParty(ownerId: string): void {
    for (const streamId of [...this.#byStream.keys()]) if (this.#drop(streamId, ownerId)) this.onChange(streamId)
  }

  /** Consents as decisions see them: on a restricted stream there are none. */
  over(consents: Consents): Pick<Consents, 'on'> {
    const none: readonly Grant[] = []
    return { on: streamId => this.#byStream.has(streamId) ? none : consents.on(streamId) }
  }

  #note(restriction: Restriction): void {
    const { streamId, ownerId } = restriction, known = this.#byStream.get(streamId)
    if (known) known.set(ownerId, restriction)
    else this.#byStream.set(streamId, new Map([[ownerId, restriction]]))
  }

  #drop(streamId: string, ownerId: string): boolean {
    const known = this.#byStream.get(streamId)
    if (!known?.delete(ownerId)) return false
    if (known.size === 0) this.#byStream.delete(streamId)
    return true
  }
}

interface Row { stream_id: string, owner_id: string, restricted_at: number, restricted_by: Restriction['by'] }
