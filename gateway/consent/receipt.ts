// What an owner keeps of a consent event, in the terms of ISO/IEC TS 27560 and the Data Privacy Vocabulary.
import type { Recorded } from '#gateway/consent/events.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import { purposeIri } from '#gateway/consent/purposes.ts'

export interface Receipt {
  readonly type: 'ConsentReceipt'
  readonly consentId: string
  readonly state: 'given' | 'withdrawn'
  readonly dataSubject: string
  readonly recipient: string
  readonly streamId: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  readonly legalBasis: string
  readonly grantedAt: string
  readonly until?: string
  readonly withdrawnAt?: string
  readonly withdrawalMethod: string
  /** Place of the event in the gateway's chain, and its hash in hexadecimal. */
  readonly sequence: number
  readonly eventHash: string
}

export function receiptOf(grant: Grant, { sequence, hash }: Recorded): Receipt {
  return {
    type: 'ConsentReceipt', consentId: grant.id, state: grant.withdrawnAt === undefined ? 'given' : 'withdrawn', dataSubject: grant.ownerId, recipient: grant.recipient, streamId: grant.streamId,
    purposes: grant.purposes.map(purposeIri), attributes: grant.attributes, legalBasis: 'https://w3id.org/dpv#Consent', grantedAt: timeText(grant.grantedAt)!, until: timeText(grant.until), withdrawnAt: timeText(grant.withdrawnAt),
    withdrawalMethod: `POST /v1/consents/${grant.id}/withdraw, or: sluice consent withdraw ${grant.id}`, sequence, eventHash: hash.toString('hex'),
  }
}

function timeText(milliseconds: number | undefined): string | undefined { return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString() }
