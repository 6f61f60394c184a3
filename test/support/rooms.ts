// The rooms of the data path on a data directory of their own, without ports: the clock is turned by hand, and a subscriber reads when it
// is told to.
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Packet } from '#adapters/packet.ts'
import type { Consents, NewGrant } from '#gateway/consent/consents.ts'
import { followChanges } from '#gateway/decision/changes.ts'
import { recipientsOf } from '#gateway/decision/ground.ts'
import { Plans } from '#gateway/decision/plans.ts'
import { Devices } from '#gateway/devices/devices.ts'
import { Sources, type Source } from '#gateway/devices/sources.ts'
import { Streams, type Stream } from '#gateway/devices/streams.ts'
import { Subjects } from '#gateway/devices/subjects.ts'
import type { ErrorCode } from '#gateway/errors.ts'
import { Batch } from '#gateway/ingest/batch.ts'
import { Journal } from '#gateway/journal/journal.ts'
import { recordsIn } from '#gateway/journal/names.ts'
import type { Storage } from '#gateway/journal/storage.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { Agreements } from '#gateway/market/agreements.ts'
import { Ledger } from '#gateway/market/ledger.ts'
import { Meter } from '#gateway/market/meter.ts'
import { Offers, type NewOffer } from '#gateway/market/offers.ts'
import { Groups } from '#gateway/parties/groups.ts'
import { Parties, type Party, type Role } from '#gateway/parties/parties.ts'
import { secretOf } from '#gateway/parties/sealed-value.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { Linger } from '#gateway/pipeline/linger.ts'
import { Pipeline } from '#gateway/pipeline/pipeline.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import type { Message } from '#gateway/publish/message.ts'
import { Network, type Subscription } from '#gateway/publish/network.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import type { View } from '#gateway/publish/view.ts'
import { openState } from '#gateway/state/database.ts'
import { Explain } from '#gateway/telemetry/explain.ts'
import { StageTimes } from '#gateway/telemetry/stage-times.ts'
import { Tally } from '#gateway/telemetry/tally.ts'
import { Pseudonyms } from '#gateway/transforms/pseudonyms.ts'
import { Transforms } from '#gateway/transforms/transforms.ts'
import { openConsents } from '#test/support/consents.ts'
import { TransparencyLog } from '#gateway/transparency/transparency-log.ts'
import { silentLog, temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

export const PURPOSE = 'dpv:PublicBenefit'

export interface RoomsOptions {
  readonly directory?: string
  readonly clock?: Clock
  readonly segmentBytesMax?: number
  /** Of the journal. */
  readonly storage?: Storage
  readonly retentionBytes?: number
}

interface Sending { readonly qos?: Packet['qos'], readonly retain?: boolean, readonly device?: string, readonly more?: object }

export class Rooms<C extends Clock = TurnedClock> {
  readonly directory: string
  readonly clock: C
  readonly tally = new Tally()
  readonly database: DatabaseSync
  readonly transparency: TransparencyLog
  readonly parties: Parties
  readonly sources: Sources
  readonly devices: Devices
  readonly streams: Streams
  readonly groups: Groups
  readonly subjects: Subjects
  readonly consents: Consents
  readonly offers: Offers
  readonly ledger: Ledger
  readonly agreements: Agreements
  readonly meter: Meter
  readonly plans: Plans
  readonly journal: WatchedJournal
  readonly network: Network
  readonly pipeline: Pipeline
  readonly #sends: Promise<void>[] = []

  private constructor(options: RoomsOptions) {
    const { directory = temporaryFolder(), clock = new TurnedClock(), segmentBytesMax, retentionBytes = 1 << 30, storage } = options
    this.directory = directory
    this.clock = clock as C
    this.database = openState(directory)
    // What a test costs is mostly the disk; whether a commit is on it is the state's test.
    this.database.exec('PRAGMA synchronous = OFF')
    const { database, tally } = this, log = silentLog
    this.transparency = new TransparencyLog({ database, clock, key: SigningKey.open(directory) })
    const { append: appendToLog } = this.transparency
    const vault = new Vault(directory), transforms = new Transforms(new Pseudonyms(secretOf('pseudonyms', database, vault)))
    this.parties = new Parties(database, clock, vault)
    this.sources = new Sources(database, clock)
    this.devices = new Devices(database, clock, this.sources)
    this.streams = new Streams(database, clock, ownerId => this.parties.get(ownerId)!.address!)
    const onChange = (streamId: string) => { const stream = this.streams.get(streamId); if (stream) this.network.review(stream) }
    this.consents = openConsents(database, clock, onChange, { appendToLog, beginningOf: (streamId, now) => this.network.beginningOf(this.streams.get(streamId), now) })
    this.offers = new Offers(database, clock)
    this.ledger = new Ledger(database, clock, appendToLog)
    this.agreements = new Agreements({ database, clock, offers: this.offers, ledger: this.ledger, appendToLog, onChange })
    this.meter = new Meter({ database, clock, ledger: this.ledger, agreements: this.agreements, appendToLog, directory, platformPercent: 10, isRecovered: true })
    this.groups = new Groups(database, clock, this.parties)
    this.subjects = new Subjects(database, clock, this.sources)
    this.plans = new Plans({ ...this, transforms, recipients: recipientsOf(this.parties, this.groups), clock })
    followChanges({ ...this, onChange })
    this.journal = new WatchedJournal({
      directory: join(directory, 'journal'), clock, log, retentionMs: 7 * 86_400_000, retentionBytes,
      ...(segmentBytesMax !== undefined && { segmentBytesMax }), ...(storage && { storage }),
    })
    const { journal, plans, streams, offers, agreements, meter, sources, devices } = this
    const network = this.network = new Network({
      journal, plans, streams, offers, agreements, meter, log, onDelivered: count => { tally.deliveries += count },
    })
    const explain = new Explain(), times = new StageTimes()
    this.pipeline = new Pipeline({ sources, devices, streams, plans, journal, network, tally, explain, times, log, linger: new Linger(0) })
  }

  static async open<C extends Clock = TurnedClock>(options: RoomsOptions & { readonly clock?: C } = {}): Promise<Rooms<C>> {
    const rooms = new Rooms<C>(options)
    await rooms.journal.open()
    await rooms.meter.recover((streamId, runs, each) => recordsIn(rooms.journal, rooms.streams.get(streamId)?.number ?? 0, runs, record => each(record.position, record)))
    return rooms
  }

  /** Opens it again as after a stop, or after a kill: then nothing was sealed. */
  async reopen(how: 'stop' | 'kill', more: RoomsOptions = {}): Promise<Rooms<C>> {
    await this.close(how)
    return Rooms.open<C>({ directory: this.directory, clock: this.clock, ...more } as RoomsOptions & { clock: C })
  }

  async close(how: 'stop' | 'kill' = 'stop'): Promise<void> {
    await this.journal.close()
    if (how === 'stop') this.meter.close()
    this.database.close()
  }

  party(role: Role): Party { return this.parties.add({ role, name: role }).party }
  source(owner: Party): Source { return this.sources.pair(owner.id, { name: 'home', dialect: 'zigbee2mqtt' }).source }

  /** One batch of climate reports, with a temperature each. Resolves when it may be acknowledged, at once where nobody waits for it. */
  send(source: Source, temperatures: readonly number[], sending: Sending = {}): Promise<void> {
    const { qos = 1, retain = false, device = 'kitchen', more = {} } = sending
    const topic = `zigbee2mqtt/${device}`, receivedAt = this.clock.now()
    const payloads = temperatures.map(temperature => Buffer.from(JSON.stringify({ temperature, humidity: 44.4, ...more })))
    const packets = payloads.map(payload => ({ topic, payload, qos, retain, receivedAt }))
    const settling = this.pipeline.ingest(Batch.of(packets), { sourceId: source.id, clientId: 'hub' }) ?? Promise.resolve()
    this.#sends.push(settling)
    return settling
  }

  /** A source with one device, which has reported once, and its stream. */
  async scene(owner = this.party('owner')): Promise<{ owner: Party, source: Source, stream: Stream }> {
    const source = this.source(owner)
    await this.send(source, [0])
    return { owner, source, stream: this.streams.ofOwner(owner.id).find(({ sourceId }) => sourceId === source.id)! }
  }

  grant({ id: streamId, ownerId }: Stream, more: Partial<NewGrant> = {}): string {
    return this.consents.grant({ ownerId, streamId, recipient: 'any', purposes: [PURPOSE], attributes: ['temperature'], ...more }).grant.id
  }

  agree({ id: streamId, ownerId }: Stream, subscriber: Party, more: Partial<NewOffer> & { budget?: bigint } = {}): Agreement {
    const { budget = more.price === undefined ? 0n : 1_000_000_000n, ...given } = more
    const offer = { streamId, price: 0n, unit: 'message', currency: 'EUR', attributes: ['temperature'], ...given } as const
    return this.agreements.agree(subscriber.id, { offerId: this.offers.create(ownerId, offer).id, purpose: PURPOSE, budget })
  }

  watch(party: Party, { id }: Stream, from?: string, sink = new Reader()): Reader {
    sink.subscription = this.network.open(party, id, from, () => sink)
    return sink
  }

  /** Resolves when nothing is under way any more: neither to the journal nor from it. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#sends)
    do {
      await new Promise(done => setImmediate(done))
      await this.journal.written()
    } while (this.journal.reads > 0 || this.journal.waitingBytes > 0)
  }
}

/** What a subscriber got: a message, the text of their view, and the consent that let it out. */
export interface Outgoing { readonly id: string, readonly message: Message, readonly content: string, readonly consentId: string | undefined }

/** A subscriber behind a transport that holds `room` messages. What it reads has reached its socket; what waits has not. */
export class Reader implements Sink {
  onDrain = (): void => {}
  readonly got: Outgoing[] = []
  waiting: Outgoing[] = []
  ended: ErrorCode | undefined
  isCut = false
  subscription: Subscription | undefined
  /** Told of each message that reaches the socket. */
  onRead: (outgoing: Outgoing) => void = () => {}
  readonly #room: number
  /** Since it was empty: whoever filled it waits to be told. */
  #wasFull = false

  constructor(room = Infinity) { this.#room = room }

  /** Whatever comes is read at once. */
  isEager = false

  static eager(): Reader { const reader = new Reader(); reader.isEager = true; return reader }

  get isEmpty(): boolean { return this.waiting.length === 0 }

  send(views: readonly View[], consentId?: string): boolean {
    if (this.isCut || this.ended) throw new Error('something was handed over behind the end')
    this.waiting.push(...views.map(({ id, message, text }) => ({ id, message, content: text, consentId })))
    if (this.isEager) this.read()
    const isFull = this.waiting.length >= this.#room
    this.#wasFull ||= isFull
    return !isFull
  }

  /** Reads so many messages of those that wait, or all. */
  read(count = Infinity): void {
    for (const outgoing of this.waiting.splice(0, count)) {
      this.onRead(outgoing)
      this.got.push(outgoing)
    }
    if (!this.#wasFull || !this.isEmpty) return
    this.#wasFull = false
    this.onDrain()
  }

  end(code: ErrorCode): void { this.ended = code }

  cut(): void {
    this.isCut = true
    this.waiting = []
    this.subscription?.close()
  }

  /** The client goes. */
  leave(): void {
    this.waiting = []
    this.subscription?.close()
  }

  get temperatures(): number[] { return this.got.map(({ content }) => JSON.parse(content).temperature.value as number) }
  get lastId(): string | undefined { return this.got.at(-1)?.id }
}

/** Whether the ids of messages rise from each to the next. */
export function isInOrder(messages: readonly Outgoing[]): boolean {
  return messages.every(({ message: { timestamp, sequenceNumber } }, n) => {
    const before = messages[n - 1]?.message
    return !before || timestamp > before.timestamp || (timestamp === before.timestamp && sequenceNumber > before.sequenceNumber)
  })
}

/** Knows how many reads are under way. */
class WatchedJournal extends Journal {
  reads = 0

  override async read(streamNumber: number, position: number): ReturnType<Journal['read']> {
    this.reads++
    try { return await super.read(streamNumber, position) } finally { this.reads-- }
  }
}
