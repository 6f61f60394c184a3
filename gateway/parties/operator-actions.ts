// What operators did, as a hash chain over salted payloads that is only ever appended to: the actions about an owner can be erased, and the
// chain still verifies. Each stands in the transparency log as well, by the hash of the chain up to it.
//   payload hash = SHA-256(salt ‖ payload) · hash = SHA-256(hash before ‖ payload hash), before the first: 32 zero bytes
import { hash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { transaction } from '#gateway/state/database.ts'
import type { Append, Fact } from '#gateway/transparency/entry.ts'

const SALT_BYTES = 16, GENESIS = Buffer.alloc(32)
/** In `meta`: how many are older than their place in the transparency log, and not in it yet. */
const UNLOGGED = 'unlogged_operator_actions'
/** In the log, of an action of which nobody can tell any more who did it. */
const NOBODY = 'erased'

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
  readonly #appendToLog: Append | undefined

  /** `appendToLog`: takes each action into the transparency log, in the same transaction; here those that are older than that. */
  constructor(database: DatabaseSync, clock: Clock, appendToLog?: Append) {
    this.#database = database
    this.#clock = clock
    this.#appendToLog = appendToLog
    if (appendToLog) this.#takeOld(appendToLog)
  }

  /** On disk when this returns; where it throws nothing may be done. `ownerId`: whom it is about. */
  record({ ownerId, ...rest }: Omit<OperatorAction, 'at'> & { readonly ownerId?: string | undefined }): void {
    const action: OperatorAction = { ...rest, at: this.#clock.now() }, salt = randomBytes(SALT_BYTES), payload = JSON.stringify(action), payloadHash = sha256(salt, Buffer.from(payload))
    const last = this.#database.prepare('SELECT seq, hash FROM operator_actions ORDER BY seq DESC LIMIT 1').get() as { seq: number, hash: Uint8Array } | undefined
    const link = { seq: (last?.seq ?? 0) + 1, hash: sha256(last?.hash ?? GENESIS, payloadHash) }
    transaction(this.#database, () => {
      this.#database.prepare('INSERT INTO operator_actions VALUES (?, ?, ?)').run(link.seq, payloadHash, link.hash)
      this.#database.prepare('INSERT INTO operator_action_payloads VALUES (?, ?, ?, ?)').run(link.seq, ownerId ?? null, salt, payload)
      this.#appendToLog?.(factOf(link, action, ownerId ?? undefined))
    })
  }

  /** Those behind a sequence number, oldest first; of one owner where it is named. Each is checked. Throws UNAVAILABLE where the chain is broken. */
  list({ after = 0, limit = Infinity, ownerId }: { readonly after?: number, readonly limit?: number, readonly ownerId?: string }): readonly RecordedAction[] {
    const found: RecordedAction[] = []
    for (const row of checkedActions(this.#database, after)) {
      if (found.length >= limit || (ownerId !== undefined && row.owner_id !== ownerId)) continue
      found.push({ sequence: row.seq, hash: Buffer.from(row.hash).toString('hex'), action: actionOf(row) })
    }
    return found
  }

  #takeOld(appendToLog: Append): void {
    const count = unloggedActions(this.#database)
    if (count === 0) return
    const old = [...checkedActions(this.#database)].filter(({ seq }) => seq <= count)
    transaction(this.#database, () => {
      for (const row of old) appendToLog(factOf(row, actionOf(row) ?? { operator: NOBODY, at: this.#clock.now() }, row.owner_id ?? undefined))
      this.#database.prepare('DELETE FROM meta WHERE key = ?').run(UNLOGGED)
    })
  }
}

/** How many wait for a start to be taken into the transparency log: the first of the chain. */
export function unloggedActions(database: DatabaseSync): number { return Number(database.prepare('SELECT value FROM meta WHERE key = ?').get(UNLOGGED)?.['value'] ?? 0) }

/** All of the chain behind a sequence number, each action checked. Throws UNAVAILABLE where it is broken. */
export function* checkedActions(database: DatabaseSync, after = 0): Iterable<ActionRow> {
  let before: Uint8Array = GENESIS, expected = 1
  const rows = database.prepare('SELECT seq, payload_hash, hash, owner_id, salt, payload FROM operator_actions LEFT JOIN operator_action_payloads USING (seq) ORDER BY seq').all() as unknown as ActionRow[]
  for (const row of rows) {
    if (row.seq !== expected++ || !sha256(before, row.payload_hash).equals(row.hash)) throw broken(row.seq)
    if (row.salt && row.payload !== null && !sha256(row.salt, Buffer.from(row.payload)).equals(row.payload_hash)) throw broken(row.seq)
    before = row.hash
    if (row.seq > after) yield row
  }
}

export interface ActionRow {
  readonly seq: number, readonly payload_hash: Uint8Array, readonly hash: Uint8Array
  readonly owner_id: string | null, readonly salt: Uint8Array | null, readonly payload: string | null
}

function actionOf({ payload }: ActionRow): OperatorAction | undefined { return payload === null ? undefined : JSON.parse(payload) as OperatorAction }

/** For the log: which action of the chain, whose hash stands for the rest of it. What is about nobody is the operator's own. */
function factOf({ seq, hash: chainHash }: Pick<ActionRow, 'seq' | 'hash'>, { operator, action, at }: Pick<OperatorAction, 'operator' | 'at'> & Partial<OperatorAction>, ownerId: string | undefined): Fact {
  const parties = ownerId === undefined ? { ownerId: operator } : { ownerId, readerId: operator }
  return { kind: 'action', at, ...parties, what: { sequence: seq, action, actionHash: Buffer.from(chainHash).toString('hex') } }
}

function broken(sequence: number): GatewayError {
  return new GatewayError('UNAVAILABLE', `The chain of operators' actions is broken at number ${sequence}: somebody has changed it. Restore the state from a backup.`)
}

function sha256(...parts: readonly Uint8Array[]): Buffer { return Buffer.from(hash('sha256', Buffer.concat(parts), 'hex'), 'hex') }
