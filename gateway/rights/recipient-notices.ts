// What recipients are to be told of what they have received (GDPR Art. 19): by agreement, so that a notice of an erasure names nobody.
import type { DatabaseSync } from 'node:sqlite'

/** `corrected`: the settings of the device were wrong, and what was received may have been. `erased`: the owner is gone, and wants to be forgotten. */
export type NoticeKind = 'corrected' | 'restricted' | 'lifted' | 'objected' | 'erased'

export interface RecipientNotice { readonly id: number, readonly agreementId: string, readonly streamId: string, readonly kind: NoticeKind, readonly at: number }

/** To each who has received something of a stream. Gives how many that are. */
export function noteToRecipients(database: DatabaseSync, streamId: string, kind: NoticeKind, at: number): number {
  const insert = database.prepare(`INSERT INTO recipient_notices (agreement_id, kind, at) SELECT agreements.id, ?, ? FROM agreements JOIN offers ON offers.id = offer_id JOIN meters ON agreement_id = agreements.id
    WHERE stream_id = ? AND messages > 0`)
  return Number(insert.run(kind, at, streamId).changes)
}

/** Those of a subscriber behind one that they know, oldest first. */
export function noticesFor(database: DatabaseSync, subscriberId: string, after: number, limit: number): readonly RecipientNotice[] {
  const rows = database.prepare(`SELECT recipient_notices.id, agreement_id AS agreementId, stream_id AS streamId, kind, at FROM recipient_notices JOIN agreements ON agreements.id = agreement_id JOIN offers ON offers.id = offer_id
    WHERE subscriber_id = ? AND recipient_notices.id > ? ORDER BY recipient_notices.id LIMIT ?`)
  return rows.all(subscriberId, after, limit) as unknown as RecipientNotice[]
}
