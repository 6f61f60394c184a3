// A device's certificate, as its owner hands it over: one, in PEM, and what somebody may have taken for one is called by its name.
import { X509Certificate, type KeyObject } from 'node:crypto'
import { GatewayError } from '#gateway/errors.ts'
import { fingerprintOf } from '#gateway/lib/fingerprint.ts'

export const SUBJECT_CHARS_MAX = 200
/** Shorter ones are no proof of anything (NIST SP 800-131A). */
export const RSA_BITS_MIN = 2_048

/** All that is kept of it. */
export interface DeviceCertificate {
  readonly fingerprint: string
  /** Who it says that it is, on one line: for people, and believed by nobody. */
  readonly subject: string
  /** When it begins and ends to be good, both included, in milliseconds since 1970. */
  readonly from: number
  readonly until: number
}

/** Extended key usages that let a client be known by it (RFC 5280 §4.2.1.12): clientAuth, and any. */
const FOR_CLIENTS = ['1.3.6.1.5.5.7.3.2', '2.5.29.37.0']
const NOT_FOR_CLIENTS = 'This certificate is not for clients but for a server, say (extended key usage): send that of the device.'
const ONLY_A_REQUEST = 'This is a request for a certificate: have it signed, and send what comes back.'
const WANTED = 'It has to be PEM: -----BEGIN CERTIFICATE-----.'

/** Throws BAD_REQUEST that says what is wrong with it, and what to send. */
export function readDeviceCertificate(pem: string, now: number): DeviceCertificate {
  checkLabels([...pem.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----/g)].map(([, label]) => label!))
  const certificate = parsed(pem), { from, until } = termOf(certificate)
  if (until < now) throw refused(`This certificate is over since ${new Date(until).toISOString()}: have a new one made.`)
  checkUse(certificate)
  return { fingerprint: fingerprintOf(certificate), subject: subjectOf(certificate), from, until }
}

function checkLabels(labels: readonly string[]): void {
  if (labels.some(label => label.endsWith('PRIVATE KEY'))) {
    throw refused('There is a private key in this: send the certificate only. Make a new key, if this one went over a network.')
  }
  const count = labels.filter(label => label === 'CERTIFICATE').length
  if (count > 1) throw refused(`There are ${count} certificates in this: send that of the device only, as a rule the first.`)
  if (count === 1) return
  const isRequest = labels.some(label => label.endsWith('CERTIFICATE REQUEST'))
  throw refused(isRequest ? ONLY_A_REQUEST : `There is no certificate in this. ${WANTED}`)
}

function parsed(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw refused(`This certificate cannot be read: it is damaged, or cut short. ${WANTED}`)
  }
}

function termOf({ validFromDate, validToDate }: X509Certificate): { from: number, until: number } {
  const from = validFromDate.getTime(), until = validToDate.getTime()
  if (Number.isSafeInteger(from) && Number.isSafeInteger(until)) return { from, until }
  throw refused('This certificate does not say from when to when it is good.')
}

function checkUse(certificate: X509Certificate): void {
  const uses = certificate.keyUsage as readonly string[] | undefined
  if (uses && !uses.some(use => FOR_CLIENTS.includes(use))) throw refused(NOT_FOR_CLIENTS)
  const { asymmetricKeyType, asymmetricKeyDetails } = keyOf(certificate)
  const isWeak = asymmetricKeyType?.startsWith('rsa') && (asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN
  if (isWeak) throw refused(`The key of this certificate is too short: RSA needs ${RSA_BITS_MIN} bits, better is P-256.`)
}

function keyOf(certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey
  } catch {
    throw refused('The key of this certificate is of a kind that is not known here: P-256, Ed25519 or RSA are.')
  }
}

function subjectOf({ subject }: X509Certificate): string {
  return ((subject as string | undefined) ?? '').replaceAll('\n', ', ').replace(/[\p{Cc}\p{Cs}]/gu, '?').slice(0, SUBJECT_CHARS_MAX)
}

function refused(message: string): GatewayError { return new GatewayError('BAD_REQUEST', message) }
