// What operators did, as a hash chain over salted payloads that is only ever appended to: the actions about an owner can be erased, and the
// chain still verifies.
//   payload hash = SHA-256(salt ‖ payload) · hash = SHA-256(hash before ‖ payload hash), before the first: 32 zero bytes
import { hash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { transaction } from '#gateway/state/database.ts'

const SALT_BYTES = 16, GENESIS = Buffer.alloc(32)

/** Something that an operator set about to do: it is written down before it is done. */
export interface OperatorAction {
  readonly operator: string
  /** The operation's id in the API's description. */
  readonly action: string
  /** Ids that it named, by what they are; no names, and no other content. */
  readonly about: Readonly<Record<string, string>>
  readonly at: number
}

/** One that was erased tells that it was there. */
export interface RecordedAction { readonly sequence: number, readonly hash: string, readonly action: OperatorAction | undefined }

export class OperatorActions {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  /** Told of each action by its place and its hash, which says nothing of what it was: for a log that others can check. */
  onRecorded: (sequence: number, payloadHash: Buffer) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** On disk when this returns; where it throws nothing may be done. `ownerId`: whom it is about. */
  record({ ownerId, ...rest }: Omit<OperatorAction, 'at'> & { readonly ownerId?: string | undefined }): void {
    const salt = randomBytes(SALT_BYTES), payload = JSON.stringify({ ...rest, at: this.#clock.now() } satisfies OperatorAction), payloadHash = sha256(salt, Buffer.from(payload))
    const last = this.#database.prepare('SELECT seq, hash FROM operator_actions ORDER BY seq DESC LIMIT 1').get() as { seq: number, hash: Uint8Array } | undefined
    const sequence = (last?.seq ?? 0) + 1
    transaction(this.#database, () => {
      this.#database.prepare('INSERT INTO operator_actions VALUES (?, ?, ?)').run(sequence, payloadHash, sha256(last?.hash ?? GENESIS, payloadHash))
      this.#database.prepare('INSERT INTO operator_action_payloads VALUES (?, ?, ?, ?)').run(sequence, ownerId ?? null, salt, payload)
    })
    this.onRecorded(sequence, payloadHash)
  }

  /** Those behind a sequence number, oldest first; of one owner where it is named. Each is checked. Throws UNAVAILABLE where the chain is broken. */
  list({ after = 0, limit, ownerId }: { readonly after?: number, readonly limit: number, readonly ownerId?: string }): readonly RecordedAction[] {
    const found: RecordedAction[] = []
    let before: Uint8Array = GENESIS, expected = 1
    const rows = this.#database.prepare('SELECT seq, payload_hash, hash, owner_id, salt, payload FROM operator_actions LEFT JOIN operator_action_payloads USING (seq) ORDER BY seq').all() as unknown as Row[]
    for (const row of rows) {
      if (row.seq !== expected++ || !sha256(before, row.payload_hash).equals(row.hash)) throw broken(row.seq)
      if (row.salt && row.payload !== null && !sha256(row.salt, Buffer.from(row.payload)).equals(row.payload_hash)) throw broken(row.seq)
      before = row.hash
      if (row.seq <= after || found.length >= limit || (ownerId !== undefined && row.owner_id !== ownerId)) continue
      found.push({ sequence: row.seq, hash: Buffer.from(row.hash).toString('hex'), action: row.payload === null ? undefined : JSON.parse(row.payload) as OperatorAction })
    }
    return found
  }
}

interface Row { seq: number, payload_hash: Uint8Array, hash: Uint8Array, owner_id: string | null, salt: Uint8Array | null, payload: string | null }

function broken(sequence: number): GatewayError {
  return new GatewayError('UNAVAILABLE', `The chain of operators' actions is broken at number ${sequence}: somebody has changed it. Restore the state from a backup.`)
}

function sha256(...parts: readonly Uint8Array[]): Buffer { return Buffer.from(hash('sha256', Buffer.concat(parts), 'hex'), 'hex') }
