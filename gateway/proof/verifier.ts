// Checks messages as their receiver has them, by the public key alone: no network, no clock, no gateway.
import { hash, verify } from 'node:crypto'
import { headText, MESSAGES_SCHEME } from '#gateway/proof/head.ts'
import { parseProof, PROOF_MEMBER, type Proof } from '#gateway/proof/proof.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { checkStatement, isStatement } from '#gateway/proof/statement.ts'
import { rootOver } from '#gateway/proof/tree.ts'

export const FAULTS = {
  NO_MESSAGE: 'this is no message in its envelope',
  NO_PROOF: 'it has no proof: subscribe with --proof',
  BAD_PROOF: 'its proof is none',
  UNKNOWN_SCHEME: 'its proof is of a kind that is not known here',
  UNKNOWN_KEY: 'none of the keys given has signed it',
  SIGNATURE_WRONG: 'the signature is not by this key, or the head was changed',
  PATH_WRONG: 'the path cannot belong to its place in the tree',
  CONTENT_CHANGED: 'this is not what was signed, byte for byte: content, ids, salt or path were changed',
} as const
export type Fault = keyof typeof FAULTS

/** A message is checked in the order in which it came: those of one flush have one signature, which is then looked at once. */
export class Verifier {
  readonly #keys: PublicKeys
  /** The head and the signature that were right last. */
  #known = ''

  constructor(keys: PublicKeys) { this.#keys = keys }

  /** What is wrong with an envelope as it came, of whatever origin; undefined where it is proven. Throws nothing. */
  check(line: string): Fault | undefined {
    const text = line.trim(), proofAt = text.lastIndexOf(PROOF_MEMBER)
    if (proofAt < 0 && isStatement(text)) return checkStatement(text, this.#keys)
    if (proofAt < 0 || !text.endsWith('}')) return isMessage(text) ? 'NO_PROOF' : 'NO_MESSAGE'
    const proof = parseProof(parsed(text.slice(proofAt + PROOF_MEMBER.length, -1)))
    return proof ? this.#checkHead(proof) ?? checkLeaf(proof, `${text.slice(0, proofAt)}}`) : 'BAD_PROOF'
  }

  #checkHead(proof: Proof): Fault | undefined {
    const { scheme, kid, signature } = proof, key = this.#keys.get(kid), text = headText(proof), signed = text + signature
    if (scheme !== MESSAGES_SCHEME) return 'UNKNOWN_SCHEME'
    if (!key) return 'UNKNOWN_KEY'
    if (signed !== this.#known && !verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))) return 'SIGNATURE_WRONG'
    this.#known = signed
    return undefined
  }
}

function parsed(text: string): unknown {
  try { return JSON.parse(text) as unknown } catch { return undefined }
}

function isMessage(text: string): boolean {
  const value = parsed(text)
  return typeof value === 'object' && value !== null && 'messageId' in value && 'content' in value
}

function checkLeaf({ salt, index, size, path, root }: Proof, envelope: string): Fault | undefined {
  const over = rootOver(hash('sha256', `\0${salt}${envelope}`, 'binary'), index, size, path)
  if (over === undefined) return 'PATH_WRONG'
  return over === root ? undefined : 'CONTENT_CHANGED'
}
