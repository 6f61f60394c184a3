// Checks messages as their receiver has them, by the public key alone: no network, no clock, no gateway.
import { verify } from 'node:crypto'
import { headText, MESSAGES_SCHEME } from '#gateway/proof/head.ts'
import { rawMembers } from '#gateway/proof/json-members.ts'
import { hashLeaf, leafIds } from '#gateway/proof/leaf.ts'
import { parseProof, type Proof } from '#gateway/proof/proof.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { HASH_BYTES, rootOver } from '#gateway/proof/tree.ts'

export const FAULTS = {
  NO_MESSAGE: 'this is no message in its envelope',
  NO_PROOF: 'it has no proof: subscribe with --proof',
  BAD_PROOF: 'its proof is none',
  UNKNOWN_SCHEME: 'its proof is of a kind that is not known here',
  UNKNOWN_KEY: 'none of the keys given has signed it',
  SIGNATURE_WRONG: 'the signature is not by this key, or the head was changed',
  PATH_WRONG: 'the path cannot belong to its place in the tree',
  IDS_CHANGED: 'its ids do not agree with each other',
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
    const envelope = parsed(line), members = envelope && rawMembers(line)
    if (!envelope || !members) return 'NO_MESSAGE'
    const { streamId, messageId, proof: claim } = envelope, content = members.get('content')
    if (typeof streamId !== 'string' || typeof messageId !== 'string' || content === undefined) return 'NO_MESSAGE'
    if (claim === undefined) return 'NO_PROOF'
    const proof = parseProof(claim)
    return proof ? this.#checkHead(proof) ?? checkIds(envelope) ?? checkLeaf(proof, streamId, messageId, content) : 'BAD_PROOF'
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

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}

/** An envelope says what is in the message id once more, and the stream says who published it. */
function checkIds({ streamId, messageId, timestamp, sequenceNumber, msgChainId, publisherId }: Readonly<Record<string, unknown>>): Fault | undefined {
  const areNumbers = [timestamp, sequenceNumber].every(part => typeof part === 'number'), areTexts = [msgChainId, publisherId].every(part => typeof part === 'string')
  const isSame = messageId === [timestamp, sequenceNumber, msgChainId, publisherId].join('-'), isTheirs = String(streamId).startsWith(`${String(publisherId)}/`)
  return areNumbers && areTexts && isSame && isTheirs && !`${String(streamId)}${messageId}`.includes('\n') ? undefined : 'IDS_CHANGED'
}

function checkLeaf({ salt, index, size, path, root }: Proof, streamId: string, id: string, content: string): Fault | undefined {
  const leaf = Buffer.allocUnsafe(HASH_BYTES), length = Buffer.byteLength(content)
  hashLeaf(salt, 0, leafIds(streamId, id), { length, write: (into, at) => at + into.write(content, at) }, leaf, 0)
  const over = rootOver(leaf, index, size, path)
  if (over === undefined) return 'PATH_WRONG'
  return over === root ? undefined : 'CONTENT_CHANGED'
}
