// Random names: opaque, unguessable, never derived from anything that someone said.
import { randomBytes } from 'node:crypto'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** 130 random bits as 26 characters of [a-z2-7]. */
export function opaqueId(): string {
  const bytes = randomBytes(26)
  let id = ''
  for (const byte of bytes) id += ALPHABET.charAt(byte & 31)
  return id
}

/** An opaque id that says what it names: `grant_…`. */
export function prefixedId(prefix: string): string {
  return `${prefix}_${opaqueId()}`
}

/** A secret of 256 random bits as 43 characters of base64url. */
export function secret(): string {
  return randomBytes(32).toString('base64url')
}
