// The events of consent: only ever added to, chained by hashes over salted hashes, so that a payload can be erased and the chain still verifies.
import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Grant } from '#gateway/consent/grant.ts'
import { transaction } from '#gateway/state/database.ts'

const SALT_BYTES = 16
const GENESIS = Buffer.alloc(32)

export type ConsentEvent =
  | { readonly kind: 'given', readonly grant: Grant }
  | { readonly kind: 'withdrawn', readonly consentId: string, readonly at: number }

export interface Recorded { readonly sequence: number, readonly hash: Buffer }

/** hash = SHA-256(previous hash ‖ payload hash); payload hash = SHA-256(salt ‖ payload). */
export class ConsentEvents {
  readonly #database: DatabaseSync
  #last: Buffer

  constructor(database: DatabaseSync) {
    this.#database = database
    const last = database.prepare('SELECT hash FROM consent_events ORDER BY seq DESC LIMIT 1').get()?.['hash']
    this.#last = last instanceof Uint8Array ? Buffer.from(last) : GENESIS
  }

  /** On disk when it returns. */
  append(consentId: string, ownerId: string, at: number, event: ConsentEvent): Recorded {
    const salt = randomBytes(SALT_BYTES), payload = JSON.stringify(event)
    const payloadHash = sha256(salt, payload), hash = sha256(this.#last, payloadHash)
    const sequence = transaction(this.#database, () => {
      const { lastInsertRowid } = this.#database.prepare('INSERT INTO consent_events (consent_id, at, payload_hash, hash) VALUES (?, ?, ?, ?)').run(consentId, at, payloadHash, hash)
      this.#database.prepare('INSERT INTO consent_payloads VALUES (?, ?, ?, ?)').run(lastInsertRowid, ownerId, salt, payload)
      return Number(lastInsertRowid)
    })
    this.#last = hash
    return { sequence, hash }
  }

  /** All events whose payload is still there, in order. */
  *all(): Iterable<ConsentEvent & Recorded> {
    for (const row of this.#database.prepare('SELECT e.seq, e.hash, p.payload FROM consent_events e JOIN consent_payloads p ON p.seq = e.seq ORDER BY e.seq').iterate()) {
      yield { ...JSON.parse(row['payload'] as string) as ConsentEvent, sequence: Number(row['seq']), hash: Buffer.from(row['hash'] as Uint8Array) }
    }
  }

  /** Checks the whole chain, and every payload that was not erased. Returns the number of events; throws naming the first that does not fit. */
  verify(): number {
    let previous: Buffer = GENESIS, count = 0
    for (const row of this.#database.prepare('SELECT e.*, p.salt, p.payload FROM consent_events e LEFT JOIN consent_payloads p ON p.seq = e.seq ORDER BY e.seq').iterate()) {
      const payloadHash = Buffer.from(row['payload_hash'] as Uint8Array), hash = Buffer.from(row['hash'] as Uint8Array)
      const isWhole = row['payload'] === null || sha256(Buffer.from(row['salt'] as Uint8Array), row['payload'] as string).equals(payloadHash)
      if (!isWhole || !sha256(previous, payloadHash).equals(hash)) throw new Error(`Consent event ${Number(row['seq'])} does not fit its hash: it was changed.`)
      previous = hash
      count++
    }
    return count
  }
}

function sha256(first: Uint8Array, second: Uint8Array | string): Buffer {
  return createHash('sha256').update(first).update(second).digest()
}
