// Checks what was kept of a transparency log, by the public key alone: no network, no clock, no gateway.
import { verify } from 'node:crypto'
import { isConsistent } from '#gateway/proof/consistency.ts'
import { Frontier } from '#gateway/proof/frontier.ts'
import { headText, TRANSPARENCY_SCHEME, type SignedHead } from '#gateway/proof/head.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { rootOver } from '#gateway/proof/tree.ts'
import { parseEntry, type Consistency, type Document, type Inclusion, type LogStart, type OpenEntry } from '#gateway/transparency/documents.ts'
import { leafOf, payloadHashOf } from '#gateway/transparency/entry.ts'

export const LOG_FAULTS = {
  NO_ENTRY: 'this is no entry of a log, written as the gateway writes it',
  UNKNOWN_SCHEME: 'its head is of a kind that is not known here',
  UNKNOWN_KEY: 'none of the keys given has signed the head',
  SIGNATURE_WRONG: 'the signature is not by this key, or the head was changed',
  ENTRY_MISSING: 'an entry before this one is missing, or is elsewhere',
  PAYLOAD_CHANGED: 'this payload, or its salt, is not what stands in the log',
  ENTRIES_MISSING: 'the log ends before its head does',
  ENTRIES_LEFT: 'there is more than what the head was signed over',
  TREE_CHANGED: 'the entries are not those over which the head was signed: one of them was changed',
  PATH_WRONG: 'the entry, or the path, is not what the head was signed over',
  LOG_CUT: 'the log is shorter than a head that was kept: entries were cut off, or it is another\'s',
  LOG_REWRITTEN: 'the log has not grown out of a head that was kept: something before it was changed',
  NOT_GROWN: 'the second head is not what the first one has grown into: the log was rewritten, or the path is another',
} as const
export type LogFault = keyof typeof LOG_FAULTS

export function checkHead(head: SignedHead, keys: PublicKeys): LogFault | undefined {
  const key = keys.get(head.kid)
  if (head.scheme !== TRANSPARENCY_SCHEME) return 'UNKNOWN_SCHEME'
  if (!key) return 'UNKNOWN_KEY'
  return verify(null, Buffer.from(headText(head)), key, Buffer.from(head.signature, 'base64')) ? undefined : 'SIGNATURE_WRONG'
}

/** Of a document that is one line; of a log, see `LogVerifier`. */
export function checkDocument(document: Exclude<Document, { readonly kind: 'log' }>, keys: PublicKeys): LogFault | undefined {
  switch (document.kind) {
    case 'head': return checkHead(document.head, keys)
    case 'inclusion': return checkInclusion(document.inclusion, keys)
    case 'consistency': return checkConsistency(document.consistency, keys)
  }
}

function checkInclusion({ head, entry, path }: Inclusion, keys: PublicKeys): LogFault | undefined {
  const fault = checkHead(head, keys) ?? checkOpening(entry)
  if (fault) return fault
  return rootOver(leafOf(entry), entry.index, head.size, Buffer.from(path, 'base64')) === head.root ? undefined : 'PATH_WRONG'
}

function checkConsistency({ first, second, path }: Consistency, keys: PublicKeys): LogFault | undefined {
  return checkHead(first, keys) ?? checkHead(second, keys) ?? (isConsistent(first, second, Buffer.from(path, 'base64')) ? undefined : 'NOT_GROWN')
}

function firstFault(heads: readonly SignedHead[], keys: PublicKeys): LogFault | undefined {
  for (const head of heads) {
    const fault = checkHead(head, keys)
    if (fault) return fault
  }
  return undefined
}

function checkOpening({ salt, payload, payloadHash }: OpenEntry): LogFault | undefined {
  const isOpen = salt !== undefined && payload !== undefined
  return isOpen && payloadHashOf({ salt, payload }) !== payloadHash ? 'PAYLOAD_CHANGED' : undefined
}

/** A whole log, an entry after the other; each stands in a line as it was written. */
export class LogVerifier {
  readonly #start: LogStart
  readonly #frontier = new Frontier()
  readonly #headFault: LogFault | undefined
  readonly #kept: readonly SignedHead[]
  #opened = 0
  #isBroken = false
  #isRewritten = false

  /** `kept`: heads that somebody kept, out of each of which the log has to have grown. */
  constructor(start: LogStart, keys: PublicKeys, kept: readonly SignedHead[] = []) {
    this.#start = start
    this.#kept = kept
    this.#headFault = checkHead(start.head, keys) ?? firstFault(kept, keys) ?? (start.entries === start.head.size ? undefined : 'ENTRIES_MISSING')
    this.#compare()
  }

  /** Of the first line. */
  get headFault(): LogFault | undefined { return this.#headFault }
  get entries(): number { return this.#frontier.size }
  /** Entries of which it was looked at what they hide. */
  get opened(): number { return this.#opened }

  /** What is wrong with the next line. Throws nothing. */
  add(line: string): LogFault | undefined {
    const entry = parseEntry(line), fault = entry ? this.#faultOf(entry) : 'NO_ENTRY'
    if (fault) this.#isBroken = true
    if (entry) this.#frontier.add(leafOf(entry))
    this.#compare()
    return fault
  }

  /** What is wrong with all of it, when each line by itself was right. */
  end(): LogFault | undefined {
    if (this.#isBroken) return undefined
    if (this.#frontier.size < this.#start.head.size) return 'ENTRIES_MISSING'
    if (btoa(this.#frontier.root) !== this.#start.head.root) return 'TREE_CHANGED'
    if (this.#isRewritten) return 'LOG_REWRITTEN'
    return this.#kept.some(({ size }) => size > this.#frontier.size) ? 'LOG_CUT' : undefined
  }

  #compare(): void { this.#isRewritten ||= this.#kept.some(({ size, root }) => size === this.#frontier.size && root !== btoa(this.#frontier.root)) }

  #faultOf(entry: OpenEntry): LogFault | undefined {
    if (this.#frontier.size >= this.#start.head.size) return 'ENTRIES_LEFT'
    if (entry.index !== this.#frontier.size) return 'ENTRY_MISSING'
    const fault = checkOpening(entry)
    if (!fault && entry.payload !== undefined) this.#opened++
    return fault
  }
}
