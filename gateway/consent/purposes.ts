// Purposes: IRIs, those of the W3C Data Privacy Vocabulary by their short form.
import { GatewayError } from '#gateway/errors.ts'

const DPV = 'https://w3id.org/dpv#'
export const PURPOSE_LENGTH_MAX = 256

/** `dpv:ServiceProvision`, its full IRI, or any other absolute IRI → the form in which purposes are compared. Throws BAD_REQUEST. */
export function parsePurpose(text: string): string {
  const compact = text.startsWith(DPV) ? `dpv:${text.slice(DPV.length)}` : text
  if (/^dpv:[A-Z][A-Za-z]*$/.test(compact) && compact.length <= PURPOSE_LENGTH_MAX) return compact
  if (!compact.startsWith('dpv:') && /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/.test(compact) && compact.length <= PURPOSE_LENGTH_MAX) return compact
  throw new GatewayError('BAD_REQUEST', `${JSON.stringify(text.slice(0, PURPOSE_LENGTH_MAX))} is no purpose: give one of the Data Privacy Vocabulary such as dpv:ServiceProvision, or an absolute IRI.`)
}

/** The full IRI of a purpose in its compared form. */
export function purposeIri(purpose: string): string {
  return purpose.startsWith('dpv:') ? `${DPV}${purpose.slice('dpv:'.length)}` : purpose
}
