// The composition root: builds every room, wires them, starts and stops them in order. The only file that knows everyone.
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Aggregates } from '#gateway/aggregates/aggregates.ts'
import { document } from '#gateway/api/document.ts'
import { HttpServer } from '#gateway/api/server.ts'
import type { Services } from '#gateway/api/services.ts'
import { Backups } from '#gateway/backup/backups.ts'
import { Bridges } from '#gateway/bridge/bridges.ts'
import type { Config } from '#gateway/config/config.ts'
import { Consents } from '#gateway/consent/consents.ts'
import { factsOf } from '#gateway/consent/notices/facts.ts'
import { Notices } from '#gateway/consent/notices/notices.ts'
import { Records } from '#gateway/consent/records/records.ts'
import { followChanges } from '#gateway/decision/changes.ts'
import { recipientsOf } from '#gateway/decision/ground.ts'
import { Plans } from '#gateway/decision/plans.ts'
import { Certificates } from '#gateway/devices/certificates.ts'
import { Devices } from '#gateway/devices/devices.ts'
import { Sources } from '#gateway/devices/sources.ts'
import { Streams } from '#gateway/devices/streams.ts'
import { Subjects } from '#gateway/devices/subjects.ts'
import { History } from '#gateway/history/history.ts'
import { InfluxStore } from '#gateway/history/influx.ts'
import type { Ingest } from '#gateway/ingest/ingest.ts'
import { Journal } from '#gateway/journal/journal.ts'
import { recordsIn } from '#gateway/journal/names.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { Agreements } from '#gateway/market/agreements.ts'
import { Ledger } from '#gateway/market/ledger.ts'
import { Meter } from '#gateway/market/meter.ts'
import { Offers } from '#gateway/market/offers.ts'
import { isForMqtt, openWebSocket } from '#gateway/mqtt/listeners/web-socket.ts'
import type { Rates } from '#gateway/mqtt/pace.ts'
import { MqttServer, type Certified, type Principal } from '#gateway/mqtt/server.ts'
import { SessionStore } from '#gateway/mqtt/session-store.ts'
import { OperatorActions } from '#gateway/parties/operator-actions.ts'
import { writeOperatorKey } from '#gateway/parties/operator-key.ts'
import { Groups } from '#gateway/parties/groups.ts'
import { Parties } from '#gateway/parties/parties.ts'
import { secretOf } from '#gateway/parties/sealed-value.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { Linger } from '#gateway/pipeline/linger.ts'
import { Pipeline } from '#gateway/pipeline/pipeline.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { MqttFeeds } from '#gateway/publish/mqtt-feeds.ts'
import { Network } from '#gateway/publish/network.ts'
import { Previews } from '#gateway/publish/previews.ts'
import { Sealer } from '#gateway/publish/sealer.ts'
import { WebSocketTransport } from '#gateway/publish/websocket.ts'
import { Erasures } from '#gateway/rights/erasures.ts'
import { Restrictions } from '#gateway/rights/restrictions.ts'
import { Rights } from '#gateway/rights/rights.ts'
import { openState } from '#gateway/state/database.ts'
import { removeRunFile, writeRunFile } from '#gateway/state/run-file.ts'
import { Explain } from '#gateway/telemetry/explain.ts'
import { LogLevels, makeLog, type AdjustableLog } from '#gateway/telemetry/log.ts'
import type { MetricSources } from '#gateway/telemetry/metrics.ts'
import { StageTimes } from '#gateway/telemetry/stage-times.ts'
import { DoorCounts, Tally, type TallyCounts } from '#gateway/telemetry/tally.ts'
import { Pseudonyms } from '#gateway/transforms/pseudonyms.ts'
import { Transforms } from '#gateway/transforms/transforms.ts'
import { TransparencyLog } from '#gateway/transparency/transparency-log.ts'

const TICK_MS = 1_000
/** A usage record for each active agreement each time: seldom enough that the books of a year fit a small disk. */
const SEAL_MS = 60_000, SEAL_STEP_MS = 100
const RETAIN_MS = 60_000
/** Of the transparency log, where it has grown; sooner for whoever asks. */
const HEAD_MS = 5_000
const STOP_GRACE_MS = 3_000
const DAY_MS = 86_400_000
/** Of a second. */
const MS_PER_PERCENT = 10

export interface Running {
  readonly mqtt: string
  /** Where there is a certificate for it. */
  readonly mqtts: string | undefined
  readonly http: string
  /** On the first start of a data directory only. */
  readonly operatorKey: string | undefined
}

export class Gateway {
  readonly #config: Config
  readonly #log: AdjustableLog
  readonly #database: DatabaseSync
  readonly #transparency: TransparencyLog
  readonly #parties: Parties
  readonly #sources: Sources
  readonly #certificates: Certificates
  readonly #devices: Devices
  readonly #streams: Streams
  readonly #groups: Groups
  readonly #subjects: Subjects
  readonly #consents: Consents
  readonly #notices: Notices
  readonly #records: Records
  readonly #previews: Previews
  readonly #offers: Offers
  readonly #ledger: Ledger
  readonly #agreements: Agreements
  readonly #meter: Meter
  readonly #plans: Plans
  readonly #journal: Journal
  readonly #backups: Backups
  readonly #network: Network
  readonly #aggregates: Aggregates
  readonly #erasures: Erasures
  readonly #rights: Rights
  readonly #mqtt: MqttServer
  readonly #bridges: Bridges
  readonly #history: History | undefined
  readonly #signingKey: SigningKey
  readonly #seals: Sealer
  readonly #webSockets: WebSocketTransport
  readonly #http: HttpServer
  readonly #tally = new Tally()
  readonly #times = new StageTimes()
  readonly #door = new DoorCounts()
  readonly #explain = new Explain()
  readonly #timers: NodeJS.Timeout[] = []
  #registry: Promise<{ metrics(): Promise<string> }> | undefined
  #urls: Pick<Running, 'mqtt' | 'mqtts'> = { mqtt: '', mqtts: undefined }
  #isReady = false

  /** Opens the data directory: throws UNAVAILABLE when another gateway holds it or a newer Sluice wrote it. */
  constructor(config: Config, log: AdjustableLog = makeLog(config.logLevel)) {
    const clock = systemClock
    this.#config = config
    this.#log = log
    this.#database = openState(config.data)
    this.#signingKey = SigningKey.open(config.data)
    this.#transparency = new TransparencyLog({ database: this.#database, clock, key: this.#signingKey, directory: config.data })
    const vault = new Vault(config.data), transforms = new Transforms(new Pseudonyms(secretOf('pseudonyms', this.#database, vault))), { append: appendToLog } = this.#transparency
    this.#parties = new Parties(this.#database, clock, vault)
    this.#sources = new Sources(this.#database, clock)
    this.#certificates = new Certificates(this.#database, clock, this.#sources)
    this.#devices = new Devices(this.#database, clock, this.#sources)
    this.#streams = new Streams(this.#database, clock, ownerId => this.#parties.get(ownerId)?.address ?? '')
    const review = (streamId: string): void => this.#review(streamId)
    this.#notices = new Notices(this.#database, clock, factsOf(config.controller, config.retentionDays))
    this.#consents = new Consents(this.#database, clock, review, {
      key: this.#signingKey, notices: this.#notices, appendToLog, beginningOf: (streamId, now) => this.#network.beginningOf(this.#streams.get(streamId), now),
    })
    this.#offers = new Offers(this.#database, clock)
    this.#ledger = new Ledger(this.#database, clock, appendToLog)
    this.#agreements = new Agreements({ database: this.#database, clock, offers: this.#offers, ledger: this.#ledger, appendToLog, onChange: review })
    this.#meter = new Meter({ database: this.#database, clock, ledger: this.#ledger, appendToLog, agreements: this.#agreements, directory: config.data, platformPercent: config.platformPercent, isRecovered: true })
    this.#groups = new Groups(this.#database, clock, this.#parties)
    this.#subjects = new Subjects(this.#database, clock, this.#sources)
    const restrictions = new Restrictions(this.#database, clock)
    restrictions.onChange = review
    this.#plans = this.#makePlans(review, transforms, restrictions)
    this.#meter.isActive = agreement => this.#plans.stateOf(agreement) === 'active'
    this.#journal = new Journal({ directory: join(config.data, 'journal'), clock, log, retentionMs: config.retentionDays * DAY_MS, retentionBytes: config.retentionBytes })
    this.#backups = new Backups({ database: this.#database, journal: this.#journal, meter: this.#meter, directory: config.data, version: document.info.version, clock, log })
    this.#network = new Network({
      journal: this.#journal, plans: this.#plans, streams: this.#streams, offers: this.#offers, agreements: this.#agreements, meter: this.#meter, log,
      onDelivered: count => { this.#tally.deliveries += count }, resetsOnWithdrawal: config.resetOnWithdrawal,
    })
    this.#aggregates = new Aggregates({ database: this.#database, streams: this.#streams, agreements: this.#agreements, subjects: this.#subjects, plans: this.#plans, meter: this.#meter, network: this.#network, log })
    this.#records = new Records({ consents: this.#consents, notices: this.#notices, parties: this.#parties, streams: this.#streams, subjects: this.#subjects, key: this.#signingKey })
    this.#previews = new Previews({ network: this.#network, clock, transforms })
    this.#history = this.#makeHistory()
    this.#seals = new Sealer({ key: this.#signingKey, clock })
    const pipeline = new Pipeline({
      sources: this.#sources, devices: this.#devices, streams: this.#streams, plans: this.#plans, journal: this.#journal, network: this.#network,
      tally: this.#tally, explain: this.#explain, times: this.#times, log, linger: new Linger(config.lingerMs),
    })
    const rates: Rates = {
      packetsPerSecondPerSourceMax: config.sourcePacketsPerSecond, bytesPerSecondPerSourceMax: config.sourceBytesPerSecond,
      longRoadMsPerSecondPerSourceMax: config.sourceLongRoadPercent * MS_PER_PERCENT,
    }
    this.#mqtt = this.#makeMqtt(pipeline.ingest, rates)
    this.#bridges = new Bridges({ database: this.#database, clock, sources: this.#sources, vault, allowed: config.bridgeHosts, ingest: pipeline.ingest, log, rates, onHeld: (ms, cause) => this.#door.hold(ms, cause) })
    this.#certificates.onCut = ({ sourceId, fingerprint }) => this.#mqtt.disconnect(sourceId, fingerprint)
    this.#sources.onResumed = sourceId => this.#bridges.review(sourceId)
    this.#sources.onCut = sourceId => {
      this.#mqtt.disconnect(sourceId)
      this.#bridges.review(sourceId)
      if (this.#sources.get(sourceId)) return
      this.#certificates.forget(sourceId)
      pipeline.forget(sourceId)
      this.#mqtt.forgetSource(sourceId)
    }
    this.#parties.onKeysEnded = partyId => {
      this.#network.endParty(partyId)
      this.#mqtt.disconnect(partyId)
    }
    this.#erasures = this.#makeErasures(restrictions)
    this.#rights = this.#makeRights(restrictions)
    const authenticate = (key: string) => this.#parties.authenticate(key)
    this.#webSockets = new WebSocketTransport({ live: this.#network, seals: this.#seals, authenticate })
    this.#http = new HttpServer({ host: config.host, port: config.httpPort, services: this.#services(), log, webSockets: { handleUpgrade: (request, socket, head) => this.#upgrade(request, socket, head) } })
  }

  /** Resolves when devices and subscribers can connect. */
  async start(): Promise<Running> {
    await this.#journal.open()
    await this.#meter.recover((streamId, runs, each) => recordsIn(this.#journal, this.#streams.get(streamId)?.number ?? 0, runs, record => each(record.position, record)))
    await this.#erasures.resume()
    const operatorKey = this.#parties.ensureOperator()?.key
    if (operatorKey !== undefined) writeOperatorKey(this.#config.data, operatorKey)
    const { port: httpPort } = await this.#http.start()
    const { port: mqttPort, tlsPort } = await this.#mqtt.start()
    this.#urls = { mqtt: this.#url('mqtt', mqttPort), mqtts: tlsPort === undefined ? undefined : this.#url('mqtts', tlsPort) }
    this.#bridges.start()
    this.#watchRequested()
    this.#every(TICK_MS, () => this.#tick())
    this.#every(SEAL_MS, () => this.#attempt('begin to seal the books: tried again in a minute', () => this.#meter.beginSealing()))
    this.#every(SEAL_STEP_MS, () => this.#attempt('seal the books: tried again in a minute', () => this.#meter.sealSome()))
    this.#every(HEAD_MS, () => this.#signHead())
    this.#every(RETAIN_MS, () => void this.#journal.retain().catch((error: unknown) => this.#log.error({ error: String(error) }, 'Failed to delete old segments')))
    this.#every(RETAIN_MS, () => void this.#erasures.resume())
    this.#isReady = true
    const running = { ...this.#urls, http: this.#url('http', httpPort), operatorKey }
    this.#announce(running)
    this.#log.info({ ...this.#urls, http: running.http }, 'Started')
    return running
  }

  /** Of the streams that somebody asked for and waits; what was seen of them before the start is forgotten. */
  #watchRequested(): void {
    for (const { streamId, ownerId } of this.#consents.requests.open()) {
      const stream = this.#streams.get(streamId), owner = this.#parties.get(ownerId)
      if (stream && owner) this.#previews.watch(stream, owner)
    }
  }

  /** Takes nothing new, finishes what is on its way, seals the books. */
  async stop(): Promise<void> {
    this.#isReady = false
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all([this.#mqtt.stop(STOP_GRACE_MS), this.#bridges.stop()])
    this.#saveSessions(() => this.#mqtt.saveSessions())
    await this.#history?.stop()
    this.#network.stop()
    this.#webSockets.stop()
    await this.#http.stop()
    await this.#journal.close()
    this.#meter.close()
    this.#signHead()
    removeRunFile(this.#config.data)
    this.#database.close()
    this.#log.info('Stopped')
  }

  /** Nobody but an operator has an account here. */
  get isUnused(): boolean { return this.#parties.list().every(({ role }) => role === 'operator') }

  /** The books of the data path. */
  counts(): TallyCounts { return this.#tally.counts() }

  /** For whoever looks at the data directory. A help, and no reason not to run. */
  #announce({ mqtt, mqtts, http }: Running): void {
    try {
      writeRunFile(this.#config.data, { pid: process.pid, mqtt, mqtts, http, startedAt: new Date().toISOString() })
    } catch (error) {
      this.#log.warn({ error: String(error) }, 'Failed to say in the data directory that this gateway runs')
    }
  }

  /** A source by its password, or by their key a party that may have streams. */
  #principalOf(username: string, password: Uint8Array): Principal | undefined {
    const source = this.#sources.authenticate(username, password), party = this.#parties.authenticate(Buffer.from(password).toString('latin1'))
    if (source) return { sourceId: source.id }
    return party?.id === username && party.role !== 'operator' ? { readerId: party.id } : undefined
  }

  #certified(fingerprint: string): Certified | undefined {
    const found = this.#certificates.find(fingerprint)
    return found && { sourceId: found.source.id, username: found.source.username, until: found.until }
  }

  /** WebSockets are live streams, or MQTT where that is allowed. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#config.mqttWebSocket || !isForMqtt(request)) return this.#webSockets.handleUpgrade(request, socket, head)
    const stream = openWebSocket(request, socket, head)
    if (stream) this.#mqtt.accept(stream)
  }

  #review(streamId: string): void {
    const stream = this.#streams.get(streamId)
    if (stream) this.#network.review(stream)
  }

  #tick(): void {
    void this.#journal.probe()
    this.#saveSessions(() => this.#mqtt.saveChangedSessions())
    // What has ended by itself lets nothing out since then; here it is written down.
    this.#attempt('write down which consents have ended: tried again in a second', () => { this.#consents.expire() })
    try {
      this.#meter.tick()
      this.#network.tick()
      this.#aggregates.tick()
      this.#history?.tick()
      this.#meter.sync()
    } catch (error) {
      this.#log.error({ error: String(error) }, 'Failed to write the usage log: tried again in a second')
    }
  }

  /** What is tried again by itself: its failure is told, and nothing else. */
  #attempt(what: string, work: () => void): void {
    try { work() } catch (error) { this.#log.error({ error: String(error) }, `Failed to ${what}`) }
  }

  #saveSessions(save: () => void): void { this.#attempt('write down MQTT sessions: tried again in a second', save) }
  #signHead(): void { this.#attempt('keep a head of the transparency log: tried again', () => this.#transparency.head()) }

  #makeMqtt(ingest: Ingest, limits: Rates): MqttServer {
    const config = this.#config
    return new MqttServer({
      limits, host: config.host, port: config.mqttPort, tls: config.mqtts, log: this.#log, ingest, store: new SessionStore(this.#database),
      credentials: { authenticate: (username, password) => this.#principalOf(username, password), certified: fingerprint => this.#certified(fingerprint) },
      feeds: new MqttFeeds({ live: this.#network, seals: this.#seals, party: id => this.#parties.get(id) }),
      events: {
        onConnect: () => { this.#door.connected++ }, onRefuse: reason => this.#door.refuse(reason), onDisconnect: reason => this.#door.close(reason),
        onSkip: () => { this.#door.leftOut++ }, onHold: (ms, cause) => this.#door.hold(ms, cause),
      },
    })
  }

  #makePlans(onChange: (streamId: string) => void, transforms: Transforms, restrictions: Restrictions): Plans {
    const rooms = {
      parties: this.#parties, groups: this.#groups, devices: this.#devices, streams: this.#streams, subjects: this.#subjects, consents: this.#consents, agreements: this.#agreements,
    }
    followChanges({ ...rooms, onChange })
    return new Plans({ ...rooms, consents: restrictions.over(this.#consents), transforms, recipients: recipientsOf(this.#parties, this.#groups), clock: systemClock })
  }

  #makeHistory(): History | undefined {
    const { history } = this.#config
    return history && new History({
      database: this.#database, clock: systemClock, party: this.#parties.ensureHistory(), consents: this.#consents, offers: this.#offers, agreements: this.#agreements,
      streams: this.#streams, live: this.#network, store: new InfluxStore(history), keep: history.keep, log: this.#log,
    })
  }

  #makeErasures(restrictions: Restrictions): Erasures {
    return new Erasures({
      database: this.#database, clock: systemClock, parties: this.#parties, sources: this.#sources, devices: this.#devices, streams: this.#streams, consents: this.#consents, offers: this.#offers,
      agreements: this.#agreements, ledger: this.#ledger, meter: this.#meter, journal: this.#journal, network: this.#network, mqtt: this.#mqtt, backups: this.#backups,
      history: this.#history, signingKey: this.#signingKey, restrictions, groups: this.#groups, subjects: this.#subjects, notices: this.#notices, previews: this.#previews, transparency: this.#transparency, log: this.#log,
    })
  }

  #makeRights(restrictions: Restrictions): Rights {
    return new Rights({
      database: this.#database, clock: systemClock, config: this.#config, parties: this.#parties, streams: this.#streams, consents: this.#consents, meter: this.#meter, journal: this.#journal,
      signingKey: this.#signingKey, restrictions, actions: new OperatorActions(this.#database, systemClock, this.#transparency.append),
    })
  }

  /** The library for it is loaded when somebody asks: a start is shorter by that. */
  async #metricsText(): Promise<string> {
    this.#registry ??= import('#gateway/telemetry/metrics.ts').then(({ makeMetrics }) => makeMetrics(this.#metricSources()))
    return (await this.#registry).metrics()
  }

  #metricSources(): MetricSources {
    return {
      tally: this.#tally, times: this.#times, door: this.#door, connections: () => this.#mqtt.connectionCount, bridges: () => this.#bridges.states(), history: () => this.#history?.counts, subscriptions: () => this.#network.sessionCount,
      aggregates: this.#aggregates, journalBytes: () => this.#journal.bytes, streams: () => this.#streams.count,
    }
  }

  #services(): Services {
    return {
      parties: this.#parties, sources: this.#sources, certificates: this.#certificates, bridges: this.#bridges, devices: this.#devices, streams: this.#streams, groups: this.#groups, subjects: this.#subjects,
      consents: this.#consents, notices: this.#notices, records: this.#records, previews: this.#previews, offers: this.#offers, agreements: this.#agreements,
      clock: systemClock, meter: this.#meter, ledger: this.#ledger, transparency: this.#transparency, plans: this.#plans, backups: this.#backups, erasures: this.#erasures, rights: this.#rights, aggregates: this.#aggregates, explain: this.#explain, live: this.#network, seals: this.#seals, publicKeys: [this.#signingKey.jwk], history: this.#history,
      log: this.#log, logLevel: new LogLevels(this.#log), metrics: () => this.#metricsText(), readiness: () => this.#readiness(), mqttUrls: () => this.#urls,
    }
  }

  #readiness(): { ready: boolean, reasons: readonly string[] } {
    const reasons = []
    if (!this.#isReady) reasons.push('starting or stopping')
    if (this.#journal.fault) reasons.push(`the journal takes nothing: ${this.#journal.fault.message}`)
    if (this.#network.fault) reasons.push(`the usage log takes nothing: ${this.#network.fault.message}`)
    return { ready: reasons.length === 0, reasons }
  }

  #url(scheme: 'mqtt' | 'mqtts' | 'http', port: number): string {
    const { host } = this.#config
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  #every(milliseconds: number, work: () => void): void { this.#timers.push(setInterval(work, milliseconds)) }
}
