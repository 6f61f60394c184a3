// Consent events: a hash chain that is only ever appended to, over salted payloads: one can be erased, and the chain still verifies. Each
// link is signed; a signature speaks for everything that is before it.
import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { ConsentChain, sha256 } from '#gateway/consent/chain.ts'
import { linkText } from '#gateway/consent/link.ts'
import type { NoticeRef } from '#gateway/consent/notices/notices.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { transaction } from '#gateway/state/database.ts'
import type { Fact } from '#gateway/transparency/entry.ts'

interface Common {
  readonly consentId: string
  readonly ownerId: string
  readonly at: number
  /** The party that did it; left out: the owner. */
  readonly by?: string
}
/** What a consent is about. */
export interface Terms {
  readonly streamId: string
  readonly recipient: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  readonly transforms?: readonly string[]
  readonly until?: number
  readonly keep?: string
  /** As a grant has them. */
  readonly kind?: 'prohibition'
  readonly countries?: readonly string[]
  readonly onward?: true
  readonly explicit?: true
  readonly notBefore?: number
}
/** Somebody asks for a consent: their terms, with themselves as the recipient. */
export interface Requested extends Common, Terms {
  readonly type: 'requested'
  readonly offerId?: string
}
export interface Given extends Common, Terms {
  readonly type: 'given'
  /** Left out in events that are older than notices. */
  readonly notice?: NoticeRef
}
export interface Renewed extends Common { readonly type: 'renewed', readonly until?: number, readonly notice: NoticeRef }
/** What needs no more than to be said, or a reason. */
export interface Said extends Common {
  readonly type: 'deferred' | 'refused' | 'withdrawn' | 'revoked' | 'expired' | 'invalidated'
  readonly reason?: string
}
export type ConsentEvent = Requested | Given | Renewed | Said
/** What is left of an event whose payload was erased. */
export interface Erased { readonly type: 'erased', readonly consentId: string }

/** Where an event stands in the chain: sequence numbers count from 1, `hash` is that of the chain up to the event. */
export interface Link { readonly sequence: number, readonly hash: Buffer }

/** An event with its place in the chain. */
export interface Recorded { readonly event: ConsentEvent | Erased, readonly link: Link }

const SALT_BYTES = 16

export class ConsentEvents extends ConsentChain {
  readonly #key: SigningKey
  readonly #onAppend: ((event: ConsentEvent, link: Link) => void) | undefined

  /** `onAppend`: told of each event, in the same transaction. */
  constructor(database: DatabaseSync, key: SigningKey, onAppend?: (event: ConsentEvent, link: Link) => void) {
    super(database)
    this.#key = key
    this.#onAppend = onAppend
  }

  /** Appends an event. When this returns it is on disk; when it throws it never was. */
  append(event: ConsentEvent): Link { return this.appendAll([event])[0]! }

  /** Appends events in one transaction: all of them, or none. */
  appendAll(events: readonly ConsentEvent[]): readonly Link[] {
    const links: Link[] = []
    transaction(this.database, () => {
      this.database.prepare('INSERT OR IGNORE INTO signing_keys VALUES (?, ?)').run(this.#key.kid, this.#key.jwk.x)
      for (const event of events) links.push(this.#insert(event, links.at(-1) ?? this.head))
    })
    this.head = links.at(-1) ?? this.head
    return links
  }

  #insert(event: ConsentEvent, last: Link): Link {
    if (event.type === 'given' && event.notice === undefined) throw new GatewayError('BAD_REQUEST', 'A consent without a notice is no consent.')
    const salt = randomBytes(SALT_BYTES), payload = JSON.stringify(event), payloadHash = sha256(salt, payload), { kid } = this.#key
    const link = { sequence: last.sequence + 1, hash: sha256(last.hash, payloadHash) }, signature = Buffer.from(this.#key.sign(linkText(link, kid)), 'base64')
    this.database.prepare('INSERT INTO consent_events (seq, consent_id, payload_hash, hash, kid, signature) VALUES (?, ?, ?, ?, ?, ?)')
      .run(link.sequence, event.consentId, payloadHash, link.hash, kid, signature)
    this.database.prepare('INSERT INTO consent_payloads VALUES (?, ?, ?, ?)').run(link.sequence, event.ownerId, salt, payload)
    this.#onAppend?.(event, link)
    return link
  }
}

/** For the log: which event of the chain, whose hash stands for the rest of it. */
export function factOf({ type, consentId, ownerId, at }: ConsentEvent, { sequence, hash }: Link, readerId: string | undefined): Fact {
  return { kind: 'consent', at, ownerId, readerId, what: { consentId, type, sequence, eventHash: hash.toString('hex') } }
}
