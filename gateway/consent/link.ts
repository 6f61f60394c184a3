// What is signed of a consent event: its place in the chain. The payload is in the hash only, so that it can be erased.
import { verify, type KeyObject } from 'node:crypto'
import type { Link } from '#gateway/consent/events.ts'

/** The first line of what is signed: no signature of another scheme can be taken for one of these. */
export const CONSENT_EVENTS_SCHEME = 'sluice/consent-events/v1'

/** Four lines, each with a line feed: scheme, key, sequence number, hash of the chain up to the event (hexadecimal). */
export function linkText({ sequence, hash }: Link, kid: string): string {
  return `${CONSENT_EVENTS_SCHEME}\n${kid}\n${sequence}\n${hash.toString('hex')}\n`
}

export function isLinkSigned(link: Link, kid: string, signature: Uint8Array, key: KeyObject): boolean {
  return verify(null, Buffer.from(linkText(link, kid)), key, signature)
}
