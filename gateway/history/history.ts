// History: a recipient like any other. It agrees to free offers for its purpose, receives under the owner's consent, keeps for as long as the
// consent says, and forgets when it is withdrawn.
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { stateOf, type Grant } from '#gateway/consent/grant.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import { consentIdsIn } from '#gateway/decision/standing.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { Cursors } from '#gateway/history/cursors.ts'
import { Recording } from '#gateway/history/recording.ts'
import type { Store } from '#gateway/history/store.ts'
import { Writer, type WriterCounts } from '#gateway/history/writer.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { hoursOf } from '#gateway/consent/keep.ts'
import type { Agreements } from '#gateway/market/agreements.ts'
import type { Offers } from '#gateway/market/offers.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Subscription } from '#gateway/publish/network.ts'
import type { LiveStreams } from '#gateway/publish/websocket.ts'
import type { Log } from '#gateway/telemetry/log.ts'

/** W3C DPV 2.3: creation, storage and use of records. */
export const HISTORY_PURPOSE = 'dpv:RecordManagement'
/** A write that was cut off may still be worked on over there: what was forgotten is forgotten again so much later. */
export const ERASE_AGAIN_MS = 5_000
const STOP_GRACE_MS = 2_000

export interface HistoryOptions {
  readonly database: DatabaseSync
  readonly clock: Clock
  /** As whom it receives. */
  readonly party: Party
  readonly consents: Consents
  readonly offers: Offers
  readonly agreements: Agreements
  readonly streams: Streams
  readonly live: LiveStreams
  readonly store: Store
  /** How long, where a grant says nothing of it (ISO 8601). */
  readonly keep: string
  readonly log: Log
}

interface Open { readonly recording: Recording, readonly subscription: Subscription }

/** What became of a grant to the history. */
export interface HistoryStatus {
  readonly streamId: string
  readonly consentId: string
  readonly state: 'recording' | 'waiting' | 'forgetting' | 'forgotten' | 'expired'
  /** Why it waits. */
  readonly reason?: ErrorCode | 'NO_OFFER'
  readonly keep: string
  /** The last message that is kept. */
  readonly upTo?: string
}

export class History {
  readonly #options: HistoryOptions
  readonly #cursors: Cursors
  readonly #writer: Writer<Recording>
  readonly #open = new Map<string, Open>()
  readonly #reasons = new Map<string, ErrorCode | 'NO_OFFER'>()
  /** By consent: how long what it lets out is kept. */
  readonly #hours = new Map<string, number>()
  /** When what was kept by a consent was erased for the first time. */
  readonly #erasedAt = new Map<string, number>()
  #isErasing = false
  #isStopped = false

  constructor(options: HistoryOptions) {
    this.#options = options
    this.#cursors = new Cursors(options.database)
    this.#writer = new Writer(options.store, options.log)
    this.#writer.onSettled = () => {
      this.#cursors.flush()
      if (this.#writer.hasRoom) for (const { recording } of this.#open.values()) recording.onDrain()
    }
  }

  get counts(): WriterCounts { return this.#writer.counts }

  /** Of an owner's grants to the history, the newest last. */
  list(ownerId: string): readonly HistoryStatus[] {
    return this.#grants().filter(grant => grant.ownerId === ownerId).map(grant => this.#statusOf(grant))
  }

  /** To be called every second: begins what may be recorded, goes on with what has ended, and forgets what was withdrawn. */
  tick(): void {
    if (this.#isStopped) return
    const now = this.#options.clock.now(), grants = this.#grants()
    const wanted = new Set(grants.filter(grant => stateOf(grant, now) === 'given').map(({ streamId }) => streamId))
    for (const streamId of wanted) this.#record(streamId)
    for (const [streamId, { recording }] of this.#open) if (recording.ended !== undefined) this.#close(streamId)
    const withdrawn = grants.filter(({ id, withdrawnAt }) => withdrawnAt !== undefined && !this.#cursors.isErased(id) && now - (this.#erasedAt.get(id) ?? 0) >= ERASE_AGAIN_MS)
    if (withdrawn.length > 0 && !this.#isErasing) void this.#erase(withdrawn)
  }

  /** Closes what it has open of streams that are to be erased, and forgets how far it had come. */
  leave(streams: readonly Stream[]): void {
    for (const { id, number } of streams) {
      this.#close(id)
      this.#reasons.delete(id)
      this.#cursors.forget(number)
    }
  }

  /**
   * Forgets over there what was kept by some consents that let nothing out any more, and does so again when nothing can be on its way. Rejects
   * where the store does not answer: to be tried again.
   */
  async forget(consentIds: readonly string[]): Promise<void> {
    for (const id of consentIds) await this.#options.store.erase(id)
    await delay(ERASE_AGAIN_MS)
    for (const id of consentIds) {
      await this.#options.store.erase(id)
      for (const known of [this.#hours, this.#erasedAt]) known.delete(id)
    }
  }

  /** Keeps what is on its way, where the store answers; the rest is in the journal. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#writer.stop(STOP_GRACE_MS)
    this.#cursors.flush()
    this.#options.store.close()
  }

  #record(streamId: string): void {
    const open = this.#open.get(streamId)
    if (open?.recording.ended === undefined && open) return
    this.#close(streamId)
    const stream = this.#options.streams.get(streamId)
    if (!stream) return
    try {
      if (!this.#hasAgreed(stream)) return void this.#reasons.set(streamId, 'NO_OFFER')
      this.#begin(stream)
      this.#reasons.delete(streamId)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      this.#reasons.set(streamId, error.code)
    }
  }

  #begin(stream: Stream): void {
    const { live, party } = this.#options
    const recording = new Recording({ writer: this.#writer, hoursOf: consentId => this.#hoursOf(stream, consentId), onKept: messageId => this.#cursors.advance(stream.number, messageId) })
    const subscription = live.open(party, stream.id, this.#cursors.of(stream.number) ?? 'earliest', () => recording)
    this.#open.set(stream.id, { recording, subscription })
  }

  #close(streamId: string): void {
    this.#open.get(streamId)?.subscription.close()
    this.#open.delete(streamId)
  }

  /** Takes a free offer for its purpose, where there is one; what costs is not agreed to by itself. */
  #hasAgreed(stream: Stream): boolean {
    const { agreements, offers, party } = this.#options
    if (agreements.ofSubscriber(party.id, stream.id).some(({ endedAt }) => endedAt === undefined)) return true
    const offer = offers.on(stream.id).find(({ price, purposes }) => price === 0n && (purposes.length === 0 || purposes.includes(HISTORY_PURPOSE)))
    if (offer) agreements.agree(party.id, { offerId: offer.id, purpose: HISTORY_PURPOSE })
    return offer !== undefined
  }

  async #erase(grants: readonly Grant[]): Promise<void> {
    const { store, clock, log } = this.#options
    this.#isErasing = true
    try {
      for (const { id } of grants) {
        await store.erase(id)
        if (!this.#grants().some(grant => grant.id === id)) continue // its owner was erased meanwhile
        if (this.#erasedAt.delete(id)) this.#cursors.noteErased(id, clock.now())
        else this.#erasedAt.set(id, clock.now())
      }
    } catch (error) {
      log.warn({ error: String(error) }, 'Failed to forget what was withdrawn: tried again')
    } finally {
      this.#isErasing = false
    }
  }

  #statusOf(grant: Grant): HistoryStatus {
    const { id, streamId, keep = this.#options.keep } = grant, about = { streamId, consentId: id, keep }, stream = this.#options.streams.get(streamId)
    const state = stateOf(grant, this.#options.clock.now())
    if (state === 'withdrawn') return { ...about, state: this.#cursors.isErased(id) ? 'forgotten' : 'forgetting' }
    if (state === 'expired') return { ...about, state }
    const upTo = stream && this.#cursors.of(stream.number), isOpen = this.#open.get(streamId)?.recording.ended === undefined && this.#open.has(streamId)
    return { ...about, state: isOpen ? 'recording' : 'waiting', ...!isOpen && { reason: this.#reasons.get(streamId) }, ...upTo !== undefined && { upTo } }
  }

  /** A consent never changes how long: it is looked up once. Of several that let it out together the shortest time counts. */
  #hoursOf(stream: Stream, consentId: string): number {
    let hours = this.#hours.get(consentId)
    if (hours === undefined) {
      const ids = consentIdsIn(consentId), grants = this.#options.consents.on(stream.id).filter(({ id }) => ids.includes(id))
      this.#hours.set(consentId, hours = Math.min(...grants.map(({ keep }) => hoursOf(keep ?? this.#options.keep))))
    }
    return hours
  }

  #grants(): readonly Grant[] { return this.#options.consents.to(this.#options.party.id).filter(({ kind }) => kind === undefined) }
}
