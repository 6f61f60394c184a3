// operator reset-key: for whoever owns the gateway's disk and has lost the operator key. Works on the data directory itself.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

/** Throws UNAVAILABLE while a gateway runs on the directory. */
export async function resetKey(input: Input, io: Io): Promise<void> {
  const directory = input.needed('data')
  const [{ openState, STATE_FILE }, { Parties }, { Vault }, { writeOperatorKey }, { systemClock }] = await Promise.all([
    import('#gateway/state/database.ts'), import('#gateway/parties/parties.ts'), import('#gateway/parties/vault.ts'), import('#gateway/parties/operator-key.ts'), import('#gateway/lib/clock.ts'),
  ])
  if (!existsSync(join(directory, STATE_FILE))) throw new CliError('NOT_FOUND', `There is no data directory of a gateway at ${directory}: name it with --data.`)
  const database = openState(directory)
  try {
    const key = new Parties(database, systemClock, new Vault(directory)).resetOperator()
    writeOperatorKey(directory, key)
    io.show({ key })
  } finally {
    database.close()
  }
}
