// The whole log of a database held against itself: each entry against what it hides, the tree against the entries, the head against the tree.
import type { DatabaseSync } from 'node:sqlite'
import { Frontier } from '#gateway/proof/frontier.ts'
import type { SignedHead } from '#gateway/proof/head.ts'
import type { PublicKeys } from '#gateway/proof/public-keys.ts'
import { broken } from '#gateway/transparency/broken.ts'
import { leafOf, minuteOf } from '#gateway/transparency/entry.ts'
import { checkSignature, readHead } from '#gateway/transparency/head-row.ts'
import { bytesOf, LEVELS_APART, Store, type StoredEntry } from '#gateway/transparency/store.ts'

export interface Audited {
  readonly entries: number
  readonly erased: number
}

/** Rows that entries of some kinds tell of. */
export interface Book {
  readonly kinds: readonly string[]
  /** The next entry of these kinds. Throws where what is behind it is another. */
  entry(entry: StoredEntry): void
  /** That were all. Throws where there are rows of which no entry tells. */
  end(): void
}

export interface AuditOptions {
  /** By which heads are signed; where none is given, they are held against the tree only. */
  readonly keys?: PublicKeys | undefined
  /** Heads that somebody kept: the log has to have grown out of each. */
  readonly kept?: readonly SignedHead[]
  /** What the entries are held against. */
  readonly books?: readonly Book[]
}

/**
 * Reads all of it: up to half a minute for a million entries. Throws UNAVAILABLE where anything is not as it was written, as far as a hash or a
 * signature can tell.
 */
export function audit(database: DatabaseSync, { keys = new Map(), kept = [], books = [] }: AuditOptions = {}): Audited {
  const newest = readHead(database), heads = [...newest ? [{ head: newest, name: 'the newest head' }] : [], ...kept.map(head => ({ head, name: 'a head that was kept' }))], frontier = new Frontier(), node = database.prepare('SELECT hash FROM transparency_nodes WHERE level = ? AND number = ?')
  const bookOf = new Map(books.flatMap(book => book.kinds.map(kind => [kind, book] as const)))
  let erased = 0, nodes = 0
  const grown = (level: number, number: number, hash: string): void => {
    if (level % LEVELS_APART !== 0) return
    nodes++
    if (!bytesOf(hash).equals(node.get(level, number)?.['hash'] as Uint8Array | undefined ?? bytesOf(''))) throw broken(undefined, `node ${number} at level ${level} is not over the entries`)
  }
  const checkRoots = (): void => { for (const { head, name } of heads) if (frontier.size === head.size && btoa(frontier.root) !== head.root) throw broken(undefined, `its tree is not that of ${name}`) }
  if (keys.size > 0) for (const { head, name } of heads) checkSignature(head, keys, name)
  checkRoots()
  for (const entry of new Store(database).range(0, Number.MAX_SAFE_INTEGER)) {
    checkEntry(entry, frontier.size)
    if (entry.payload === undefined) erased++
    frontier.add(entry.leaf, grown)
    checkRoots()
    bookOf.get(entry.kind)?.entry(entry)
  }
  for (const { head, name } of heads) if (head.size > frontier.size) throw broken(frontier.size, `it is missing, and ${name} was signed over it`)
  checkCounts(database, { nodes, erased, payloads: frontier.size - erased })
  for (const book of books) book.end()
  return { entries: frontier.size, erased }
}

function checkEntry({ index, kind, minute, payloadHash, payload, leaf, ownerId, readerId }: StoredEntry, expected: number): void {
  if (index !== expected) throw broken(expected, 'it is missing')
  if (payloadHash === '') throw broken(index, 'what it hides is neither there nor erased')
  if (minute !== minuteOf(minute) || leafOf({ kind, minute, payloadHash }) !== leaf) throw broken(index, 'it is not what was hashed')
  if (payload === undefined) return
  const { owner, reader } = JSON.parse(payload) as { readonly owner?: string, readonly reader?: string }
  if (owner !== ownerId || reader !== readerId) throw broken(index, 'it is said to be about others')
}

/** Nothing lies there that belongs to no entry. */
function checkCounts(database: DatabaseSync, expected: Readonly<Record<'nodes' | 'payloads' | 'erased', number>>): void {
  for (const [name, count] of Object.entries(expected)) {
    const found = Number(database.prepare(`SELECT count(*) AS found FROM transparency_${name}`).get()!['found'])
    if (found !== count) throw broken(undefined, `there are ${found} ${name} where ${count} belong`)
  }
}
