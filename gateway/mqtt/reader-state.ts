// What a session remembers of somebody who reads feeds, beside what they follow: readers share no topics, and nothing is routed to them.
import { Unacknowledged } from '#gateway/mqtt/unacknowledged.ts'

export class ReaderState {
  readonly unacknowledged = new Unacknowledged()
  /** Feeds that have come further than is on disk. */
  readonly moved = new Set<string>()
}
