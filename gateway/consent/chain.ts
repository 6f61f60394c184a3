// The chain of consent events as it is on disk: each event in its order, checked. It needs no key of its own: the public ones are beside it.
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { ConsentEvent, Erased, Link, Recorded } from '#gateway/consent/events.ts'
import { isLinkSigned } from '#gateway/consent/link.ts'
import { GatewayError } from '#gateway/errors.ts'
import { publicKeyOf, type PublicKeys } from '#gateway/proof/public-keys.ts'

const GENESIS: Link = { sequence: 0, hash: Buffer.alloc(32) }
const SELECT = `SELECT events.seq, consent_id, payload_hash, hash, kid, signature, owner_id, salt, payload
  FROM consent_events AS events LEFT JOIN consent_payloads USING (seq)`

export class ConsentChain {
  protected readonly database: DatabaseSync
  protected head = GENESIS

  constructor(database: DatabaseSync) { this.database = database }

  /**
   * Gives all events in order, each checked. To be called once, before any is appended. Throws UNAVAILABLE where the chain is broken, or its
   * newest signature is wrong: that one speaks for all that is before it. The others are for `verify`.
   */
  load(each: (event: ConsentEvent | Erased, link: Link) => void): void {
    let newest: Row | undefined
    this.head = this.#walk((row, link) => {
      if (row.signature !== null) newest = row
      each(eventOf(row), link)
    })
    if (newest) checkSignature(newest, this.#keys())
  }

  /** Checks chain and signatures on disk, up to the event that was appended last, and counts events. Throws UNAVAILABLE where they are broken. */
  verify(): number {
    const { sequence, hash } = this.#verify()
    const isWhole = sequence === this.head.sequence && hash.equals(this.head.hash)
    if (!isWhole) throw broken(sequence + 1, 'the newest events are not those that were appended')
    return sequence
  }

  /** The events of one consent, in order. */
  of(consentId: string): readonly Recorded[] {
    const rows = this.database.prepare(`${SELECT} WHERE consent_id = ? ORDER BY events.seq`).all(consentId) as unknown as Row[]
    return rows.map(row => ({ event: eventOf(row), link: { sequence: row.seq, hash: Buffer.from(row.hash) } }))
  }

  #verify(): Link {
    const keys = this.#keys()
    return this.#walk(row => { eventOf(row); if (row.signature !== null) checkSignature(row, keys) })
  }

  /** Of this gateway's keys those that have signed here. */
  #keys(): PublicKeys {
    const rows = this.database.prepare('SELECT kid, x FROM signing_keys').all() as { kid: string, x: string }[]
    return new Map(rows.map(({ kid, x }) => [kid, publicKeyOf(x)]))
  }

  #walk(each: (row: Row, link: Link) => void): Link {
    const unsigned = unsignedIn(this.database)
    let last = GENESIS
    for (const row of this.database.prepare(`${SELECT} ORDER BY events.seq`).iterate() as Iterable<unknown> as Iterable<Row>) {
      last = next(last, row)
      if ((row.signature === null || row.kid === null) && row.seq > unsigned) throw broken(row.seq, 'it is not signed')
      each(row, last)
    }
    return last
  }
}

/** How many events are older than signatures. */
function unsignedIn(database: DatabaseSync): number {
  return Number(database.prepare("SELECT value FROM meta WHERE key = 'unsigned_consent_events'").get()?.['value'] ?? 0)
}

interface Row {
  readonly seq: number
  readonly consent_id: string
  readonly payload_hash: Uint8Array
  readonly hash: Uint8Array
  readonly kid: string | null
  readonly signature: Uint8Array | null
  readonly owner_id: string | null
  readonly salt: Uint8Array | null
  readonly payload: string | null
}

function next(last: Link, { seq, payload_hash, hash }: Row): Link {
  if (seq !== last.sequence + 1) throw broken(last.sequence + 1, 'it is missing')
  const link = { sequence: seq, hash: sha256(last.hash, payload_hash) }
  if (!link.hash.equals(hash)) throw broken(seq, 'its hash does not follow from the one before')
  return link
}

function checkSignature({ seq, hash, kid, signature }: Row, keys: PublicKeys): void {
  const key = keys.get(kid!), link = { sequence: seq, hash: Buffer.from(hash) }
  if (!key || !isLinkSigned(link, kid!, signature!, key)) throw broken(seq, 'its signature is not by this gateway')
}

function eventOf({ seq, consent_id, payload_hash, owner_id, salt, payload }: Row): ConsentEvent | Erased {
  if (salt === null || payload === null) return { type: 'erased', consentId: consent_id }
  if (!sha256(salt, payload).equals(payload_hash)) throw broken(seq, 'its payload was changed')
  const event = JSON.parse(payload) as ConsentEvent
  if (event.consentId !== consent_id || event.ownerId !== owner_id) throw broken(seq, 'its payload belongs to another consent or owner')
  return event
}

/** What is wrong with the chain at one of its events. */
export function broken(sequence: number, why: string): GatewayError {
  const problem = `The chain of consent events is broken at event ${sequence}: ${why}`
  return new GatewayError('UNAVAILABLE', `${problem}. Restore the state database from a backup.`)
}

export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
