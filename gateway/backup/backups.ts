// Backups of a gateway at work: one moment of it is fixed in one turn, and streamed at leisure.
import { copyFileSync, existsSync, mkdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { writeArchive, type Part } from '#gateway/backup/archive.ts'
import { FORMAT, JOURNAL_FOLDER } from '#gateway/backup/manifest.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Meter } from '#gateway/market/meter.ts'
import { MASTER_KEY_FILE } from '#gateway/parties/vault.ts'
import { SIGNING_KEY_FILE } from '#gateway/proof/signing-key.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import type { Log } from '#gateway/telemetry/log.ts'

/** In the data directory: on its disk a segment can be held by a second name, and nobody else may look into it. */
export const BACKUP_FOLDER = 'backup.part'
/** Left free beside the copy of the state: a gateway that cannot write its journal would be a high price for a backup. */
export const SPARE_BYTES = 16 << 20

/** Whoever waits for a backup to end looks so often. */
const IDLE_MS = 100

export interface BackupsOptions {
  readonly database: DatabaseSync
  readonly journal: Journal
  readonly meter: Meter
  /** The data directory. */
  readonly directory: string
  /** Of this Sluice. */
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

export class Backups {
  readonly #options: BackupsOptions
  readonly #folder: string
  #isUnderWay = false

  /** Removes what a gateway that was killed has left. */
  constructor(options: BackupsOptions) {
    this.#options = options
    this.#folder = join(options.directory, BACKUP_FOLDER)
    this.#clear()
  }

  /**
   * The gateway as it is now, as an archive (see `writeArchive`) that is read from disk as it is taken. It is over when the stream has
   * closed, for whatever reason. Throws CONFLICT while another is under way, UNAVAILABLE where the disk does not allow it; nothing has
   * changed then.
   */
  take(): Readable {
    if (this.#isUnderWay) throw new GatewayError('CONFLICT', 'A backup is under way: take another one when it has ended.')
    const stream = Readable.from(this.#fixed(), { objectMode: false })
    this.#isUnderWay = true
    stream.on('error', (error: Error) => this.#options.log.warn({ error: error.message }, 'A backup broke off'))
    stream.once('close', () => { this.#clear(); this.#isUnderWay = false })
    return stream
  }

  /** Resolves when none is under way: its links hold what was in the journal when it began. */
  async idle(): Promise<void> { while (this.#isUnderWay) await delay(IDLE_MS) }

  #fixed(): AsyncIterable<Buffer> {
    try {
      this.#assertRoom()
      return this.#fix()
    } catch (error) {
      this.#clear()
      if (error instanceof GatewayError) throw error
      const { message } = error as Error
      this.#options.log.warn({ error: message }, 'No backup was made')
      throw new GatewayError('UNAVAILABLE', `No backup was made (${message}): mend that, and try again.`, { cause: error })
    }
  }

  /**
   * All in one turn, and the journal before the state, so that no message in a backup belongs to a stream that its state does not know. The
   * books are sealed, so that the state holds all that the usage log does.
   */
  #fix(): AsyncIterable<Buffer> {
    const { journal, meter, database, directory, clock, version } = this.#options
    mkdirSync(this.#folder, { mode: 0o700 })
    const segments = journal.pin(this.#folder).map(part => ({ ...part, name: `${JOURNAL_FOLDER}/${basename(part.path)}` }))
    const messages = journal.count
    meter.seal()
    const state = this.#part(STATE_FILE), keys = [MASTER_KEY_FILE, ...existsSync(join(directory, SIGNING_KEY_FILE)) ? [SIGNING_KEY_FILE] : []]
    database.prepare('VACUUM INTO ?').run(state)
    for (const name of keys) copyFileSync(join(directory, name), this.#part(name))
    const createdAt = new Date(clock.now()).toISOString()
    const about = { format: FORMAT, sluiceVersion: version, schemaVersion: SCHEMA_VERSION, createdAt, messages }
    return writeArchive([whole(STATE_FILE, state), ...keys.map(name => whole(name, this.#part(name))), ...segments], about)
  }

  #assertRoom(): void {
    const { database, directory } = this.#options, { bavail, bsize } = statfsSync(directory)
    const pragma = (name: string): number => Number(database.prepare(`PRAGMA ${name}`).get()![name])
    const needed = pragma('page_count') * pragma('page_size') + SPARE_BYTES, free = bavail * bsize
    if (free >= needed) return
    throw new GatewayError('UNAVAILABLE', `A backup needs ${needed} bytes of room in ${directory}, and there are ${free}: make room.`)
  }

  #part(name: string): string { return join(this.#folder, name) }

  /** What cannot be removed now is removed at the next start, and until then no other backup is made. */
  #clear(): void {
    try {
      rmSync(this.#folder, { recursive: true, force: true })
    } catch (error) {
      this.#options.log.warn({ error: String(error) }, 'Failed to remove what a backup leaves')
    }
  }
}

function whole(name: string, path: string): Part { return { name, path, bytes: statSync(path).size } }
