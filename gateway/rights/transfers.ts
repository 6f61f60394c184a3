// Who got what, when, and under which consent: read from the records by which deliveries were paid, and their digests. And from that, who is affected when
// something went to somebody that should not have.
import type { DatabaseSync } from 'node:sqlite'
import type { Consents } from '#gateway/consent/consents.ts'
import { endOf, isPermission, type Grant } from '#gateway/consent/grant.ts'
import { PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import { isGroupId } from '#gateway/parties/groups.ts'
import { deliveredIn } from '#gateway/rights/delivered.ts'

/** A usage record is sealed so long after the first of its deliveries, at most. */
const RECORD_MS = 60_000
export const HOUR_MS = 3_600_000

export interface TransferQuery {
  /** Milliseconds since 1970: records sealed from then on, and before. */
  readonly from: number
  readonly to: number
  readonly ownerId?: string | undefined
  readonly recipient?: string | undefined
  readonly streamId?: string | undefined
  /** Behind this record. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface Transfer {
  readonly record: number
  readonly ownerId: string
  readonly streamId: string
  readonly recipient: string
  readonly purpose: string
  readonly attributes: readonly string[]
  readonly agreementId: string
  /** Under which it went, of all whom the stream tells about. */
  readonly consentIds: readonly string[]
  /** Who says so: the transparency log, beside its delivery digests; or, where a kill has left nothing of it, the terms of the consents that were in force in that minute, under which it may have gone. */
  readonly consentsBy: 'log' | 'terms'
  /** Deliveries of the minute before. */
  readonly at: number
  readonly messages: number
  readonly bytes: number
}

export interface TransfersOptions { readonly database: DatabaseSync, readonly consents: Consents }

export function transfersOf({ database, consents }: TransfersOptions, { from, to, ownerId, recipient, streamId, after = 0, limit }: TransferQuery): readonly Transfer[] {
  const rows = database.prepare(`SELECT usage_records.id AS record, sealed_at, messages, bytes, agreement_id, owner_id, stream_id, subscriber_id, purpose, attributes
    FROM usage_records JOIN agreements ON agreements.id = agreement_id JOIN offers ON offers.id = offer_id
    WHERE messages > 0 AND sealed_at >= :from AND sealed_at < :to AND usage_records.id > :after
      AND (:owner IS NULL OR owner_id = :owner) AND (:recipient IS NULL OR subscriber_id = :recipient) AND (:stream IS NULL OR stream_id = :stream)
    ORDER BY usage_records.id LIMIT :limit`).all({ from, to, after, limit, owner: ownerId ?? null, recipient: recipient ?? null, stream: streamId ?? null }) as unknown as Row[]
  const delivered = deliveredIn(database)
  return rows.map(row => ({
    record: row.record, ownerId: row.owner_id, streamId: row.stream_id, recipient: row.subscriber_id, purpose: row.purpose, attributes: JSON.parse(row.attributes) as string[],
    agreementId: row.agreement_id, ...consentsOf(row, delivered(row.record), consents), at: row.sealed_at, messages: row.messages, bytes: row.bytes,
  }))
}

function consentsOf(row: Row, delivered: readonly string[] | undefined, consents: Consents): Pick<Transfer, 'consentIds' | 'consentsBy'> {
  if (delivered) return { consentIds: delivered, consentsBy: 'log' }
  return { consentIds: consents.on(row.stream_id).filter(grant => mayHaveLetOut(grant, row)).map(({ id }) => id), consentsBy: 'terms' }
}

/** To whoever is not the owner: times of deliveries tell when somebody is at home. */
export function coarsened(at: number): number { return Math.floor(at / HOUR_MS) * HOUR_MS }

export interface Affected {
  readonly ownerId: string
  readonly streams: readonly string[]
  readonly recipients: readonly string[]
  readonly attributes: readonly string[]
  readonly messages: number
  readonly firstAt: number
  readonly lastAt: number
}

/** Whom a breach concerns (GDPR Art. 33, 34): all whose readings went out in that time, to that recipient or of that stream where one is named. */
export function affectedBy(transfers: readonly Transfer[]): readonly Affected[] {
  return [...Map.groupBy(transfers, ({ ownerId }) => ownerId)].map(([ownerId, own]) => ({
    ownerId, streams: [...new Set(own.map(({ streamId }) => streamId))], recipients: [...new Set(own.map(({ recipient }) => recipient))],
    attributes: [...new Set(own.flatMap(({ attributes }) => attributes))], messages: own.reduce((sum, { messages }) => sum + messages, 0),
    firstAt: Math.min(...own.map(({ at }) => at)), lastAt: Math.max(...own.map(({ at }) => at)),
  }))
}

function mayHaveLetOut(grant: Grant, { sealed_at, subscriber_id, purpose }: Row): boolean {
  const begin = Math.max(grant.grantedAt, grant.notBefore ?? -Infinity)
  // Who was in a group at that time is not written down.
  const isFor = grant.recipient === 'any' || grant.recipient === subscriber_id || isGroupId(grant.recipient)
  return isPermission(grant) && isFor && new PurposeSet(grant.purposes).covers(new PurposeSet([purpose])) && begin <= sealed_at && endOf(grant) > sealed_at - RECORD_MS
}

interface Row {
  record: number, sealed_at: number, messages: number, bytes: number, agreement_id: string, owner_id: string, stream_id: string, subscriber_id: string, purpose: string, attributes: string
}
