// Restriction of processing (GDPR Art. 18): nothing of a stream leaves, or is kept, until it is lifted. Its consents stay as they are.
import type { DatabaseSync } from 'node:sqlite'
import type { Consents } from '#gateway/consent/consents.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import type { Clock } from '#gateway/lib/clock.ts'

export interface Restriction { readonly streamId: string, readonly ownerId: string, readonly at: number, readonly by: 'owner' | 'operator' }

/** All in memory, each change on disk before it is answered. */
export class Restrictions {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #byStream = new Map<string, Restriction>()
  /** Told of each change before it is answered: plans are compiled anew. */
  onChange: (streamId: string) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
    for (const { stream_id, owner_id, restricted_at, restricted_by } of database.prepare('SELECT * FROM restrictions').all() as unknown as Row[]) {
      this.#byStream.set(stream_id, { streamId: stream_id, ownerId: owner_id, at: restricted_at, by: restricted_by })
    }
  }

  get(streamId: string): Restriction | undefined { return this.#byStream.get(streamId) }
  list(ownerId: string): readonly Restriction[] { return [...this.#byStream.values()].filter(restriction => restriction.ownerId === ownerId) }

  /** When this returns nothing of the stream leaves any more. Again changes nothing but tells everybody. */
  restrict(streamId: string, ownerId: string, by: Restriction['by']): Restriction {
    const restriction = this.#byStream.get(streamId) ?? { streamId, ownerId, at: this.#clock.now(), by }
    this.#database.prepare('INSERT OR IGNORE INTO restrictions VALUES (?, ?, ?, ?)').run(streamId, ownerId, restriction.at, by)
    this.#byStream.set(streamId, restriction)
    this.onChange(streamId)
    return restriction
  }

  lift(streamId: string): void {
    this.#database.prepare('DELETE FROM restrictions WHERE stream_id = ?').run(streamId)
    if (this.#byStream.delete(streamId)) this.onChange(streamId)
  }

  /** Of a stream that was erased. */
  forget(streamId: string): void { this.#byStream.delete(streamId) }

  /** Consents as decisions see them: on a restricted stream there are none. */
  over(consents: Consents): Pick<Consents, 'on'> {
    const none: readonly Grant[] = []
    return { on: streamId => this.#byStream.has(streamId) ? none : consents.on(streamId) }
  }
}

interface Row { stream_id: string, owner_id: string, restricted_at: number, restricted_by: Restriction['by'] }
