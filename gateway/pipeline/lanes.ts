// Topics that the kernel takes by itself: learned from messages that were understood in full, and let go as soon as anything that was known
// of them has changed. A lane is a stream as it is reached by one topic.
import type { Layout } from '#adapters/layout.ts'
import type { Plan, Plans } from '#gateway/decision/plans.ts'
import type { Device, Devices } from '#gateway/devices/devices.ts'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream, Streams } from '#gateway/devices/streams.ts'
import { ENTITIES_PER_DEVICE_MAX, KERNEL_BYTES_MAX, type Entered, type Kernel } from '#gateway/kernel/kernel.ts'
import type { Decoder } from '#gateway/pipeline/decode.ts'
import type { Channel } from '#gateway/publish/channel.ts'
import type { Roads, Rule } from '#gateway/telemetry/roads.ts'
import { compileBlueprint, kindOf, type Blueprint } from '#semantic-models/blueprint.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { Prepared } from '#semantic-models/template.ts'

/** The kernel's memory is begun anew when it is full, but no sooner than this after the last time: until then nothing more is learned. */
export const RESET_MS_MIN = 60_000

/** What one source may take of the kernel's memory until that is begun anew, so that whoever changes with each message leaves room for others. */
export const SOURCE_BYTES_MAX = KERNEL_BYTES_MAX / 4

const CATCH_ALL = modelOf('DeviceMeasurement')

export interface LanesOptions {
  readonly kernel: Kernel
  /** Where messages are counted. */
  readonly roads: Roads
  readonly decoder: Decoder
  readonly devices: Devices
  readonly streams: Streams
  readonly plans: Plans
  readonly channelOf: (stream: Stream) => Channel
}

/** A topic of a source that was learned. */
interface Place {
  readonly sourceId: string
  readonly topic: string
  /** Under which something is remembered that it was learned with. */
  readonly memoryKey: string
  readonly device: Device
  /** What was known of the device; another object: it has changed. */
  readonly facts: DeviceFacts
  readonly blueprint: Blueprint
  /** The device's own text, where its layout has one. */
  readonly own: string | undefined
  readonly entered: Entered
  readonly lanes: readonly Lane[]
  /** What its messages are counted as. */
  readonly rule: Rule
}

interface SourceLanes {
  /** By which the kernel knows the source. */
  readonly number: number
  readonly places: Map<string, Place>
  /** Topics by what they were learned with. */
  readonly byMemory: Map<string, Set<string>>
  /** Of the kernel's memory. */
  bytes: number
}

/** What a topic can be learned from. */
interface Lesson { readonly device: Device, readonly memoryKey: string, readonly blueprint: Blueprint, readonly own: string | undefined }

export interface Lane {
  readonly place: Place
  readonly stream: Stream
  readonly channel: Channel
  /** Its place among those of its topic. */
  readonly n: number
  /** What may leave; undefined until it is looked up anew. */
  plan: Plan | undefined
}

export class Lanes {
  readonly #options: LanesOptions
  readonly #lanes: (Lane | undefined)[] = []
  readonly #free: number[] = []
  readonly #ids = new Map<Lane, number>()
  readonly #byStream = new Map<number, Set<Lane>>()
  readonly #bySource = new Map<string, SourceLanes>()
  readonly #byDevice = new Map<Device, Set<Place>>()
  readonly #blueprints = new WeakMap<Layout, Map<string, Blueprint>>()
  #lastSource = 0
  #resetAt = -Infinity

  constructor(options: LanesOptions) {
    this.#options = options
    options.kernel.onReset = () => this.#forgetAll()
    options.plans.onChanged = stream => this.#deny(stream)
  }

  /** By which the kernel knows a source. */
  numberOf(sourceId: string): number { return this.#of(sourceId).number }

  /** What messages of a topic are counted as; undefined where it is not learned. */
  ruleOf(sourceId: string, topic: string): Rule | undefined { return this.#bySource.get(sourceId)?.places.get(topic)?.rule }

  /** The lane of a number that `isOpen` was asked about. */
  at(id: number): Lane { return this.#lanes[id]! }

  /**
   * Whether what is known is enough to say what becomes of a message of the mask's attributes; if not, it is for the long road. So it is while
   * the owner looks on, who sees more than leaves.
   */
  isOpen(id: number, mask: number, now: number): boolean {
    const { place, stream, channel, plan } = this.#lanes[id]!, isAsLearned = place.device.facts === place.facts && channel.owners.size === 0
    if (isAsLearned && plan !== undefined && now < plan.validUntil && (stream.mask & mask) === mask) return true
    if (isAsLearned) this.#allow(place)
    else this.forget(place.sourceId, place.topic)
    return false
  }

  /** To be called when the long road has understood a message of a topic: the next one may be the kernel's. Not while a run is worked off. */
  learn(source: Source, topic: string, payload: Uint8Array): void {
    const known = this.#of(source.id).places.get(topic), lesson = this.#lessonOf(source, topic, payload)
    if (!lesson) return this.forget(source.id, topic)
    const { device, blueprint } = lesson, streams = this.#streamsOf(device, blueprint)
    if (known?.blueprint === blueprint && known.own === lesson.own && known.facts === device.facts && known.lanes.length === streams.length) return this.#allow(known)
    if (known) this.forget(source.id, topic)
    if (streams.length > 0 && streams.every(({ stream }) => this.#options.channelOf(stream).owners.size === 0)) this.#enter(source, topic, lesson, streams)
  }

  /** Messages of a topic are for the long road again. */
  forget(sourceId: string, topic: string): void {
    const { number, places, byMemory } = this.#of(sourceId), place = places.get(topic), siblings = place && byMemory.get(place.memoryKey)
    if (!place) return
    this.#readStates(place)
    this.#leave(place)
    this.#options.kernel.forget(number, topic)
    places.delete(topic)
    siblings?.delete(topic)
    if (siblings?.size === 0) byMemory.delete(place.memoryKey)
    place.lanes.forEach(lane => this.#drop(lane))
  }

  #leave(place: Place): void {
    const { device } = place, places = this.#byDevice.get(device)
    places?.delete(place)
    if (places?.size !== 0) return
    this.#byDevice.delete(device)
    device.bringUpToDate = undefined
  }

  /** Of all topics that were learned with what was remembered under this key. */
  forgetMemory(sourceId: string, memoryKey: string): void {
    for (const topic of [...this.#bySource.get(sourceId)?.byMemory.get(memoryKey) ?? []]) this.forget(sourceId, topic)
  }

  /** To be called when a source has gone. */
  forgetSource(sourceId: string): void {
    for (const topic of [...this.#bySource.get(sourceId)?.places.keys() ?? []]) this.forget(sourceId, topic)
    this.#bySource.delete(sourceId)
  }

  #lessonOf(source: Source, topic: string, payload: Uint8Array): Lesson | undefined {
    const { decoder, devices } = this.#options, place = decoder.placeOf(source, topic), found = place?.adapter.layout?.(topic, place.memory, place.settings, payload)
    const device = found && devices.peek(source.id, place!.adapter.name, found.device)
    return device && { device, memoryKey: place!.memoryKey, blueprint: this.#compiled(found.layout, device.facts), own: found.own }
  }

  #compiled(layout: Layout, facts: DeviceFacts): Blueprint {
    const kind = kindOf(facts), kinds = this.#blueprints.get(layout) ?? new Map<string, Blueprint>(), known = kinds.get(kind) ?? compileBlueprint(layout, facts)
    this.#blueprints.set(layout, kinds.set(kind, known))
    return known
  }

  /** Those that there are, with their entities' places in the blueprint. */
  #streamsOf(device: Device, { entities }: Blueprint): readonly { readonly index: number, readonly stream: Stream }[] {
    const { streams } = this.#options
    return entities.flatMap(({ model, quantity }, index) => {
      const stream = streams.peek(device.id, model, quantity)
      return stream ? [{ index, stream }] : []
    }).slice(0, ENTITIES_PER_DEVICE_MAX)
  }

  #enter(source: Source, topic: string, { device, memoryKey, blueprint, own }: Lesson, streams: readonly { readonly index: number, readonly stream: Stream }[]): void {
    const { kernel, channelOf, roads } = this.#options, known = this.#of(source.id), { number, places, byMemory } = known, { used, epoch } = kernel
    if (known.bytes >= SOURCE_BYTES_MAX) return
    const ids = streams.map(() => this.#free.pop() ?? this.#lanes.push(undefined) - 1)
    const entities = streams.map(({ index }, n) => ({ index, id: ids[n]!, granted: 0 })), entered = this.#attempt(() => kernel.enter(number, topic, blueprint, new Prepared(device.facts), entities, own))
    if (!entered) return void (kernel.epoch === epoch && this.#free.push(...ids))
    known.bytes += kernel.used - used
    const rule = roads.of(device.dialect, mainModelOf(streams)), lanes: Lane[] = []
    const place: Place = { sourceId: source.id, topic, memoryKey, device, facts: device.facts, blueprint, own, entered, lanes, rule }
    rule.learned++
    streams.forEach(({ stream }, n) => this.#index(ids[n]!, lanes[n] = { place, stream, channel: channelOf(stream), n, plan: undefined }))
    places.set(topic, place)
    byMemory.set(memoryKey, (byMemory.get(memoryKey) ?? new Set()).add(topic))
    this.#byDevice.set(device, (this.#byDevice.get(device) ?? new Set()).add(place))
    device.bringUpToDate = () => { for (const each of this.#byDevice.get(device) ?? []) this.#readStates(each) }
    this.#allow(place)
  }

  /** What needs memory of the kernel. */
  #attempt<T>(work: () => T | undefined): T | undefined {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      if (performance.now() - this.#resetAt < RESET_MS_MIN) return undefined
      this.#resetAt = performance.now()
      this.#options.kernel.reset()
      return undefined
    }
  }

  /** Looks up what may leave where that has changed. */
  #allow({ lanes, entered }: Place): void {
    const { kernel, plans } = this.#options
    for (const lane of lanes) {
      const plan = plans.of(lane.stream)
      if (plan !== lane.plan) kernel.grant(entered, lane.n, (lane.plan = plan).granted)
    }
  }

  /** At once, and before anything else is known: nothing leaves. */
  #deny(stream: Stream): void {
    for (const lane of this.#byStream.get(stream.number) ?? []) {
      lane.plan = undefined
      this.#options.kernel.grant(lane.place.entered, lane.n, 0)
    }
  }

  #readStates({ device, blueprint, entered }: Place): void {
    blueprint.states.forEach((quantity, n) => {
      const state = this.#options.kernel.takeState(entered, n)
      if (state) device.status.set(quantity, { device: device.key, quantity, ...state })
    })
  }

  #index(id: number, lane: Lane): void {
    this.#lanes[id] = lane
    this.#ids.set(lane, id)
    const siblings = this.#byStream.get(lane.stream.number)
    if (siblings) siblings.add(lane)
    else this.#byStream.set(lane.stream.number, new Set([lane]))
  }

  #drop(lane: Lane): void {
    const id = this.#ids.get(lane), siblings = this.#byStream.get(lane.stream.number)
    if (id === undefined) return
    this.#lanes[id] = undefined
    this.#free.push(id)
    this.#ids.delete(lane)
    siblings?.delete(lane)
    if (siblings?.size === 0) this.#byStream.delete(lane.stream.number)
  }

  /** The kernel has forgotten everything. */
  #forgetAll(): void {
    for (const device of this.#byDevice.keys()) device.bringUpToDate = undefined
    this.#lanes.length = this.#free.length = 0
    this.#ids.clear()
    this.#byStream.clear()
    this.#byDevice.clear()
    this.#bySource.clear()
  }

  #of(sourceId: string): SourceLanes {
    let found = this.#bySource.get(sourceId)
    if (!found) this.#bySource.set(sourceId, found = { number: ++this.#lastSource, places: new Map(), byMemory: new Map(), bytes: 0 })
    return found
  }
}

/** The type that an operator knows a topic's messages by: of several the first, and the catch-all only where there is no other. */
function mainModelOf(streams: readonly { readonly stream: Stream }[]): string {
  return (streams.find(({ stream: { model } }) => model !== CATCH_ALL) ?? streams[0]!).stream.model.type
}
