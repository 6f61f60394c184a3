// The data path in one place: decode → map → consent → price → journal → publish. Synchronous over a batch up to the journal, and behind it.
// No promise, closure or log per message between the two ends.
import type { Adapter, Decoded } from '#adapters/adapter.ts'
import type { Packet } from '#adapters/packet.ts'
import type { Plans } from '#gateway/decision/plans.ts'
import type { Device, Devices } from '#gateway/devices/devices.ts'
import type { Source, Sources } from '#gateway/devices/sources.ts'
import type { Streams } from '#gateway/devices/streams.ts'
import type { RefusalCode } from '#gateway/errors.ts'
import type { Batch } from '#gateway/ingest/batch.ts'
import type { Ingest } from '#gateway/ingest/ingest.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import { Kernel } from '#gateway/kernel/kernel.ts'
import { furthest } from '#gateway/decision/standing.ts'
import { consent } from '#gateway/pipeline/consent.ts'
import { Decoder } from '#gateway/pipeline/decode.ts'
import { Freshness } from '#gateway/pipeline/fresh.ts'
import { Lanes } from '#gateway/pipeline/lanes.ts'
import { Outgoing } from '#gateway/pipeline/outgoing.ts'
import { price } from '#gateway/pipeline/price.ts'
import { ShortRoad } from '#gateway/pipeline/short-road.ts'
import type { Message } from '#gateway/publish/message.ts'
import type { Network } from '#gateway/publish/network.ts'
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
}

/** Bytes that go to the journal together, and a batch. */
const TURN_BYTES_MAX = 1 << 20

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

  /** The port of the MQTT edge. What nobody may have is settled at once; what somebody may have is acknowledged when the journal has it. */
  readonly ingest: Ingest = (batch, connection) => {
    const { sources, devices, streams, tally, times } = this.#options, started = times.now()
    const out = this.#out, before = out.messages.length, { length } = out, source = sources.get(connection.sourceId)
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
    if (out.messages.length === before) return undefined
    tally.received += out.messages.length - before
    out.isDurable ||= batch.isDurable
    if (out.length > TURN_BYTES_MAX) this.#out = new Outgoing()
    return out.settled ??= this.#handOver(out)
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
    const kept = refusal === undefined ? content : undefined
    this.#freshness.note(stream, observation, kept)
    const whole = network.isWatched(stream) ? pack(entity, entity.mask) : undefined
    const channel = network.channelOf(stream)
    if (kept) this.#out.add(channel, plan, packet.receivedAt, kept.model, kept.bytes, kept.from, kept.to, kept.mask)
    if (whole) network.show(kept ? this.#out.messages.at(-1)! : channel.next(whole, packet.receivedAt, false), whole)
    if (!kept) this.#drop(source.id, packet, refusal!)
  }

  /** At the end of this turn of the loop: what all connections brought in it goes together. */
  #handOver(out: Outgoing): Promise<void> {
    return new Promise((done, fail) => setImmediate(() => {
      if (this.#out === out) this.#out = new Outgoing()
      this.#keepAndPublish(out).then(done, fail)
    }))
  }

  async #keepAndPublish(out: Outgoing): Promise<void> {
    const { journal, network, tally, times } = this.#options, started = times.now()
    try {
      await journal.appendReady(out.records, 0, out.length, network.msgChainId, out.isDurable)
    } catch (error) {
      this.#fail(out.messages)
      throw error
    }
    const keptAt = times.add('journal', started)
    tally.delivered += network.publish(out.messages, this.#refused)
    times.add('publish', keptAt)
  }

  #fail(messages: readonly Message[]): void {
    this.#options.tally.failed += messages.length
    for (const { stream } of messages) this.#freshness.takeBack(stream)
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
