// A consent record: all of a consent as JSON-LD, in DPV's profile of ISO/IEC TS 27560 with what the GDPR wants besides. See profile.ts for
// what of it is mandatory.
import type { ConsentEvent, Terms } from '#gateway/consent/events.ts'
import { NOT_STATED, type Facts, type PartyFacts } from '#gateway/consent/notices/facts.ts'
import type { Notice } from '#gateway/consent/notices/notices.ts'
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'
import { CONTEXT, dataTermOf, RECORD_PROFILE, RIGHTS_TERMS, STATUS_TERMS } from '#gateway/consent/records/vocabulary.ts'
import { isCountry } from '#gateway/consent/notices/words.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Model } from '#semantic-models/model.ts'

export type ConsentRecord = Readonly<Record<string, unknown>>

export interface RecordParts {
  readonly id: string
  readonly ownerId: string
  readonly terms: Terms
  /** All events that there were, in order. */
  readonly events: readonly ConsentEvent[]
  /** Undefined: the consent is older than notices, and the record is not whole until it is renewed. */
  readonly notice: Notice | undefined
  /** What the gateway stated when the consent was given. */
  readonly facts: Facts
  /** Undefined: any. */
  readonly recipient: Party | undefined
  readonly model: Model | undefined
  readonly quantity: string | undefined
  /** In a sentence. */
  readonly description: string
  /** Whom the stream tells about, the owner first: by ids that are pseudonyms. */
  readonly subjects?: readonly string[]
}

/** As which the gateway acts by itself. */
export const GATEWAY = 'gateway'

export function recordOf(parts: RecordParts): ConsentRecord {
  const { id, ownerId, events, notice, facts } = parts
  return {
    '@context': CONTEXT, '@id': `urn:sluice:consent:${id}`, '@type': 'dpv:ConsentRecord',
    'dct:conformsTo': RECORD_PROFILE, 'dct:identifier': id,
    'dpv:hasDataSubject': dataSubject(ownerId),
    ...(notice && { 'dpv:hasNotice': noticeOf(notice) }),
    'dpv:hasDataController': [party(GATEWAY, facts.controller, ['dpv:LegalEntity', 'dpv:DataController'])],
    'dpv:hasProcess': [processOf(parts)],
    'dpv:hasJurisdiction': `loc:${facts.jurisdiction}`,
    'dpv:hasConsentControl': {
      '@type': 'dpv:WithdrawConsent', 'dpv:isExercisedAt': `POST /v1/consents/${id}/withdraw`, 'dct:description': `sluice consent withdraw ${id}: nothing more leaves when it answers.`,
    },
    'dpv:hasRight': RIGHTS_TERMS,
    'dpv:hasAuthority': party('authority', facts.authority, ['dpv:LegalEntity', 'dpv:Authority']),
    'dpv:hasConsentStatus': statesOf(events),
  }
}

function dataSubject(id: string) { return { '@id': partyIri(id), '@type': 'dpv:DataSubject', 'dct:identifier': id } }

function noticeOf({ hash, version, language, createdAt }: Notice) {
  return {
    '@id': `urn:sluice:notice:${hash}`, '@type': 'dpv:ConsentNotice', 'schema:sha256': hash, 'schema:version': version,
    'dct:language': language, 'dct:date': time(createdAt),
  }
}

function processOf({ terms, facts, recipient, model, quantity, description, subjects = [] }: RecordParts) {
  const { streamId, purposes, attributes, keep } = terms
  return {
    '@type': 'dpv:Process', 'dct:description': description,
    'dpv:hasPurpose': purposes.map(purposeIri), 'dpv:hasLegalBasis': 'eu-gdpr:A6-1-a',
    'dpv:hasPersonalData': attributes.map(attribute => personalData(attribute, dataTermOf(model, quantity, attribute))),
    'dpv:hasDataSource': { '@type': 'dpv:DataSource', 'dct:identifier': streamId, 'dct:description': 'sensors of the data subject, over MQTT' },
    'dpv:hasProcessing': ['dpv:Collect', 'dpv:Store', 'dpv:Transmit'],
    'dpv:hasStorageCondition': [
      { '@type': 'dpv:StorageLocation', 'dpv:hasLocation': `loc:${facts.storageCountry}` },
      { '@type': 'dpv:StorageDuration', 'dpv:hasDuration': facts.retention, 'dct:description': 'at this gateway' },
      { '@type': 'dpv:StorageDuration', 'dpv:hasDuration': keep ?? untilEvent('the recipient needs it no more for these purposes'), 'dct:description': 'at the recipient' },
    ],
    'dpv:hasProcessingCondition': { '@type': 'dpv:ProcessingLocation', 'dpv:hasLocation': `loc:${facts.storageCountry}` },
    'dpv:hasRule': { '@type': 'dpv:Permission', 'dpv:hasLocation': countryOf(recipient?.country), 'dct:description': 'where the recipient may have it' },
    'dpv:hasRecipient': [recipientOf(recipient)],
    // A household: each of them has to consent.
    ...(subjects.length > 1 && { 'dpv:hasDataSubject': subjects.map(dataSubject) }),
  }
}

function personalData(attribute: string, { category, kind }: { category: string, kind: string }) {
  return { '@type': kind, 'dct:identifier': attribute, 'skos:broader': category, 'dpv:hasNecessity': 'dpv:Optional' }
}

const ROLE_TERMS = { controller: 'dpv:DataController', processor: 'dpv:DataProcessor', 'third-party': 'dpv:ThirdParty' } as const

function recipientOf(recipient: Party | undefined) {
  const { id = 'any', name = 'Whoever agrees with the owner for one of these purposes', country = '', facts = {} } = recipient ?? {}
  const { address = NOT_STATED, contact = NOT_STATED, dataRole = 'controller' } = facts
  return party(id, { name, address, contact, country }, ['dpv:Recipient', ROLE_TERMS[dataRole]])
}

function party(id: string, { name, address, contact, country }: PartyFacts, types: readonly string[]) {
  return {
    '@id': partyIri(id), '@type': types, 'dct:identifier': id, 'dpv:hasName': name, 'dpv:hasAddress': address, 'dpv:hasContact': contact, 'dpv:hasCountry': countryOf(country),
  }
}

function countryOf(country: string | undefined) {
  return country !== undefined && isCountry(country) ? `loc:${country}` : { '@type': 'dpv:Location', 'dct:description': NOT_STATED }
}

/** Each event with the time that it gave the consent. */
function statesOf(events: readonly ConsentEvent[]) {
  let until: number | undefined
  return events.map(event => {
    if ('streamId' in event || event.type === 'renewed') until = event.until
    return {
      '@type': STATUS_TERMS[event.type], 'dpv:hasLegalBasis': 'dpv:ExplicitlyExpressedConsent', 'dpv:isIndicatedAtTime': time(event.at),
      'dpv:isIndicatedBy': partyIri(actorOf(event)), ...('reason' in event && { 'dct:description': event.reason }),
      'dpv:hasDuration': until === undefined ? untilEvent('it is withdrawn') : { '@type': 'dpv:UntilTimeDuration', 'rdf:value': time(until) },
    }
  })
}

function actorOf({ type, by, ownerId }: ConsentEvent): string { return by ?? (type === 'expired' ? GATEWAY : ownerId) }

function untilEvent(value: string) { return { '@type': 'dpv:UntilEventDuration', 'rdf:value': value } }

export function partyIri(id: string): string { return `urn:sluice:party:${id}` }

function time(milliseconds: number): string { return new Date(milliseconds).toISOString() }
