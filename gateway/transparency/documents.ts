// What leaves the log as a file, a line of JSON each: a head, an entry with its way up, two heads with the way between them, or the whole log.
// A line is the JSON of what was read from it, byte for byte: there is one way to write it, and no byte that nobody looks at.
import { bytesOf, isCount, parseHead } from '#gateway/proof/proof.ts'
import type { SignedHead } from '#gateway/proof/head.ts'
import { CONSISTENCY_HASHES_MAX } from '#gateway/proof/consistency.ts'
import { SALT } from '#gateway/proof/leaf.ts'
import { HASH_BYTES } from '#gateway/proof/tree.ts'
import type { Entry, Opening } from '#gateway/transparency/entry.ts'

export type OpenEntry = Entry & Partial<Opening>
export interface Inclusion { readonly head: SignedHead, readonly entry: OpenEntry, readonly path: string }
export interface Consistency { readonly first: SignedHead, readonly second: SignedHead, readonly path: string }
/** The first line of a whole log; the entries follow, from 0. */
export interface LogStart { readonly entries: number, readonly head: SignedHead }

export type Document =
  | { readonly kind: 'head', readonly head: SignedHead }
  | { readonly kind: 'inclusion', readonly inclusion: Inclusion }
  | { readonly kind: 'consistency', readonly consistency: Consistency }
  | { readonly kind: 'log', readonly start: LogStart }

/** What a first line begins, of whatever origin; undefined where it is none of these, or not written as they are. */
export function parseDocument(line: string): Document | undefined {
  const value = parsed(line)
  if (!value) return undefined
  if ('entries' in value) return written(line, startOf(value), start => ({ kind: 'log', start }))
  if ('entry' in value) return written(line, inclusionOf(value), inclusion => ({ kind: 'inclusion', inclusion }))
  if ('first' in value) return written(line, consistencyOf(value), consistency => ({ kind: 'consistency', consistency }))
  return written(line, parseHead(value), head => ({ kind: 'head', head }))
}

/** An entry of a whole log. */
export function parseEntry(line: string): OpenEntry | undefined { return written(line, entryOf(parsed(line)), entry => entry) }

type Fields = Readonly<Record<string, unknown>>

function parsed(text: string): Fields | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isFields(value: unknown): value is Fields { return typeof value === 'object' && value !== null }

function written<T extends object, D>(line: string, value: T | undefined, as: (value: T) => D): D | undefined {
  return value && JSON.stringify(value) === line ? as(value) : undefined
}

function startOf({ entries, head }: Fields): LogStart | undefined {
  const signed = parseHead(head)
  return isCount(entries) && signed ? { entries, head: signed } : undefined
}

function inclusionOf({ head, entry, path }: Fields): Inclusion | undefined {
  const signed = parseHead(head), open = entryOf(entry)
  return signed && open && isPath(path) ? { head: signed, entry: open, path } : undefined
}

function consistencyOf({ first, second, path }: Fields): Consistency | undefined {
  const older = parseHead(first), newer = parseHead(second)
  return older && newer && isPath(path) ? { first: older, second: newer, path } : undefined
}

function isPath(path: unknown): path is string { return bytesOf(path, CONSISTENCY_HASHES_MAX * HASH_BYTES) !== undefined }

const KIND = /^[a-z]{1,32}$/

function entryOf(value: unknown): OpenEntry | undefined {
  if (!isFields(value)) return undefined
  const { index, kind, minute, payloadHash, salt, payload } = value
  if (!isCount(index) || typeof kind !== 'string' || !KIND.test(kind) || !isCount(minute)) return undefined
  if (bytesOf(payloadHash, HASH_BYTES)?.length !== HASH_BYTES) return undefined
  const entry = { index, kind, minute, payloadHash: payloadHash as string }
  if (salt === undefined && payload === undefined) return entry
  return typeof salt === 'string' && SALT.test(salt) && typeof payload === 'string' ? { ...entry, salt, payload } : undefined
}
