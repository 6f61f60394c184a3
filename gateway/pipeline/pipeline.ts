// The data path in one place: decode → map → consent → price → journal → publish. Synchronous over a batch up to the journal, and behind it.
// No promise, closure or log per message between the two ends.
import type { Adapter, Decoded } from '#adapters/adapter.ts'
import type { Packet } from '#adapters/packet.ts'
import type { Plans } from '#gateway/decision/plans.ts'
import type { Device, Devices } from '#gateway/devices/devices.ts'
import type { Source, Sources } from '#gateway/devices/sources.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Batch } from '#gateway/ingest/batch.ts'
import type { Ingest } from '#gateway/ingest/ingest.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import { furthest } from '#gateway/decision/standing.ts'
import { consent } from '#gateway/pipeline/consent.ts'
import { Decoder } from '#gateway/pipeline/decode.ts'
import { Freshness } from '#gateway/pipeline/fresh.ts'
import { keptOf } from '#gateway/pipeline/kept.ts'
import { Lanes } from '#gateway/pipeline/lanes.ts'
import type { Linger } from '#gateway/pipeline/linger.ts'
import { Outgoing } from '#gateway/pipeline/outgoing.ts'
import { price } from '#gateway/pipeline/price.ts'
import { ShortRoad } from '#gateway/pipeline/short-road.ts'
import type { Network, Published } from '#gateway/publish/network.ts'
import type { Explain } from '#gateway/telemetry/explain.ts'
import type { Log } from '#gateway/telemetry/log.ts'
import type { LongRoadReason, Rule } from '#gateway/telemetry/roads.ts'
import type { StageTimes } from '#gateway/telemetry/stage-times.ts'
import type { Tally } from '#gateway/telemetry/tally.ts'
import { map } from '#semantic-models/mapper.ts'
import type { Observation } from '#semantic-models/observation.ts'
import { pack } from '#semantic-models/packed.ts'

export interface PipelineOptions {
  readonly sources: Sources
  readonly devices: Devices
  readonly streams: Streams
  readonly plans: Plans
  readonly journal: Journal
  readonly network: Network
  readonly tally: Tally
  readonly explain: Explain
  readonly times: StageTimes
  readonly log: Log
  readonly linger: Linger
}

/** Bytes that go to the journal together, and a batch. */
const TURN_BYTES_MAX = 1 << 20

/** Turns whose memory is kept to be used again: as many as wait for the journal at one time, as a rule. */
const SPARE_TURNS_MAX = 4

/** Topics that are learned behind one batch: each takes some microseconds. */
const LEARNED_PER_BATCH_MAX = 256

const UNKNOWN_TOPIC = 'No adapter knows this topic: name the dialect when you pair the source.'

export class Pipeline {
  readonly #options: PipelineOptions
  readonly #decoder: Decoder
  readonly #freshness = new Freshness()
  readonly #lanes: Lanes
  readonly #shortRoad: ShortRoad
  /** What this turn of the loop lets out. */
  #out = new Outgoing()
  /** To be used again. */
  readonly #spare: Outgoing[] = []
  /** Turns that wait for the journal: what comes behind them may not overtake them. */
  #waiting = 0
  /** Topics of which a message of the batch under way was understood in full by the long road, and the last such one. */
  readonly #understood = new Map<string, Uint8Array>()

  constructor(options: PipelineOptions) {
    this.#options = options
    const { devices, streams, plans, network, explain, tally } = options, kernel = new Kernel(), decoder = this.#decoder = new Decoder(devices)
    const lanes = this.#lanes = new Lanes({ kernel, roads: tally.roads, decoder, devices, streams, plans, channelOf: stream => network.channelOf(stream) })
    decoder.onRemembered = (sourceId, memoryKey) => lanes.forgetMemory(sourceId, memoryKey)
    decoder.onReassigned = (sourceId, topic) => lanes.forget(sourceId, topic)
    this.#shortRoad = new ShortRoad({
      kernel, lanes, freshness: this.#freshness,
      out: () => this.#out,
      drop: (sourceId, receivedAt, topic, code) => { tally.drop(code); explain.note(sourceId, receivedAt, topic, code) },
      handBack: (source, batch, n, reason, rule) => this.#takeSlowly(source, batch, n, reason, rule),
    })
  }

  /**
   * The port of the MQTT edge. What nobody may have is settled at once, and so is what nobody waits for, as long as the disk keeps up; the
   * rest is acknowledged when the journal has it.
   */
  readonly ingest: Ingest = (batch, connection) => {
    const { sources, devices, streams, tally, times } = this.#options, started = times.now()
    const out = this.#out, { count: before, length } = out, source = sources.get(connection.sourceId)
    try {
      if (source?.state === 'active') this.#take(source, batch)
      else for (const packet of batch) this.#drop(connection.sourceId, packet, 'NOT_PAIRED')
      devices.flush()
      streams.flush()
    } catch (error) {
      const lost = out.cut(before, length)
      tally.received += lost.length
      this.#fail(lost)
      throw error
    }
    times.add('map', started)
    if (out.count === before) return undefined
    tally.received += out.count - before
    out.isDurable ||= batch.isDurable
    if (before === 0) setImmediate(this.#endTurn, out)
    if (out.length > TURN_BYTES_MAX) this.#out = this.#spare.pop() ?? new Outgoing()
    return batch.isDurable || this.#options.journal.isBehind ? out.settled() : undefined
  }

  /** To be called when a source is gone for good. */
  forget(sourceId: string): void {
    this.#lanes.forgetSource(sourceId)
    this.#decoder.forget(sourceId)
  }

  /** Messages that lie in bytes go by the short road as far as it takes them, all others by the long one; each in its turn. */
  #take(source: Source, batch: Batch): void {
    this.#understood.clear()
    for (let n = 0, end = 0; n < batch.count; n = end) {
      for (end = n; end < batch.count && batch.isPacket(end) === batch.isPacket(n); end++) { /* on */ }
      if (!batch.isPacket(n)) this.#shortRoad.take(source, batch, n, end)
      else for (let each = n; each < end; each++) this.#takeSlowly(source, batch, each, 'packet')
    }
    if (this.#understood.size > 0) this.#learn(source, batch)
  }

  #learn(source: Source, batch: Batch): void {
    const { times } = this.#options, started = times.now()
    let count = 0
    for (const [topic, payload] of this.#understood) if (count++ < LEARNED_PER_BATCH_MAX) this.#lanes.learn(source, topic, payload)
    batch.longRoadMs += times.now() - started
  }

  /** A packet that breaks us fails by itself: were its batch refused for it, its device would send it again for ever. */
  #takeSlowly(source: Source, batch: Batch, n: number, reason: LongRoadReason, rule?: Rule): void {
    const { times } = this.#options, started = times.now(), packet = batch.packetAt(n)
    try {
      this.#process(source, packet, reason, rule ?? this.#lanes.ruleOf(source.id, packet.topic))
    } catch (error) {
      this.#options.tally.received++
      this.#options.tally.failed++
      this.#options.log.error({ sourceId: source.id, error }, 'Failed to process a packet')
    }
    batch.longRoadMs += times.now() - started
  }

  /** `rule`: what its topic was learned as. */
  #process(source: Source, packet: Packet, reason: LongRoadReason, rule: Rule | undefined): void {
    const found = this.#decoder.decode(source, packet)
    if (!found) return this.#drop(source.id, packet, 'NO_ADAPTER', '', UNKNOWN_TOPIC)
    const { observations, refusal } = this.#map(source, packet, found.adapter, found.decoded)
    const counted = rule ?? this.#options.tally.roads.of(found.adapter.name)
    counted.long[refusal !== 'NO_READING' || found.decoded.refused.length > 0 ? 'refused' : rule ? reason : 'not-learned']++
    if (observations.length === 0) return this.#drop(source.id, packet, refusal, '', wholeFault(found.decoded, refusal))
    for (const observation of observations) this.#letOut(source, packet, found.adapter, observation)
    if (refusal === 'NO_READING') this.#understood.set(packet.topic, packet.payload)
  }

  /** Readings → observations. Without any, `refusal` is the reason of the stage that was reached furthest. */
  #map(source: Source, packet: Packet, adapter: Adapter, decoded: Decoded): { observations: readonly Observation[], refusal: RefusalCode } {
    const { devices } = this.#options
    let refusal: RefusalCode = 'NO_READING'
    for (const { code, field, detail } of decoded.refused) refusal = this.#refuseField(source, packet, refusal, code, field, detail)
    for (const report of decoded.devices) {
      const device = devices.find(source, adapter.name, report.device)
      if (device) devices.report(device, report)
    }
    const readings = decoded.readings.filter(({ device }) => this.#seen(source, packet, adapter, device) !== undefined)
    if (readings.length < decoded.readings.length) refusal = 'OVER_QUOTA'
    const mapped = map(readings, key => devices.peek(source.id, adapter.name, key)!.facts, packet.receivedAt)
    for (const { code, field, detail } of mapped.refused) refusal = this.#refuseField(source, packet, refusal, code, field, detail)
    for (const value of mapped.status) {
      const device = devices.peek(source.id, adapter.name, value.device)
      device?.bringUpToDate?.()
      device?.status.set(value.quantity, value)
    }
    return { observations: mapped.observations, refusal }
  }

  #seen(source: Source, packet: Packet, adapter: Adapter, key: string): Device | undefined {
    const device = this.#options.devices.find(source, adapter.name, key)
    if (device) device.lastSeen = packet.receivedAt
    return device
  }

  #letOut(source: Source, packet: Packet, adapter: Adapter, observation: Observation): void {
    const { devices, streams, plans, network } = this.#options
    const device = devices.peek(source.id, adapter.name, observation.device)!
    const stream = streams.find(source, device, observation)
    const plan = plans.of(stream), { entity } = observation
    const denied = consent(plan, entity.mask) ?? price(plan, entity.mask), content = denied === undefined ? pack(entity, plan.granted) : undefined
    const refusal = this.#freshness.judge(stream, observation, content, packet.retain) ?? denied
    if (refusal === 'DUPLICATE') return this.#drop(source.id, packet, refusal)
    const fresh = refusal === undefined ? content : undefined, channel = network.channelOf(stream)
    this.#freshness.note(stream, observation, fresh)
    const whole = network.isWatched(stream) ? pack(entity, entity.mask) : undefined
    const judged = fresh && plan.kept ? keptOf(plan.kept, plan, channel, packet.receivedAt, fresh) : fresh, kept = typeof judged === 'string' ? undefined : judged
    if (kept) this.#out.add(channel, plan, packet.receivedAt, kept.bytes, kept.from, kept.to, kept.mask)
    if (whole) network.show(kept ? this.#out.messageAt(this.#out.count - 1) : channel.next(whole, packet.receivedAt), whole)
    if (!kept) this.#drop(source.id, packet, typeof judged === 'string' ? judged : refusal!)
  }

  /** What all connections brought in one turn of the loop goes together, and in the order of the turns. */
  readonly #endTurn = (out: Outgoing): void => {
    if (this.#out === out) this.#out = this.#spare.pop() ?? new Outgoing()
    const { count } = out
    if (count === 0) this.#done(out)
    else if (out.isDurable || this.#waiting > 0 || this.#options.journal.isBehind) void this.#keepAndPublish(out)
    else this.#publishAndKeep(out)
    process.nextTick(this.#rest, count) // behind what is written to the sockets then
  }

  readonly #rest = (count: number): void => { this.#options.linger.behind(count) }

  async #keepAndPublish(out: Outgoing): Promise<void> {
    const { journal, network, times } = this.#options, started = times.now()
    this.#waiting++
    try {
      await journal.appendReady(out.records, 0, out.length, network.msgChainId, out.isDurable)
      times.add('journal', started)
      const { taken, away } = this.#publish(out)
      this.#options.tally.delivered += taken + away.length
      this.#done(out)
    } catch (error) {
      this.#fail(out.streams())
      this.#done(out, error as Error)
    }
    this.#waiting--
  }

  /** What nobody waits for: who is there has it at once, and who is not finds it in the journal. */
  #publishAndKeep(out: Outgoing): void {
    const { journal, network, tally, times } = this.#options, started = times.now()
    try {
      const kept = journal.appendSoon(out.records, 0, out.length, network.msgChainId)
      times.add('journal', started)
      const { taken, away } = this.#publish(out)
      tally.delivered += taken
      if (away.length > 0) kept.then(() => { tally.delivered += away.length }, () => this.#fail(away))
      this.#done(out)
    } catch (error) {
      this.#options.log.error({ error }, 'Failed to hand over what a turn brought')
      this.#fail(out.streams())
      this.#done(out, error as Error)
    }
  }

  #done(out: Outgoing, error?: Error): void {
    out.settle(error)
    if (this.#spare.length < SPARE_TURNS_MAX) this.#spare.push(out.clear())
  }

  #publish(out: Outgoing): Published {
    const { network, times } = this.#options, started = times.now(), published = network.publish(out, this.#refused)
    times.add('publish', started)
    return published
  }

  /** `streams`: of each message that could not be kept. When it comes again, it is news. */
  #fail(streams: readonly Stream[]): void {
    this.#options.tally.failed += streams.length
    for (const stream of streams) {
      this.#freshness.takeBack(stream)
      this.#options.network.channelOf(stream).sampledAt = NaN
    }
  }

  readonly #refused = (refusal: RefusalCode): void => { this.#options.tally.dropped[refusal]++ }

  #drop(sourceId: string, packet: Packet, code: RefusalCode, field = '', detail = ''): void {
    this.#options.tally.drop(code)
    this.#options.explain.note(sourceId, packet.receivedAt, packet.topic, code, field, detail)
  }

  #refuseField(source: Source, packet: Packet, before: RefusalCode, code: RefusalCode, field: string, detail: string): RefusalCode {
    this.#options.tally.fields[code]++
    if (field !== '') this.#options.explain.note(source.id, packet.receivedAt, packet.topic, code, field, detail)
    return furthest(before, code)
  }
}

/** What is wrong with a payload as a whole: it has no field. */
function wholeFault({ refused }: Decoded, refusal: RefusalCode): string {
  return refused.find(({ code, field }) => code === refusal && field === '')?.detail ?? ''
}
