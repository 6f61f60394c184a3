// JSON Web Signatures, compact (RFC 7515), with Ed25519 (RFC 8037): for what somebody keeps as one piece and shows to others.
import { verify } from 'node:crypto'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/

/** `type`: what it is, so that one thing is not taken for another. */
export function signJws(key: SigningKey, type: string, payload: object): string {
  const input = `${encoded({ alg: 'EdDSA', kid: key.kid, typ: type })}.${encoded(payload)}`
  return `${input}.${Buffer.from(key.sign(input), 'base64').toString('base64url')}`
}

export type JwsFault = 'NO_JWS' | 'UNKNOWN_KEY' | 'SIGNATURE_WRONG'

/** What was signed, or why nothing is believed. Any other header than ours is none: neither another algorithm nor none at all. */
export function openJws(text: string, type: string, keys: PublicKeys): { readonly payload: unknown } | JwsFault {
  const [, header, payload, signature] = COMPACT.exec(text) ?? [], known = decoded(header) as { alg?: unknown, kid?: unknown, typ?: unknown } | undefined
  if (payload === undefined || known?.alg !== 'EdDSA' || known.typ !== type || typeof known.kid !== 'string') return 'NO_JWS'
  const key = keys.get(known.kid)
  if (!key) return 'UNKNOWN_KEY'
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature!, 'base64url'))) return 'SIGNATURE_WRONG'
  return { payload: decoded(payload) }
}

export function isJws(text: string): boolean { return COMPACT.test(text) }

function encoded(value: object): string { return Buffer.from(JSON.stringify(value)).toString('base64url') }

function decoded(text = ''): unknown {
  try { return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown } catch { return undefined }
}
