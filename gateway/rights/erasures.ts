// Erasing an owner: what is theirs is withdrawn and cut, goes from the journal, the history, the state and its file, and a signed receipt says
// so. One that was begun is finished, at the next start if need be: each step may be done twice.
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Backups } from '#gateway/backup/backups.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import { isPermission, stateOf } from '#gateway/consent/grant.ts'
import type { Notices } from '#gateway/consent/notices/notices.ts'
import type { Devices } from '#gateway/devices/devices.ts'
import type { Sources } from '#gateway/devices/sources.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import type { Subjects } from '#gateway/devices/subjects.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { History } from '#gateway/history/history.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import { accounts, type Ledger } from '#gateway/market/ledger.ts'
import type { Meter } from '#gateway/market/meter.ts'
import type { Offers } from '#gateway/market/offers.ts'
import type { MqttServer } from '#gateway/mqtt/server.ts'
import { isGroupId, type Groups } from '#gateway/parties/groups.ts'
import { HISTORY_ID, type Parties } from '#gateway/parties/parties.ts'
import type { SigningKey } from '#gateway/proof/signing-key.ts'
import { PROOFS_TOPIC, STREAM_TOPIC } from '#gateway/publish/mqtt-feeds.ts'
import type { Network } from '#gateway/publish/network.ts'
import type { Previews } from '#gateway/publish/previews.ts'
import { clearState, compactState } from '#gateway/rights/clearing.ts'
import { beginErasure, listErasures, type Erasure, type Requester } from '#gateway/rights/erasure.ts'
import { erasureReceipt } from '#gateway/rights/erasure-receipt.ts'
import type { Restrictions } from '#gateway/rights/restrictions.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import type { TransparencyLog } from '#gateway/transparency/transparency-log.ts'

export interface ErasuresOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly parties: Parties
  readonly sources: Sources
  readonly devices: Devices
  readonly streams: Streams
  readonly consents: Consents
  readonly offers: Offers
  readonly agreements: Agreements
  readonly ledger: Ledger
  readonly meter: Meter
  readonly journal: Journal
  readonly network: Network
  readonly mqtt: Pick<MqttServer, 'disconnect' | 'forgetSource' | 'forgetTopics' | 'saveSessions'>
  readonly backups: Pick<Backups, 'idle'>
  readonly history: History | undefined
  readonly signingKey: SigningKey
  readonly restrictions: Pick<Restrictions, 'forget' | 'forgetParty'>
  readonly groups: Pick<Groups, 'forget'>
  readonly subjects: Pick<Subjects, 'forget' | 'rename'>
  readonly notices: Pick<Notices, 'forget'>
  readonly previews: Pick<Previews, 'forget'>
  readonly transparency: Pick<TransparencyLog, 'erase' | 'eraseTold'>
  readonly log: Log
}

/** A signed statement. */
export interface Erased { readonly erasureId: string, readonly receipt: string }

export class Erasures {
  readonly #options: ErasuresOptions
  /** One at a time: each writes the database's file anew. */
  #turn: Promise<unknown> = Promise.resolve()
  /** Erasures whose readings are being forgotten over there. */
  readonly #forgetting = new Set<string>()
  readonly #underWay = new Map<string, Promise<Erased>>()

  constructor(options: ErasuresOptions) { this.#options = options }

  list(): readonly Erasure[] { return listErasures(this.#options.database) }

  /** The one of an owner that has begun, as long as anything of theirs is there. */
  of(ownerId: string): Erasure | undefined { return this.list().find(erasure => erasure.ownerId === ownerId) }

  /**
   * Erases an owner. From its first turn on nothing of theirs leaves, and no key or credential of theirs opens anything. Resolves when no byte
   * is left in a file. Throws NOT_FOUND, FORBIDDEN for who is no owner, UNAVAILABLE where it has begun and the disk does not let it end yet.
   */
  erase(ownerId: string, requestedBy: Requester): Promise<Erased> {
    const { parties, database, clock } = this.#options, party = parties.get(ownerId)
    if (!party) throw notFound('party')
    if (party.role !== 'owner') throw new GatewayError('FORBIDDEN', 'Only an owner can be erased: of others the books tell who paid whom.')
    if (!this.of(ownerId)) beginErasure(database, { id: prefixedId('erasure'), alias: prefixedId('erased'), ownerId, requestedBy, begunAt: clock.now() })
    return this.#take(this.of(ownerId)!)
  }

  /** Finishes what was begun: to be called at a start before anybody comes in, and now and then. Failures are logged. */
  async resume(): Promise<void> {
    for (const erasure of this.list()) {
      if (erasure.finishedAt === undefined) await this.#take(erasure).catch(() => { /* logged */ })
      else if (erasure.history.length > 0) void this.#forgetHistory(erasure) // nobody waits for a database that may be away
    }
  }

  #take(erasure: Erasure): Promise<Erased> {
    const key = erasure.ownerId ?? erasure.id, known = this.#underWay.get(key)
    if (known) return known
    const done = this.#turn.then(() => this.#run(erasure)).catch((error: unknown) => {
      this.#options.log.error({ erasureId: erasure.id, error: String(error) }, 'An erasure has begun and could not be finished: tried again')
      throw new GatewayError('UNAVAILABLE', `The erasure ${erasure.id} has begun, nothing leaves any more, and it is finished as soon as the disk allows it.`, { cause: error })
    }).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, done)
    this.#turn = done.catch(() => { /* told to whoever asked for it */ })
    return done
  }

  async #run(begun: Erasure): Promise<Erased> {
    const { database, clock, signingKey, backups, log } = this.#options
    if (begun.ownerId !== undefined) await this.#empty(begun, begun.ownerId)
    await backups.idle()
    compactState(database)
    const cleared = this.#known(begun.id)
    const finishedAt = clock.now(), receipt = erasureReceipt(signingKey, { ...cleared, finishedAt })
    database.prepare('UPDATE erasures SET finished_at = ?, receipt = ? WHERE id = ?').run(finishedAt, receipt, begun.id)
    log.info({ erasureId: begun.id }, 'Erased an owner')
    return { erasureId: begun.id, receipt }
  }

  /** All that is theirs, from where it lies; the state is last, it knows what there is. */
  async #empty(erasure: Erasure, ownerId: string): Promise<void> {
    const { journal, streams, history, mqtt, database } = this.#options
    await this.#silence(ownerId)
    // Twice: what was taken in the turn before goes to the journal in the next.
    await nextTurn()
    await nextTurn()
    const own = streams.ofOwner(ownerId), messages = await journal.erase(new Set(own.map(({ number }) => number)))
    const kept = this.#keptByHistory(ownerId)
    history?.leave(own)
    // In one turn from here on: nothing of theirs is made between.
    for (const step of this.#silencing(ownerId)) step()
    mqtt.forgetTopics(new Set(own.flatMap(({ id }) => [STREAM_TOPIC + id, PROOFS_TOPIC + id])))
    mqtt.saveSessions()
    const sourceIds = database.prepare('SELECT id FROM sources WHERE owner_id = ?').all(ownerId).map(row => row['id'] as string)
    const addressed = this.#addressed(ownerId, own), offers = this.#options.offers.list(ownerId).map(({ id }) => id)
    clearState(database, this.#options.transparency, erasure, ownerId, addressed, kept, messages)
    this.#forget(erasure, ownerId, { own, sourceIds, addressed, offers })
    if (kept.length > 0) await this.#forgetHistory(this.#known(erasure.id))
  }

  /** Ends what an owner has going, with the guarantee of a withdrawal for each consent; others have their turns between. */
  async #silence(ownerId: string): Promise<void> {
    for (const step of this.#silencing(ownerId)) {
      step()
      await nextTurn()
    }
  }

  /** Keys first, so that nothing new is made; then consents, what comes in, and what was sold. */
  *#silencing(ownerId: string): Iterable<() => void> {
    const { parties, consents, sources, offers, agreements, streams, mqtt, clock } = this.#options
    if (parties.get(ownerId)) yield () => { parties.revokeKeys(ownerId); mqtt.disconnect(ownerId); mqtt.forgetSource(ownerId) }
    // What is forbidden stays so to the end.
    for (const grant of consents.list(ownerId)) {
      if (isPermission(grant) && stateOf(grant, clock.now()) === 'given') yield () => { consents.withdraw(ownerId, grant.id) }
    }
    for (const { id } of sources.list(ownerId)) yield () => { sources.remove(ownerId, id) }
    for (const { id, withdrawnAt } of [...offers.list(ownerId)]) if (withdrawnAt === undefined) yield () => { offers.withdraw(ownerId, id) }
    for (const { id: streamId } of streams.ofOwner(ownerId)) {
      for (const { id, subscriberId } of [...agreements.on(streamId)]) yield () => { agreements.end(subscriberId, id) }
    }
  }

  /** Of others: consents and requests that name them, and what somebody else had consented to of their streams. */
  #addressed(ownerId: string, own: readonly Stream[]): readonly string[] {
    const { consents } = this.#options, named = [...consents.to(ownerId), ...consents.requests.list(ownerId).filter(request => request.recipient === ownerId)]
    return [...named, ...own.flatMap(({ id }) => consents.on(id)).filter(grant => grant.ownerId !== ownerId)].map(({ id }) => id)
  }

  /** The rooms' memory of what is not in the database any more. */
  #forget({ alias }: Erasure, ownerId: string, gone: { readonly own: readonly Stream[], readonly sourceIds: readonly string[], readonly addressed: readonly string[], readonly offers: readonly string[] }): void {
    const { parties, devices, streams, consents, offers, agreements, ledger, network, restrictions, groups, subjects, notices, previews } = this.#options
    consents.forget([...[...consents.list(ownerId), ...consents.requests.list(ownerId)].map(({ id }) => id), ...gone.addressed])
    for (const stream of gone.own) {
      previews.forget(stream)
      network.forget(stream)
      streams.forget(stream)
      restrictions.forget(stream.id)
    }
    for (const sourceId of gone.sourceIds) {
      devices.forget(sourceId)
      subjects.forget(sourceId)
    }
    subjects.rename(ownerId, alias)
    restrictions.forgetParty(ownerId)
    groups.forget(ownerId)
    notices.forget(ownerId)
    const former = new Map(gone.offers.map(id => [id, offers.get(id)!])), taken = [...agreements.all()].filter(({ offer }) => former.has(offer.id))
    const renamed = new Map([...new Set(taken.map(({ offer }) => offer.id))].map(id => [id, { ...former.get(id)!, ownerId: alias, streamId: alias, purposes: [] }]))
    offers.replace(ownerId, [...renamed.values()])
    for (const agreement of taken) agreements.replace({ ...agreement, offer: renamed.get(agreement.offer.id)!, purpose: agreement.purpose.startsWith('dpv:') ? agreement.purpose : 'dpv:Purpose' })
    ledger.rename(accounts.owner(ownerId), accounts.owner(alias))
    parties.forget(ownerId)
  }

  /** Consents by which the history may have received: those that name it, and those for anybody or a group on a stream that it agreed to. */
  #keptByHistory(ownerId: string): readonly string[] {
    const { consents, agreements } = this.#options
    const isKept = ({ recipient, streamId }: { readonly recipient: string, readonly streamId: string }) =>
      (recipient === HISTORY_ID || recipient === 'any' || isGroupId(recipient)) && agreements.ofSubscriber(HISTORY_ID, streamId).length > 0
    return consents.list(ownerId).filter(isPermission).filter(isKept).map(({ id }) => id)
  }

  /** Where its database does not answer, or there is none any more, it is tried again later. */
  async #forgetHistory({ id, history: consentIds, finishedAt }: Erasure): Promise<void> {
    const { history, database, log } = this.#options
    if (!history || this.#forgetting.has(id)) return
    this.#forgetting.add(id)
    try {
      await history.forget(consentIds)
      database.prepare("UPDATE erasures SET history = '[]' WHERE id = ?").run(id)
      if (finishedAt !== undefined) compactState(database)
    } catch (error) {
      log.warn({ erasureId: id, error: String(error) }, 'The history has not forgotten yet what was erased: tried again')
    } finally {
      this.#forgetting.delete(id)
    }
  }

  #known(id: string): Erasure { return this.list().find(erasure => erasure.id === id)! }
}
