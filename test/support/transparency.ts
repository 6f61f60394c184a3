// A transparency log in a database of its own, and what its users make of it: documents in files.
import { generateKeyPairSync } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { parsePublicKeys, type PublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { openState, transaction } from '#gateway/state/database.ts'
import type { Fact } from '#gateway/transparency/entry.ts'
import { TransparencyLog } from '#gateway/transparency/transparency-log.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

export const newKey = () => new SigningKey(generateKeyPairSync('ed25519').privateKey)
export const publicKeys = (...keys: readonly SigningKey[]): PublicKeys => parsePublicKeys(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))

export const fact = (n: number, more: Partial<Fact> = {}): Fact =>
  ({ kind: 'consent', at: Date.UTC(2026, 4, 4) + n, ownerId: `own_${n % 3}`, readerId: n % 2 === 0 ? 'sub_a' : undefined, what: { consentId: `grant_${n}`, name: 'Zoë' }, ...more })

export class LoggedState {
  readonly directory = temporaryFolder()
  readonly clock = new TurnedClock()
  key = newKey()
  database!: DatabaseSync
  log!: TransparencyLog

  constructor() { this.open() }

  open(): void {
    this.database = openState(this.directory)
    // What a test costs is mostly the disk; whether a commit is on it is the state's test.
    this.database.exec('PRAGMA synchronous = OFF')
    this.log = new TransparencyLog({ database: this.database, clock: this.clock, key: this.key })
  }

  reopen(): void {
    this.close()
    this.open()
  }

  close(): void { this.database.close() }

  /** So many facts, in one transaction. */
  add(count: number, more: Partial<Fact> = {}): void {
    transaction(this.database, () => { for (let n = 0; n < count; n++) this.log.append(fact(this.log.size, more)) })
  }

  /** The whole log as a file, opened for a party. */
  exported(partyId?: string): string {
    const head = this.log.head()
    return [{ entries: head.size, head }, ...this.log.entries(0, head.size, partyId)].map(line => `${JSON.stringify(line)}\n`).join('')
  }
}
