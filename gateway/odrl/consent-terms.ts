// What of a consent is policy, and the names that its parts have in ODRL. Export and import say the same with it.
import type { Grant } from '#gateway/consent/grant.ts'
import { ODRL } from '#gateway/odrl/terms.ts'
import { COUNTRY_GROUPS } from '#gateway/parties/countries.ts'

/** A consent as a policy says it, or a prohibition by the same fields. Times are in milliseconds. */
export type ConsentTerms = Pick<Grant, 'kind' | 'streamId' | 'recipient' | 'countries' | 'onward' | 'purposes' | 'attributes' | 'transforms' | 'explicit' | 'notBefore' | 'until' | 'keep'>

/** Anybody: in a policy, an assignee that is not named. */
export const ANY = 'any'

const PARTY = 'urn:sluice:party:', STREAM = 'urn:sluice:stream:', ATTRIBUTE = ':attribute:'
/** Countries as the location vocabulary of DPV names them. */
const COUNTRY = 'https://w3id.org/dpv/loc#'
export const EXPLICIT = 'https://w3id.org/dpv#ExplicitlyExpressedConsent'

export const READ = `${ODRL}read`, HAND_ON = `${ODRL}distribute`, USE = `${ODRL}use`, DELETE = `${ODRL}delete`

export function consentIri(consentId: string): string { return `urn:sluice:consent:${encodeURIComponent(consentId)}` }
export function partyIri(partyId: string): string { return PARTY + encodeURIComponent(partyId) }
export function streamIri(streamId: string): string { return STREAM + encodeURIComponent(streamId) }
export function attributeIri(streamId: string, attribute: string): string { return streamIri(streamId) + ATTRIBUTE + encodeURIComponent(attribute) }
export function countryIri(country: string): string { return COUNTRY + country }

export function partyOf(iri: string): string | undefined { return iri.startsWith(PARTY) ? decoded(iri.slice(PARTY.length)) : undefined }

export function attributeOf(iri: string): { readonly streamId: string, readonly attribute: string } | undefined {
  const [stream, attribute, more] = iri.startsWith(STREAM) ? iri.slice(STREAM.length).split(ATTRIBUTE) : []
  const streamId = stream && decoded(stream), name = attribute && decoded(attribute)
  return streamId && name && more === undefined ? { streamId, attribute: name } : undefined
}

export function countryOf(iri: string): string | undefined {
  const country = iri.startsWith(COUNTRY) ? iri.slice(COUNTRY.length) : ''
  return /^[A-Z]{2}$/.test(country) || COUNTRY_GROUPS.includes(country) ? country : undefined
}

/** Undefined for what is no encoding of a text, or is not the one that we write: a thing has one name. */
function decoded(text: string): string | undefined {
  try {
    const plain = decodeURIComponent(text)
    return plain !== '' && encodeURIComponent(plain) === text ? plain : undefined
  } catch { return undefined }
}
