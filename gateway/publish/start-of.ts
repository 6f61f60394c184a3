// Where a subscription begins, in the words of those who ask for it.
import { GatewayError } from '#gateway/errors.ts'
import { parseMessageId } from '#gateway/publish/message.ts'

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** What it asks of a stream. */
export interface Kept {
  /** The last position that has gone out. */
  readonly published: number
  /** The last one at or before a message id's time and number. */
  positionAt(timestamp: number, sequenceNumber: number): number
}

/**
 * The position behind which it begins. `from`: nothing (what comes from now on), `earliest`, an RFC 3339 time, or the id of the last
 * message seen. Throws BAD_REQUEST for anything else.
 */
export function startOf(kept: Kept, from: string | undefined): number {
  if (from === undefined || from === '') return kept.published
  if (from === 'earliest') return 0
  const id = parseMessageId(from)
  if (id) return kept.positionAt(id.timestamp, id.sequenceNumber)
  const instant = RFC3339.test(from) ? Date.parse(from) : NaN
  if (Number.isNaN(instant)) {
    throw new GatewayError('BAD_REQUEST', '`from` is `earliest`, a time such as 2026-05-04T10:15:30Z, or the id of a message.')
  }
  return kept.positionAt(instant, -1)
}
