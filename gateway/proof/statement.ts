// A JSON document that this gateway has signed: the signature is its last member, over what stands before it, byte for byte, with a `}` in its
// place. A receipt, or what an archive says of itself.
import { verify } from 'node:crypto'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'

/** Begins what is signed: a signature under one kind of document says nothing of another. */
export const STATEMENT_SCHEME = 'sluice/statement/v1'
export const SIGNATURE_MEMBER = ',"signature":'

interface Signature { readonly scheme: string, readonly kid: string, readonly value: string }

/** One line of JSON. The document has a member at least. */
export function signStatement(key: SigningKey, document: object): string {
  const text = JSON.stringify(document)
  const signature: Signature = { scheme: STATEMENT_SCHEME, kid: key.kid, value: key.sign(signedText(key.kid, text)) }
  return `${text.slice(0, -1)}${SIGNATURE_MEMBER}${JSON.stringify(signature)}}`
}

export type StatementFault = 'NO_MESSAGE' | 'BAD_PROOF' | 'UNKNOWN_SCHEME' | 'UNKNOWN_KEY' | 'SIGNATURE_WRONG'

/** Whether a text is meant as a signed statement. */
export function isStatement(text: string): boolean { return signatureIn(text) !== undefined }

/** What is wrong with a statement as it came; undefined where it is signed by one of these keys. Throws nothing. */
export function checkStatement(text: string, keys: PublicKeys): StatementFault | undefined {
  const found = signatureIn(text)
  if (!found) return 'NO_MESSAGE'
  const { scheme, kid, value } = found.signature, key = typeof kid === 'string' ? keys.get(kid) : undefined
  if (typeof value !== 'string') return 'BAD_PROOF'
  if (scheme !== STATEMENT_SCHEME) return 'UNKNOWN_SCHEME'
  if (!key) return 'UNKNOWN_KEY'
  return verify(null, Buffer.from(signedText(kid!, found.text)), key, Buffer.from(value, 'base64')) ? undefined : 'SIGNATURE_WRONG'
}

function signedText(kid: string, text: string): string { return `${STATEMENT_SCHEME}\n${kid}\n${text}\n` }

function signatureIn(line: string): { readonly text: string, readonly signature: Partial<Signature> } | undefined {
  const text = line.trim(), at = text.lastIndexOf(SIGNATURE_MEMBER)
  if (at < 0 || !text.endsWith('}')) return undefined
  try {
    const signature = JSON.parse(text.slice(at + SIGNATURE_MEMBER.length, -1)) as unknown
    if (typeof signature !== 'object' || signature === null || !('value' in signature)) return undefined
    JSON.parse(text)
    return { text: `${text.slice(0, at)}}`, signature: signature as Partial<Signature> }
  } catch { return undefined }
}
