// What stands in the transparency log: of each thing that happened its kind, the minute, and a salted hash of the rest. Nothing more: what was
// hashed can be erased, and the tree over the entries stays what it was.
import { hash } from 'node:crypto'
import { LEAF_PREFIX } from '#gateway/proof/tree.ts'

export const KINDS = ['consent', 'agreement', 'delivery', 'usage', 'posting', 'action'] as const
export type Kind = (typeof KINDS)[number]

/** Finer times would tell whoever reads the log when somebody is at home. The exact one is in the payload. */
export const MINUTE_MS = 60_000
/** Bytes of a payload: above any consent. */
export const PAYLOAD_BYTES_MAX = 1 << 18

/** Something that happened, for the log. */
export interface Fact {
  readonly kind: Kind
  /** In milliseconds since 1970. */
  readonly at: number
  /** Whose it is: they may read it, and with their erasure it goes. */
  readonly ownerId: string
  /** Who else it is about, and may read it. */
  readonly readerId?: string | undefined
  /** JSON: what happened. Amounts are texts. */
  readonly what: Readonly<Record<string, unknown>>
}

/** Takes a fact into the log, in the transaction that is open, and gives the number of its entry. */
export type Append = (fact: Fact) => number

/** An entry as everybody may have it. */
export interface Entry {
  /** From 0. */
  readonly index: number
  readonly kind: string
  /** When it was taken in, in milliseconds since 1970, without its seconds. */
  readonly minute: number
  /** SHA-256(salt ‖ payload), in base64. */
  readonly payloadHash: string
}

/** What opens a payload hash, for those whom the entry is about. */
export interface Opening {
  /** 24 characters, hashed as they are. */
  readonly salt: string
  readonly payload: string
}

export function minuteOf(milliseconds: number): number { return Math.floor(milliseconds / MINUTE_MS) * MINUTE_MS }

/** JSON text: the time and the parties first. */
export function payloadOf({ at, ownerId, readerId, what }: Fact): string { return JSON.stringify({ at, owner: ownerId, reader: readerId, ...what }) }

/** In base64. */
export function payloadHashOf({ salt, payload }: Opening): string { return hash('sha256', salt + payload, 'base64') }

const PREFIX = String.fromCharCode(LEAF_PREFIX)

/** The hash of an entry's leaf, over 0x00 and three lines, as a Tree wants it. */
export function leafOf({ kind, minute, payloadHash }: Omit<Entry, 'index'>): string {
  return hash('sha256', `${PREFIX}${kind}\n${minute}\n${payloadHash}\n`, 'binary')
}
