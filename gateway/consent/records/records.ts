// Records and receipts of the consents that there are: made of their events when somebody asks, and signed for whoever keeps them.
import type { Consents } from '#gateway/consent/consents.ts'
import type { ConsentEvent, Erased, Link, Terms } from '#gateway/consent/events.ts'
import type { Facts } from '#gateway/consent/notices/facts.ts'
import { grantAfter, grantFrom } from '#gateway/consent/fold.ts'
import type { Grant } from '#gateway/consent/grant.ts'
import type { NoticeRef, Notices } from '#gateway/consent/notices/notices.ts'
import { receiptOf, type Receipt } from '#gateway/consent/receipt.ts'
import { RECEIPT_TYPE } from '#gateway/consent/records/receipt-type.ts'
import { GATEWAY, partyIri, recordOf, type ConsentRecord } from '#gateway/consent/records/record.ts'
import { sentenceOf } from '#gateway/consent/records/sentence.ts'
import { CONTEXT, RECEIPT_PROFILE } from '#gateway/consent/records/vocabulary.ts'
import type { Streams } from '#gateway/devices/streams.ts'
import type { Subjects } from '#gateway/devices/subjects.ts'
import { notFound } from '#gateway/errors.ts'
import type { Parties } from '#gateway/parties/parties.ts'
import { signJws } from '#gateway/proof/jws.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'

/** A receipt with itself in it, signed: `jws` holds every other member, and the record as it was then. */
export interface SignedReceipt extends Receipt { readonly jws: string }

export interface RecordsOptions {
  readonly consents: Consents
  readonly notices: Notices
  readonly parties: Parties
  readonly streams: Streams
  readonly subjects: Pick<Subjects, 'of'>
  readonly key: SigningKey
}

interface Entry { readonly event: ConsentEvent, readonly link: Link }

export class Records {
  readonly #options: RecordsOptions

  constructor(options: RecordsOptions) { this.#options = options }

  /** Throws NOT_FOUND for what never was, and for what was erased. */
  record(consentId: string): ConsentRecord { return this.#record(consentId, this.#entries(consentId)) }

  /** That of its newest event. */
  receipt(consentId: string): SignedReceipt { return this.receipts(consentId).at(-1)! }

  /** One for each event that changed what may leave, in order. */
  receipts(consentId: string): readonly SignedReceipt[] {
    const entries = this.#entries(consentId), signed: SignedReceipt[] = []
    let grant: Grant | undefined
    for (const [n, { event, link }] of entries.entries()) {
      grant = event.type === 'given' ? grantFrom(event) : grant && grantAfter(grant, event)
      if (grant) signed.push(this.#signed(receiptOf(grant, link, event), event.at, this.#record(consentId, entries.slice(0, n + 1))))
    }
    return signed
  }

  #signed(receipt: Receipt, at: number, record: ConsentRecord): SignedReceipt {
    const { '@context': _context, ...activity } = record, { receiptId, owner, recipient } = receipt
    const document = {
      '@context': CONTEXT, '@id': `urn:sluice:receipt:${receiptId}`, '@type': 'dpv:ConsentReceipt', 'dct:conformsTo': RECEIPT_PROFILE, 'dct:identifier': receiptId,
      'dct:created': new Date(at).toISOString(), 'dct:publisher': partyIri(GATEWAY), 'schema:recipient': [partyIri(owner), partyIri(recipient)],
      'dpv:hasRecordOfActivity': activity,
    }
    return { ...receipt, jws: signJws(this.#options.key, RECEIPT_TYPE, { ...receipt, document }) }
  }

  #record(id: string, entries: readonly Entry[]): ConsentRecord {
    const { parties, streams, notices } = this.#options, events = entries.map(({ event }) => event)
    const terms = termsOf(events), { ownerId } = events[0]!, ref = noticeOf(events), isAsked = !events.some(({ type }) => type === 'given')
    const notice = ref ? notices.get(ref.hash) : isAsked ? notices.current(ownerId) : undefined
    const facts = notice?.facts ?? notices.current(ownerId).facts, recipient = parties.get(terms.recipient), stream = streams.get(terms.streamId)
    return recordOf({
      id, ownerId, terms, events, notice, facts, recipient, model: stream?.model, quantity: stream?.quantity, description: this.#sentence(terms, facts, isAsked), ...(stream && { subjects: this.#options.subjects.of(stream).partyIds }),
    })
  }

  #sentence(terms: Terms, { storageCountry }: Facts, isAsked: boolean): string {
    const { parties, streams } = this.#options, recipient = parties.get(terms.recipient)
    return sentenceOf({ terms, name: recipient?.name, country: recipient?.country, type: streams.get(terms.streamId)?.model.type, storageCountry, isAsked })
  }

  #entries(consentId: string): readonly Entry[] {
    const recorded = this.#options.consents.history(consentId), entries = recorded.flatMap(({ event, link }) => isThere(event) ? [{ event, link }] : [])
    if (entries.length === 0 || entries.length < recorded.length) throw notFound('consent')
    return entries
  }
}

function isThere(event: ConsentEvent | Erased): event is ConsentEvent { return event.type !== 'erased' }

/** What was given, or as long as nothing was, what was asked for; until the time that was set last. */
function termsOf(events: readonly ConsentEvent[]): Terms {
  const [first] = events.filter(({ type }) => type === 'given'), base = (first ?? events[0]!) as ConsentEvent & Terms
  const renewals = events.filter(event => event.type === 'renewed'), last = renewals.at(-1)
  const { until: before, ...terms } = base, until = last ? last.until : before
  return { ...terms, ...(until !== undefined && { until }) }
}

function noticeOf(events: readonly ConsentEvent[]): NoticeRef | undefined {
  return events.flatMap(event => event.type === 'given' || event.type === 'renewed' ? event.notice ?? [] : []).at(-1)
}
