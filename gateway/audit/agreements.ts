// Agreements: that they were made, with all their terms, and that they ended. In whatever order.
import type { DatabaseSync } from 'node:sqlite'
import { differs } from '#gateway/audit/differs.ts'
import { metaOf, type Payload } from '#gateway/audit/rows.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { Agreements, factOf } from '#gateway/market/agreements.ts'
import { Ledger } from '#gateway/market/ledger.ts'
import { Offers } from '#gateway/market/offers.ts'
import type { Book } from '#gateway/transparency/audit.ts'
import { MINUTE_MS, payloadOf } from '#gateway/transparency/entry.ts'
import type { StoredEntry } from '#gateway/transparency/store.ts'

/** All agreements, and which of them are of owners who were erased. */
export class KnownAgreements {
  readonly #agreements: Agreements
  readonly #aliases: ReadonlySet<string>
  /** Of which the log does not say that they are onward: they are older than that. */
  readonly #onwardUnlogged: ReadonlySet<string>

  constructor(database: DatabaseSync) {
    const lost = database.prepare('SELECT id FROM agreements WHERE offer_id NOT IN (SELECT id FROM offers) OR is_onward NOT IN (0, 1)').get()
    if (lost) throw differs(`the offer of agreement ${lost['id'] as string}`, 'is not there, or it is neither onward nor not')
    this.#agreements = agreementsIn(database)
    this.#aliases = new Set(database.prepare('SELECT alias FROM erasures').all().map(row => row['alias'] as string))
    this.#onwardUnlogged = new Set(JSON.parse(metaOf(database, 'onward_unlogged') ?? '[]') as string[])
  }

  get(id: string): Agreement | undefined { return this.#agreements.get(id) }
  all(): readonly Agreement[] { return [...this.#agreements.all()] }

  /** As the log has it. */
  logged({ isOnward, ...agreement }: Agreement): Agreement { return { ...agreement, ...isOnward && !this.#onwardUnlogged.has(agreement.id) && { isOnward } } }

  isErased(id: string): boolean { return this.#aliases.has(this.get(id)?.offer.ownerId ?? '') }
}

/** By the rooms that live in them. */
function agreementsIn(database: DatabaseSync): Agreements {
  const clock = systemClock
  try {
    return new Agreements({ database, clock, offers: new Offers(database, clock), ledger: new Ledger(database, clock), onChange: () => {} })
  } catch (error) {
    throw differs('an offer, an agreement or a balance', `cannot be read (${(error as Error).message})`)
  }
}

export class AgreementBook implements Book {
  readonly kinds = ['agreement']
  readonly #agreements: KnownAgreements
  /** Those that were made before are not in the log, or in part. */
  readonly #since: number
  readonly #seen = new Set<string>()
  #erased = 0

  constructor(database: DatabaseSync, agreements: KnownAgreements) {
    this.#agreements = agreements
    // Whoever changes it makes nothing older than the log.
    this.#since = Math.min(Number(metaOf(database, 'agreements_logged_since') ?? 0), firstMinuteOf(database) + MINUTE_MS)
  }

  entry({ payload, index }: StoredEntry): void {
    if (payload === undefined) return void this.#erased++
    const { agreementId, state } = JSON.parse(payload) as Payload, known = this.#agreements.get(String(agreementId)), name = nameOf(String(agreementId), String(state))
    if (!known || (state === 'ended' && known.endedAt === undefined)) throw differs(`what entry ${index} tells of, ${name},`, 'is not there')
    if (payloadOf(factOf(this.#agreements.logged(state === 'made' ? begun(known) : known))) !== payload) throw differs(name, `is another than that of entry ${index}`)
    if (this.#seen.has(name)) throw differs(name, 'stands in two entries')
    this.#seen.add(name)
  }

  /** Of owners who were erased it is not told any more which entries were theirs: only that there are as many. */
  end(): void {
    const unseen = this.#agreements.all().filter(({ startedAt }) => startedAt >= this.#since)
      .flatMap(({ id, endedAt }) => [{ id, name: nameOf(id, 'made') }, ...endedAt === undefined ? [] : [{ id, name: nameOf(id, 'ended') }]]).filter(({ name }) => !this.#seen.has(name))
    const lost = unseen.find(({ id }) => !this.#agreements.isErased(id))
    if (lost) throw differs(lost.name, 'stands in no entry')
    const areAsMany = this.#since === 0 ? unseen.length === this.#erased : unseen.length <= this.#erased
    if (!areAsMany) throw differs(`the agreements of owners who were erased, ${unseen.length},`, `are not as many as their entries, ${this.#erased}`)
  }
}

function firstMinuteOf(database: DatabaseSync): number { return Number(database.prepare('SELECT min(minute) AS minute FROM transparency_entries').get()!['minute'] ?? Infinity) }

function nameOf(agreementId: string, state: string): string { return `agreement ${agreementId} (${state})` }

function begun({ endedAt: _ended, ...agreement }: Agreement): Agreement { return agreement }
