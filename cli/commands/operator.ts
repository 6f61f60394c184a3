// operator reset-key: for whoever owns the gateway's disk and has lost the operator key. Works on the data directory itself.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { writeOperatorKey } from '#gateway/parties/operator-key.ts'
import { Parties } from '#gateway/parties/parties.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { openState, STATE_FILE } from '#gateway/state/database.ts'

/** Throws UNAVAILABLE while a gateway runs on the directory. */
export function resetKey(input: Input, io: Io): void {
  const directory = input.needed('data')
  if (!existsSync(join(directory, STATE_FILE))) {
    throw new CliError('NOT_FOUND', `There is no data directory of a gateway at ${directory}: name it with --data.`)
  }
  const database = openState(directory)
  try {
    const parties = new Parties(database, systemClock, new Vault(directory)), key = parties.resetOperator()
    writeOperatorKey(directory, key)
    io.show({ partyId: parties.authenticate(key)?.id, key })
  } finally {
    database.close()
  }
}
