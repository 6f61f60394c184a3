// The transparency log: a tree of hashes over all that the gateway has to answer for, only ever appended to, in the same transaction as what
// it tells of. Whoever keeps a signed head can later be shown that nothing before it was changed, and what stands where.
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { Frontier } from '#gateway/proof/frontier.ts'
import { headText, TRANSPARENCY_SCHEME, type SignedHead } from '#gateway/proof/head.ts'
import { newSalt } from '#gateway/proof/leaf.ts'
import { consistencyPath, inclusionPath, rootOf } from '#gateway/proof/paths.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { transaction } from '#gateway/state/database.ts'
import { leafOf, minuteOf, payloadHashOf, payloadOf, PAYLOAD_BYTES_MAX, type Append, type Entry, type Kind, type Opening } from '#gateway/transparency/entry.ts'
import { HEAD_FILE, readHeadFile, writeHeadFile } from '#gateway/transparency/head-file.ts'
import { checkSignature, readHead, writeHead } from '#gateway/transparency/head-row.ts'
import { broken } from '#gateway/transparency/broken.ts'
import { bytesOf, Store } from '#gateway/transparency/store.ts'

export interface TransparencyLogOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly key: SigningKey
  /** Where the newest head is kept beside the database; left out: nowhere. */
  readonly directory?: string
}

/** An entry as a party may have it: opened where it is about them. */
export type VisibleEntry = Entry & Partial<Opening>

export class TransparencyLog {
  readonly #options: TransparencyLogOptions
  readonly #store: Store
  #frontier: Frontier
  #head: SignedHead | undefined

  /** Throws UNAVAILABLE where what is there is not what the newest head was signed over. In time that hardly grows with the log. */
  constructor(options: TransparencyLogOptions) {
    this.#options = options
    this.#store = new Store(options.database)
    this.#head = readHead(options.database)
    this.#frontier = this.#load()
    if (this.#head) this.#checkHead(this.#head, 'the newest head')
    const kept = options.directory === undefined ? undefined : readHeadFile(options.directory)
    if (kept) this.#checkHead(kept, `the head in ${HEAD_FILE}`)
    if (this.#head && this.#head.signature !== kept?.signature) this.#keep(this.#head)
  }

  get size(): number { return this.#store.size }

  /** Takes a fact in, in the transaction that is open: it is in the log when that is committed, and was never there when it is not. */
  append: Append = fact => {
    const { database, clock } = this.#options
    if (!database.isTransaction) throw new Error('What the log tells of is written in the same transaction')
    const frontier = this.#current(), opening = { salt: newSalt(), payload: payloadOf(fact) }
    if (Buffer.byteLength(opening.payload) > PAYLOAD_BYTES_MAX) throw new RangeError(`A payload of the log has more than ${PAYLOAD_BYTES_MAX} bytes`)
    const entry = { index: frontier.size, kind: fact.kind, minute: minuteOf(clock.now()), payloadHash: payloadHashOf(opening) }, leaf = leafOf(entry)
    this.#store.add(entry, leaf, opening, { ownerId: fact.ownerId, readerId: fact.readerId })
    frontier.add(leaf, (level, number, hash) => this.#store.addNode(level, number, hash))
    return entry.index
  }

  /** The newest head. It is signed when somebody asks for it, once for each size, and kept: what was told to anybody is known here. */
  head(): SignedHead {
    const { database, clock, key } = this.#options, { size, root } = this.#current()
    if (database.isTransaction) throw new Error('A head is signed over what is on disk')
    if (this.#head?.size === size && this.#head.kid === key.kid) return this.#head
    const head = { scheme: TRANSPARENCY_SCHEME, kid: key.kid, time: clock.now(), size, root: btoa(root) }
    const signed = { ...head, signature: key.sign(headText(head)) }
    writeHead(database, signed)
    this.#keep(signed)
    return this.#head = signed
  }

  /** In base64, at a size that the log has or had. */
  rootAt(size: number): string { return btoa(rootOf(this.#store.subtree, this.#within(size))) }

  /** The way from an entry to the root at a size. Throws NOT_FOUND for an entry that was not there. */
  inclusion(index: number, size: number): { readonly leaf: string, readonly path: string } {
    if (!(index < this.#within(size))) throw new GatewayError('NOT_FOUND', `The log of size ${size} has no entry ${index}.`)
    return { leaf: btoa(this.#store.subtree(0, index)), path: btoa(inclusionPath(this.#store.subtree, index, size)) }
  }

  /** What shows that the log of one size is the beginning of that of another, in base64. */
  consistency(first: number, second: number): string {
    if (first > this.#within(second)) throw new GatewayError('BAD_REQUEST', 'The log does not shrink: the first size is at most the second.')
    return btoa(consistencyPath(this.#store.subtree, first, second))
  }

  /** The entry with a leaf; undefined where there is none. */
  indexOf(leaf: Uint8Array): number | undefined { return this.#store.indexOf(leaf) }

  /** So many entries from an index on, opened where they are about this party. */
  entries(from: number, count: number, partyId?: string): readonly VisibleEntry[] {
    return Array.from(this.#store.range(from, from + count - 1), ({ index, kind, minute, payloadHash, salt, payload, ownerId, readerId }) => {
      const isTheirs = partyId !== undefined && salt !== undefined && payload !== undefined && [ownerId, readerId].includes(partyId)
      return { index, kind, minute, payloadHash, ...isTheirs && { salt, payload } }
    })
  }

  /**
   * Erases what all entries hide that are a party's or name them, and the salts: their hashes are noise from then on, and the tree verifies as before. In the
   * transaction that is open, or in one of its own. Gives how many it were.
   */
  erase(partyId: string): number { return this.#erase('owner_id = :partyId OR reader_id = :partyId', { partyId }) }

  /** The same of entries of a kind that tell a value under a name. */
  eraseTold(kind: Kind, name: string, value: string | number): number {
    return this.#erase("number IN (SELECT number FROM transparency_entries WHERE kind = :kind) AND json_extract(payload, '$.' || :name) = :value", { kind, name, value })
  }

  #erase(where: string, named: Readonly<Record<string, string | number>>): number {
    const { database } = this.#options
    const work = (): number => {
      const theirs = database.prepare(`SELECT number, salt, payload FROM transparency_payloads WHERE ${where}`)
      const keep = database.prepare('INSERT INTO transparency_erased VALUES (?, ?)')
      for (const { number, salt, payload } of theirs.iterate(named) as Iterable<unknown> as Iterable<Opening & { readonly number: number }>) {
        keep.run(number, Buffer.from(payloadHashOf({ salt, payload }), 'base64'))
      }
      return Number(database.prepare(`DELETE FROM transparency_payloads WHERE ${where}`).run(named).changes)
    }
    return database.isTransaction ? work() : transaction(database, work)
  }

  /** The right edge as the database has it: a transaction that was taken back has taken its entries with it. */
  #current(): Frontier {
    if (this.#frontier.size !== this.#store.size) this.#frontier = this.#load()
    return this.#frontier
  }

  #load(): Frontier {
    try {
      return Frontier.of(this.#store.subtree, this.#store.size)
    } catch (error) {
      throw broken(undefined, (error as Error).message)
    }
  }

  #keep(head: SignedHead): void {
    if (this.#options.directory !== undefined) writeHeadFile(this.#options.directory, head)
  }

  #checkHead(head: SignedHead, name: string): void {
    const { kid, jwk } = this.#options.key, { size, root } = head
    if (head.kid === kid) checkSignature(head, parsePublicKeys(JSON.stringify(jwk)), name)
    if (size > this.#store.size) throw broken(this.#store.size, `it is missing, and ${name} was signed over it`)
    if (!bytesOf(atob(root)).equals(bytesOf(rootOf(this.#store.subtree, size)))) throw broken(undefined, `its tree is not that of ${name}`)
  }

  #within(size: number): number {
    if (size <= this.#store.size) return size
    throw new GatewayError('NOT_FOUND', `The log has ${this.#store.size} entries.`)
  }
}
