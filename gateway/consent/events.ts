// Consent events: a hash chain that is only ever appended to, over salted payloads: one can be erased, and the chain still verifies.
import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '#gateway/errors.ts'
import { transaction } from '#gateway/state/database.ts'
import type { Append, Fact } from '#gateway/transparency/entry.ts'

export interface Given {
  readonly type: 'given'
  readonly consentId: string
  readonly ownerId: string
  readonly at: number
  readonly streamId: string
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  readonly until?: number
  readonly keep?: string
}
export interface Withdrawn { readonly type: 'withdrawn', readonly consentId: string, readonly ownerId: string, readonly at: number }
export type ConsentEvent = Given | Withdrawn
/** What is left of an event whose payload was erased. */
export interface Erased { readonly type: 'erased', readonly consentId: string }

/** Where an event stands in the chain: sequence numbers count from 1, `hash` is that of the chain up to the event. */
export interface Link { readonly sequence: number, readonly hash: Buffer }

const SALT_BYTES = 16
const GENESIS: Link = { sequence: 0, hash: Buffer.alloc(32) }

export class ConsentEvents {
  readonly #database: DatabaseSync
  readonly #appendToLog: Append | undefined
  #head = GENESIS

  /** `appendToLog`: takes each event into the transparency log, in the same transaction. */
  constructor(database: DatabaseSync, appendToLog?: Append) {
    this.#database = database
    this.#appendToLog = appendToLog
  }

  /** Appends an event about an owner and a recipient. When this returns it is on disk; when it throws it never was. */
  append(event: ConsentEvent, recipient?: string): Link {
    const salt = randomBytes(SALT_BYTES), payload = JSON.stringify(event), payloadHash = sha256(salt, payload)
    const link = { sequence: this.#head.sequence + 1, hash: sha256(this.#head.hash, payloadHash) }
    transaction(this.#database, () => {
      this.#database.prepare('INSERT INTO consent_events VALUES (?, ?, ?, ?)').run(link.sequence, event.consentId, payloadHash, link.hash)
      this.#database.prepare('INSERT INTO consent_payloads VALUES (?, ?, ?, ?)').run(link.sequence, event.ownerId, salt, payload)
      this.#appendToLog?.(factOf(event, link, recipient))
    })
    return this.#head = link
  }

  /** Gives all events in order, each checked. To be called once, before any is appended. Throws UNAVAILABLE where the chain is broken. */
  load(each: (event: ConsentEvent | Erased, link: Link) => void): void {
    this.#head = this.#walk(each)
  }

  /** Checks the chain on disk, up to the event that was appended last, and counts its events. Throws UNAVAILABLE where it is broken. */
  verify(): number {
    const { sequence, hash } = this.#walk(() => {})
    const isWhole = sequence === this.#head.sequence && hash.equals(this.#head.hash)
    if (!isWhole) throw broken(sequence + 1, 'the newest events are not those that were appended')
    return sequence
  }

  #walk(each: (event: ConsentEvent | Erased, link: Link) => void): Link {
    const rows = this.#database.prepare(`SELECT events.seq, consent_id, payload_hash, hash, owner_id, salt, payload
      FROM consent_events AS events LEFT JOIN consent_payloads USING (seq) ORDER BY events.seq`)
    let last = GENESIS
    for (const row of rows.iterate() as Iterable<unknown> as Iterable<Row>) {
      last = next(last, row)
      each(eventOf(row), last)
    }
    return last
  }
}

/** For the log: which event of the chain, whose hash stands for the rest of it. */
function factOf({ type, consentId, ownerId, at }: ConsentEvent, { sequence, hash }: Link, readerId: string | undefined): Fact {
  return { kind: 'consent', at, ownerId, readerId, what: { consentId, type, sequence, eventHash: hash.toString('hex') } }
}

interface Row {
  readonly seq: number
  readonly consent_id: string
  readonly payload_hash: Uint8Array
  readonly hash: Uint8Array
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

function eventOf({ seq, consent_id, payload_hash, owner_id, salt, payload }: Row): ConsentEvent | Erased {
  if (salt === null || payload === null) return { type: 'erased', consentId: consent_id }
  if (!sha256(salt, payload).equals(payload_hash)) throw broken(seq, 'its payload was changed')
  const event = JSON.parse(payload) as ConsentEvent
  if (event.consentId !== consent_id || event.ownerId !== owner_id) throw broken(seq, 'its payload belongs to another consent or owner')
  return event
}

function broken(sequence: number, why: string): GatewayError {
  const problem = `The chain of consent events is broken at event ${sequence}: ${why}`
  return new GatewayError('UNAVAILABLE', `${problem}. Restore the state database from a backup.`)
}

function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
