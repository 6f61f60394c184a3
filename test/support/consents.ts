// Consents on a database, as a gateway with a key of its own has them.
import { generateKeyPairSync } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { Consents, type ConsentsOptions } from '#gateway/consent/consents.ts'
import { factsOf } from '#gateway/consent/notices/facts.ts'
import { Notices } from '#gateway/consent/notices/notices.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'

export const FACTS = factsOf(undefined, 7)
export const TEST_KEY = new SigningKey(generateKeyPairSync('ed25519').privateKey)

export function openConsents(database: DatabaseSync, clock: Clock, onChange: (streamId: string) => void = () => {}, options: Partial<ConsentsOptions> = {}): Consents {
  return new Consents(database, clock, onChange, { key: TEST_KEY, notices: new Notices(database, clock, FACTS), ...options })
}
