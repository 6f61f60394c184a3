// Purposes are IRIs, most of them from the W3C Data Privacy Vocabulary. Inside each has one spelling: equal ones are equal texts.
import { isKnownPurpose } from '#gateway/consent/purposes/purpose-set.ts'
import { GatewayError } from '#gateway/errors.ts'

export const PURPOSE_CHARS_MAX = 256

const DPV = 'https://w3id.org/dpv#'
/** The same concepts in the vocabulary's OWL edition, as version 2 and version 1 name it. */
const DPV_NAMESPACES = [DPV, 'https://w3id.org/dpv/owl#', 'https://w3id.org/dpv/dpv-owl#']
const COMPACT = /^dpv:[A-Za-z][A-Za-z0-9-]*$/
/** A scheme and something behind it (RFC 3987 §2.2), without what an IRI may not hold. */
const ABSOLUTE_IRI = /^[a-z][a-z0-9+.-]*:[^\p{Cc}\p{Z}\p{Cs}\p{Noncharacter_Code_Point}<>"{}|\\^`]+$/iu

/**
 * A DPV purpose as `dpv:ServiceProvision`, any other as its absolute IRI. Throws BAD_REQUEST for what is neither, and for what the vocabulary
 * does not have: nobody could say what it covers.
 */
export function normalPurpose(text: string): string {
  const namespace = DPV_NAMESPACES.find(start => text.startsWith(start))
  const purpose = namespace === undefined ? text : `dpv:${text.slice(namespace.length)}`
  const isWellFormed = purpose.startsWith('dpv:') ? COMPACT.test(purpose) : ABSOLUTE_IRI.test(purpose)
  if (text.length > PURPOSE_CHARS_MAX || !isWellFormed) {
    const shown = JSON.stringify(text.slice(0, PURPOSE_CHARS_MAX))
    throw new GatewayError('BAD_REQUEST', `${shown} is no purpose: write a DPV purpose such as dpv:ServiceProvision, or an absolute IRI.`)
  }
  if (!isKnownPurpose(purpose)) {
    throw new GatewayError('BAD_REQUEST', `DPV 2.3 has no purpose ${purpose}: write one that it has, such as dpv:ServiceProvision, or an IRI of your own.`)
  }
  return purpose
}

/** Each purpose once, in the order given. */
export function normalPurposes(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map(normalPurpose))]
}

/** The full IRI of a purpose that was normalised. */
export function purposeIri(purpose: string): string {
  return purpose.startsWith('dpv:') ? DPV + purpose.slice('dpv:'.length) : purpose
}
