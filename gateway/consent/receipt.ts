// What an owner keeps of a consent: a receipt that says what was agreed and where it stands in the chain of events.
import type { Link } from '#gateway/consent/events.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import { purposeIri } from '#gateway/consent/purposes.ts'

/**
 * Shaped after ISO/IEC TS 27560:2023 (header, processing, parties, event) with the terms of the W3C Data Privacy Vocabulary.
 * Times are RFC 3339 in UTC, parties are ids of this gateway.
 */
export interface Receipt {
  readonly type: 'ConsentReceipt'
  readonly schemaVersion: 'ISO/IEC TS 27560:2023'
  readonly receiptId: string
  readonly consentId: string
  readonly state: 'given' | 'withdrawn'
  readonly legalBasis: string
  readonly owner: string
  readonly recipient: string
  readonly streamId: string
  /** Full IRIs. */
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  /** How exact they may be; left out: as they are. */
  readonly transforms?: readonly string[]
  readonly grantedAt: string
  readonly until?: string
  /** How long the recipient may keep it (ISO 8601). */
  readonly keep?: string
  readonly withdrawnAt?: string
  readonly withdrawal: { readonly method: string, readonly command: string, readonly effect: string }
  /** The event that this is the receipt of: its number, and the hash (SHA-256, hexadecimal) of the chain up to it. */
  readonly sequence: number
  readonly eventHash: string
}

const LEGAL_BASIS = purposeIri('dpv:Consent')

export function receiptOf(grant: Grant, link: Link): Receipt {
  const { id, ownerId, recipient, streamId, purposes, attributes, transforms, grantedAt, until, withdrawnAt, keep } = grant
  return {
    type: 'ConsentReceipt', schemaVersion: 'ISO/IEC TS 27560:2023', receiptId: `${id}/${link.sequence}`, consentId: id,
    state: withdrawnAt === undefined ? 'given' : 'withdrawn', legalBasis: LEGAL_BASIS,
    owner: ownerId, recipient, streamId, purposes: purposes.map(purposeIri), attributes, ...(transforms && { transforms }), grantedAt: time(grantedAt),
    ...(until !== undefined && { until: time(until) }),
    ...(keep !== undefined && { keep }),
    ...(withdrawnAt !== undefined && { withdrawnAt: time(withdrawnAt) }),
    withdrawal: { method: `POST /v1/consents/${id}/withdraw`, command: `sluice consent withdraw ${id}`, effect: 'before it is answered' },
    sequence: link.sequence, eventHash: link.hash.toString('hex'),
  }
}

function time(milliseconds: number): string { return new Date(milliseconds).toISOString() }
