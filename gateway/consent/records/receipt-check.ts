// Checks receipts as somebody kept them: by the gateway's public key alone, no network, no clock, no gateway.
import { isDeepStrictEqual } from 'node:util'
import { missingIn } from '#gateway/consent/records/profile.ts'
import { RECEIPT_TYPE } from '#gateway/consent/records/receipt-type.ts'
import { isJws, openJws } from '#gateway/proof/jws.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'

export const RECEIPT_FAULTS = {
  NO_JWS: 'its signature is none',
  UNKNOWN_KEY: 'none of the keys given has signed it',
  SIGNATURE_WRONG: 'the signature is not by this key, or the receipt was changed',
  RECEIPT_CHANGED: 'it does not say what was signed',
  RECORD_INCOMPLETE: 'its record lacks a mandatory field',
} as const
export type ReceiptFault = keyof typeof RECEIPT_FAULTS

/** Whether a line is to be checked here: a signed receipt, alone or with what it says beside it, or a list of them. */
export function isReceipts(line: string): boolean {
  const text = line.trim()
  return isJws(text) || receiptsIn(text) !== undefined
}

/** What is wrong with each receipt of a line; undefined where nothing is. */
export function checkReceipts(line: string, keys: PublicKeys): readonly (ReceiptFault | undefined)[] {
  const text = line.trim()
  return isJws(text) ? [checkJws(text, undefined, keys)] : receiptsIn(text)!.map(({ jws, ...said }) => checkJws(jws, said, keys))
}

interface Kept { readonly jws: string, readonly [member: string]: unknown }

/** `said`: what stood beside the signature. */
function checkJws(jws: string, said: object | undefined, keys: PublicKeys): ReceiptFault | undefined {
  const opened = openJws(jws, RECEIPT_TYPE, keys)
  if (typeof opened === 'string') return opened
  const { document, ...signed } = opened.payload as { document?: unknown }
  if (said !== undefined && !isDeepStrictEqual(said, signed)) return 'RECEIPT_CHANGED'
  return isWhole(document) ? undefined : 'RECORD_INCOMPLETE'
}

function isWhole(document: unknown): boolean {
  try { return missingIn(document).length === 0 } catch { return false }
}

/** What a command printed: a receipt, an answer with one in it, or a list of either. */
function receiptsIn(text: string): readonly Kept[] | undefined {
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined
  let value: unknown
  try { value = JSON.parse(text) } catch { return undefined }
  const found = [value].flat().map(each => (each as { receipt?: unknown } | null)?.receipt ?? each)
  return found.length > 0 && found.every(isKept) ? found : undefined
}

function isKept(value: unknown): value is Kept { return typeof value === 'object' && value !== null && typeof (value as Kept).jws === 'string' && (value as Kept)['type'] === 'ConsentReceipt' }
