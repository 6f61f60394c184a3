// What an owner keeps of a consent: a receipt that says what was agreed and where it stands in the chain of events.
import type { Link } from '#gateway/consent/events.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import type { EventType } from '#gateway/consent/life.ts'
import type { NoticeRef } from '#gateway/consent/notices/notices.ts'
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'

/**
 * Shaped after ISO/IEC TS 27560:2023 (header, processing, parties, event) with the terms of the W3C Data Privacy Vocabulary.
 * Times are RFC 3339 in UTC, parties are ids of this gateway.
 */
export interface Receipt {
  readonly type: 'ConsentReceipt'
  readonly schemaVersion: 'ISO/IEC TS 27560:2023'
  readonly receiptId: string
  readonly consentId: string
  readonly state: EventType
  readonly legalBasis: string
  readonly owner: string
  /** It forbids; left out, it permits. */
  readonly kind?: 'prohibition'
  readonly recipient: string
  /** ISO 3166-1 alpha-2: where the recipient has to be, or must not be where it forbids. */
  readonly recipientCountries?: readonly string[]
  /** Handing on is permitted, or is what is forbidden. */
  readonly onward?: true
  readonly streamId: string
  /** Full IRIs. */
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  /** How exact they may be; left out: as they are. */
  readonly transforms?: readonly string[]
  readonly grantedAt: string
  readonly notBefore?: string
  readonly until?: string
  /** How long the recipient may keep it (ISO 8601). */
  readonly keep?: string
  readonly renewedAt?: string
  readonly withdrawnAt?: string
  /** Of the event: who, if it was not the owner, and why, where it was said. */
  readonly by?: string
  readonly reason?: string
  /** What the owner was told: its hash is that of the text (SHA-256). */
  readonly notice?: NoticeRef
  readonly withdrawal: { readonly method: string, readonly command: string, readonly effect: string }
  /** The event that this is the receipt of: its number, and the hash (SHA-256, hexadecimal) of the chain up to it. */
  readonly sequence: number
  readonly eventHash: string
}

const LEGAL_BASIS = purposeIri('dpv:Consent'), EXPLICIT = purposeIri('dpv:ExplicitlyExpressedConsent')

export function receiptOf(grant: Grant, link: Link, { by, reason }: { readonly by?: string, readonly reason?: string } = {}): Receipt {
  const { id, ownerId, kind, recipient, countries, onward, explicit, streamId, purposes, attributes, transforms, grantedAt, notBefore, until, withdrawnAt, keep, last, renewedAt, notice } = grant
  return {
    type: 'ConsentReceipt', schemaVersion: 'ISO/IEC TS 27560:2023', receiptId: `${id}/${link.sequence}`, consentId: id,
    state: last ?? (withdrawnAt === undefined ? 'given' : 'withdrawn'), legalBasis: explicit ? EXPLICIT : LEGAL_BASIS,
    owner: ownerId, ...(kind && { kind }), recipient, ...(countries && { recipientCountries: countries }), ...(onward && { onward }), streamId, purposes: purposes.map(purposeIri), attributes, ...(transforms && { transforms }), grantedAt: time(grantedAt),
    ...(notBefore !== undefined && { notBefore: time(notBefore) }),
    ...(until !== undefined && { until: time(until) }),
    ...(keep !== undefined && { keep }),
    ...(renewedAt !== undefined && { renewedAt: time(renewedAt) }),
    ...(withdrawnAt !== undefined && { withdrawnAt: time(withdrawnAt) }),
    ...(by !== undefined && { by }), ...(reason !== undefined && { reason }),
    ...(notice && { notice }),
    withdrawal: { method: `POST /v1/consents/${id}/withdraw`, command: `sluice consent withdraw ${id}`, effect: 'before it is answered' },
    sequence: link.sequence, eventHash: link.hash.toString('hex'),
  }
}

function time(milliseconds: number): string { return new Date(milliseconds).toISOString() }
