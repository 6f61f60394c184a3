// What travels beside a message so that its receiver can check it: the signed head, and the way from the message up to it.
import { SALT } from '#gateway/proof/leaf.ts'
import { HASH_BYTES, PATH_HASHES_MAX } from '#gateway/proof/tree.ts'
import type { SignedHead } from '#gateway/proof/head.ts'

export interface Proof extends SignedHead {
  /** Of its leaf, from 0. */
  readonly index: number
  readonly salt: string
  /** The hashes beside the way up, from below, one behind the other. */
  readonly path: Buffer
}

/** Where it begins in an envelope: it is the last member, and what stands before it is proven, with a `}` in its place. */
export const PROOF_MEMBER = ',"proof":'

const SIGNATURE_BYTES = 64
const KID = /^[A-Za-z0-9_-]{43}$/
const SCHEME_LENGTH_MAX = 64

/** A proof as it came, which may be anything; undefined where it is none. */
export function parseProof(value: unknown): Proof | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { index, salt, path } = value as Readonly<Record<string, unknown>>
  const head = parseHead(value), pathBytes = bytesOf(path, PATH_HASHES_MAX * HASH_BYTES)
  if (!head || !isCount(index) || typeof salt !== 'string' || !SALT.test(salt) || !pathBytes) return undefined
  return { ...head, index, salt, path: pathBytes }
}

/** Of a value that may be anything, what belongs to a head; undefined where it has none. */
export function parseHead(value: unknown): SignedHead | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { scheme, kid, time, size, root, signature } = value as Readonly<Record<string, unknown>>
  if (typeof scheme !== 'string' || scheme.length > SCHEME_LENGTH_MAX || typeof kid !== 'string' || !KID.test(kid)) return undefined
  if (!isCount(time) || !isCount(size)) return undefined
  if (bytesOf(root, HASH_BYTES)?.length !== HASH_BYTES || bytesOf(signature, SIGNATURE_BYTES)?.length !== SIGNATURE_BYTES) return undefined
  return { scheme, kid, time, size, root: root as string, signature: signature as string }
}

export function isCount(value: unknown): value is number { return Number.isSafeInteger(value) && (value as number) >= 0 }

/** The bytes of a text in base64 that is written as it has to be, and no other way; undefined for others, and for more than `most`. */
export function bytesOf(text: unknown, most: number): Buffer | undefined {
  if (typeof text !== 'string' || text.length > 4 * Math.ceil(most / 3)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
