// The log in the state database: entries, what they hide, and each fourth level of the tree over them. What lies between is hashed again
// when it is asked for, 15 hashes at most: the tree costs a fifteenth of what it would take in full.
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Subtrees } from '#gateway/proof/paths.ts'
import { HASH_BYTES, nodeHash } from '#gateway/proof/tree.ts'
import { payloadHashOf, type Entry, type Opening } from '#gateway/transparency/entry.ts'

/** Levels from one that is kept to the next. */
export const LEVELS_APART = 4

export interface StoredEntry extends Entry, Partial<Opening> {
  readonly leaf: string
  /** Undefined of what was erased. */
  readonly ownerId?: string
  readonly readerId?: string
}

export interface Parties { readonly ownerId: string, readonly readerId: string | undefined }

const SELECT = `SELECT number, kind, minute, leaf, owner_id, reader_id, salt, payload, payload_hash FROM transparency_entries
  LEFT JOIN transparency_payloads USING (number) LEFT JOIN transparency_erased USING (number)`

export class Store {
  readonly #newest: StatementSync
  readonly #entry: StatementSync
  readonly #payload: StatementSync
  readonly #node: StatementSync
  readonly #leaves: StatementSync
  readonly #nodes: StatementSync
  readonly #range: StatementSync
  readonly #indexOf: StatementSync

  constructor(database: DatabaseSync) {
    this.#newest = database.prepare('SELECT max(number) AS number FROM transparency_entries')
    this.#entry = database.prepare('INSERT INTO transparency_entries VALUES (?, ?, ?, ?)')
    this.#payload = database.prepare('INSERT INTO transparency_payloads VALUES (?, ?, ?, ?, ?)')
    this.#node = database.prepare('INSERT INTO transparency_nodes VALUES (?, ?, ?)')
    this.#leaves = database.prepare('SELECT leaf AS hash FROM transparency_entries WHERE number BETWEEN ? AND ? ORDER BY number')
    this.#nodes = database.prepare('SELECT hash FROM transparency_nodes WHERE level = ? AND number BETWEEN ? AND ? ORDER BY number')
    this.#range = database.prepare(`${SELECT} WHERE number BETWEEN ? AND ? ORDER BY number`)
    this.#indexOf = database.prepare('SELECT number FROM transparency_entries WHERE substr(leaf, 1, 6) = substr(?1, 1, 6) AND leaf = ?1')
  }

  get size(): number { return Number(this.#newest.get()!['number'] ?? -1) + 1 }

  add({ index, kind, minute }: Entry, leaf: string, { salt, payload }: Opening, { ownerId, readerId }: Parties): void {
    this.#entry.run(index, kind, minute, bytesOf(leaf))
    this.#payload.run(index, ownerId, readerId ?? null, salt, payload)
  }

  addNode(level: number, number: number, hash: string): void {
    if (level % LEVELS_APART === 0) this.#node.run(level, number, bytesOf(hash))
  }

  /** Throws where a part of it is missing. */
  subtree: Subtrees = (level, number) => {
    const kept = level - level % LEVELS_APART, count = 2 ** (level - kept), from = number * count, to = from + count - 1
    let hashes = (kept === 0 ? this.#leaves.all(from, to) : this.#nodes.all(kept, from, to)).map(row => textOf(row['hash'] as Uint8Array))
    if (hashes.length !== count) throw new RangeError(`there is no whole subtree ${number} at level ${level}`)
    while (hashes.length > 1) hashes = hashes.flatMap((left, n) => n % 2 === 0 ? [nodeHash(left, hashes[n + 1]!)] : [])
    return hashes[0]!
  }

  /** Of the entry with this leaf. */
  indexOf(leaf: Uint8Array): number | undefined { return this.#indexOf.get(leaf)?.['number'] as number | undefined }

  /** Those from an index to another, both among them, in order. */
  *range(from: number, to: number): Iterable<StoredEntry> {
    for (const row of this.#range.iterate(from, to) as Iterable<unknown> as Iterable<Row>) yield entryOf(row)
  }
}

interface Row {
  readonly number: number
  readonly kind: string
  readonly minute: number
  readonly leaf: Uint8Array
  readonly owner_id: string | null
  readonly reader_id: string | null
  readonly salt: string | null
  readonly payload: string | null
  readonly payload_hash: Uint8Array | null
}

function entryOf({ number: index, kind, minute, leaf, owner_id, reader_id, salt, payload, payload_hash }: Row): StoredEntry {
  const payloadHash = payload_hash ? Buffer.from(payload_hash).toString('base64') : ''
  const entry = { index, kind, minute, payloadHash, leaf: textOf(leaf) }
  if (salt === null || payload === null || owner_id === null) return entry
  return { ...entry, payloadHash: payloadHash || payloadHashOf({ salt, payload }), salt, payload, ownerId: owner_id, ...reader_id !== null && { readerId: reader_id } }
}

/** A hash as the database has it. */
export function bytesOf(hash: string): Buffer { return Buffer.from(hash, 'latin1') }

/** Of whatever lies there: a blob of another length is another text. */
function textOf(bytes: Uint8Array): string { return Buffer.from(bytes).latin1Slice(0, Math.max(bytes.length, HASH_BYTES)) }
