// The consent events: an unbroken chain, each link signed by this gateway.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { fault, ok, type Answer } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { COPIED_BYTES_MAX } from '#cli/doctor/state.ts'
import { ConsentChain } from '#gateway/consent/chain.ts'
import { GatewayError } from '#gateway/errors.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { readSnapshot } from '#gateway/state/snapshot.ts'

/** Each signature takes a tenth of a millisecond. Of a longer chain the newest is looked at, which speaks for all. */
export const SIGNATURES_CHECKED_MAX = 20_000

export function consents({ data, isHeld }: Facts): Answer {
  const size = statSync(join(data, STATE_FILE), { throwIfNoEntry: false })?.size
  if (size === undefined || isHeld || size > COPIED_BYTES_MAX) return []
  try {
    return readSnapshot(data, judged)
  } catch (error) {
    // What is no database, or a damaged one, is for the check of the state to tell.
    if (!(error instanceof GatewayError)) return []
    return fault(error.message.split('. ')[0]!, 'Restore the state database from a backup, and ask who could write to it.')
  }
}

function judged(database: DatabaseSync): Answer {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']), chain = new ConsentChain(database)
  let count = 0
  if (version !== SCHEMA_VERSION) return []
  chain.load(() => { count++ })
  if (count <= SIGNATURES_CHECKED_MAX) chain.verify()
  return ok(`${count} events, an unbroken chain; ${count <= SIGNATURES_CHECKED_MAX ? 'each signature is right' : 'the newest signature, which speaks for all, is right'}`)
}
