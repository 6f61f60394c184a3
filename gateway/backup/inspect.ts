// Looks through a data directory that came out of a backup, by the rooms that will live in it: what they refuse to start with is no backup.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { audit } from '#gateway/audit/audit.ts'
import { JOURNAL_FOLDER } from '#gateway/backup/manifest.ts'
import { notWhole } from '#gateway/backup/tar-reader.ts'
import { ConsentChain } from '#gateway/consent/chain.ts'
import { scanSegment, type Visitor } from '#gateway/journal/scan.ts'
import { SEGMENT_NAME } from '#gateway/journal/segment.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { Ledger, type Balance } from '#gateway/market/ledger.ts'
import { Parties } from '#gateway/parties/parties.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { SigningKey, SIGNING_KEY_FILE } from '#gateway/proof/signing-key.ts'
import { openState } from '#gateway/state/database.ts'

export interface Figures {
  readonly streams: number
  readonly consentEvents: number
  readonly ledgerEntries: number
  /** That can be read. */
  readonly messages: number
  /** Where the journal is damaged, as it was when the backup was made: `<file> at <offset>`. What lay there is lost. */
  readonly damaged: readonly string[]
}

/**
 * Brings the state to this Sluice's schema, and counts what is there. Throws BAD_REQUEST or UNAVAILABLE where the chain of consents is
 * broken, the transparency log was changed or the books are not what it has, the books do not balance, the master key is another gateway's, the signing key is none, or a message belongs to no stream.
 */
export async function inspect(directory: string): Promise<Figures> {
  const database = openState(directory)
  try {
    new Parties(database, systemClock, new Vault(directory))
    const hasKey = existsSync(join(directory, SIGNING_KEY_FILE))
    const streams = new Set(database.prepare('SELECT number FROM streams').all().map(row => row['number'] as number))
    const books = { consentEvents: chainLength(database), ledgerEntries: checkBooks(database) }
    audit(database, { keys: hasKey ? parsePublicKeys(JSON.stringify(SigningKey.open(directory).jwk)) : undefined })
    return { streams: streams.size, ...books, ...await readJournal(join(directory, JOURNAL_FOLDER), streams) }
  } finally {
    database.close()
  }
}

async function readJournal(directory: string, streams: ReadonlySet<number>): Promise<Pick<Figures, 'messages' | 'damaged'>> {
  const damaged: string[] = []
  let messages = 0
  const visitor: Visitor = {
    unit: () => {},
    record: streamNumber => {
      if (!streams.has(streamNumber)) throw notWhole(`a message belongs to stream ${streamNumber}, which its state does not know`)
      messages++
    },
  }
  for (const name of (await readdir(directory)).sort()) {
    const { damage, end, tornBytes } = scanSegment(await readFile(join(directory, name)), Number(SEGMENT_NAME.exec(name)![1]), visitor)
    const offsets = [...damage.map(({ offset }) => offset), ...tornBytes > 0 ? [end] : []]
    damaged.push(...offsets.map(offset => `${JOURNAL_FOLDER}/${name} at ${offset}`))
  }
  return { messages, damaged }
}

function chainLength(database: DatabaseSync): number {
  const events = new ConsentChain(database)
  events.load(() => {})
  return events.verify()
}

/** Every currency sums to zero, and every balance is the sum of its postings. */
function checkBooks(database: DatabaseSync): number {
  const ledger = new Ledger(database, systemClock)
  const query = database.prepare('SELECT account, currency, sum(amount) AS amount FROM postings GROUP BY account, currency')
  query.setReadBigInts(true)
  const posted = query.all() as unknown as Balance[]
  const areEqual = posted.every(({ account, currency, amount }) => ledger.balance(account, currency) === amount)
  const isZero = Object.values(ledger.sums()).every(sum => sum === 0n)
  if (!areEqual || !isZero || posted.length !== ledger.balances().length) throw notWhole('its books do not balance')
  return ledger.entries()
}
