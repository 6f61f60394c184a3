// The kernel beside the road that is the truth, decode and map: what both make of the same message, and where they differ. Topics are learned
// as the gateway learns them: from a message that the truth has understood.
import assert from 'node:assert/strict'
import type { Adapter, Decoded, Memory, SourceSettings } from '#adapters/adapter.ts'
import type { Layout } from '#adapters/layout.ts'
import { ANSWER, ENTITIES_PER_DEVICE_MAX, type Entered, type Kernel } from '#gateway/kernel/kernel.ts'
import { compileBlueprint, kindOf, type Blueprint } from '#semantic-models/blueprint.ts'
import { view } from '#semantic-models/entity.ts'
import { map, type Mapped } from '#semantic-models/mapper.ts'
import type { DeviceFacts, Observation } from '#semantic-models/observation.ts'
import { Prepared } from '#semantic-models/template.ts'
import { timeText } from '#semantic-models/text.ts'

export const ALL = 0x7fffffff
const ROW_OUT_WORDS = 8

/** A fault that is planted: into the plan that is written, or into memory before each message. */
export interface Planted { readonly blueprint?: (blueprint: Blueprint) => Blueprint, readonly memory?: (view: DataView) => void }

export interface BesideOptions {
  readonly adapter: Adapter
  readonly topic: string
  readonly facts: DeviceFacts
  readonly settings?: SourceSettings
  /** Of every entity. */
  readonly granted?: number
  readonly source?: number
  readonly planted?: Planted
}

/** What both roads made of one message, told alike. */
interface Told { readonly entities: readonly string[], readonly states: readonly string[] }

/** Learned: it was handed back, and from it something was learned that those behind it can be taken by. */
export type Outcome = 'taken' | 'handed back' | 'learned' | 'refused'

const planted = new WeakMap<Blueprint, { readonly change: NonNullable<Planted['blueprint']>, readonly made: Blueprint }>()
const blueprints = new WeakMap<Layout, Map<string, Blueprint>>()

/** The same blueprint for all devices that can share one. */
export function blueprintOf(layout: Layout, facts: DeviceFacts): Blueprint {
  const kinds = blueprints.get(layout) ?? new Map<string, Blueprint>(), known = kinds.get(kindOf(facts)) ?? compileBlueprint(layout, facts)
  blueprints.set(layout, kinds.set(kindOf(facts), known))
  return known
}

/** One topic on both roads. */
export class Beside {
  readonly kernel: Kernel
  readonly #options: BesideOptions
  #facts: DeviceFacts
  #memory: Memory | undefined
  #place: { readonly entered: Entered, readonly blueprint: Blueprint, readonly layout: Layout, readonly own: string | undefined, readonly facts: DeviceFacts } | undefined
  #epoch = 0
  /** Entities that came so far: of the others a gateway has no streams. */
  readonly #streams = new Set<string>()
  #entered = 0

  constructor(kernel: Kernel, options: BesideOptions) {
    this.kernel = kernel
    this.#options = options
    this.#facts = options.facts
  }

  get blueprint(): Blueprint | undefined { return this.#place?.blueprint }

  /** What the truth makes of a message, which learns nothing by it. */
  map(payload: Uint8Array, receivedAt: number): Mapped { return map(this.#decode(payload, receivedAt).readings, () => this.#facts, receivedAt) }

  /** Sends a message down both roads. Throws where the kernel took what the truth does not say. */
  send(payload: Uint8Array, receivedAt: number): Outcome {
    const answer = this.#epoch === this.kernel.epoch ? this.#run(payload, receivedAt) : undefined
    const decoded = this.#decode(payload, receivedAt), mapped = map(decoded.readings, () => this.#facts, receivedAt), isPlain = this.#isPlain(decoded, mapped)
    if (answer !== undefined) {
      const truth = isPlain ? this.#truth(mapped) : { entities: ['refused, or news of the device'], states: [] }
      if (!isSame(answer, truth)) assert.deepEqual(answer, truth, `${this.#options.topic} ${Buffer.from(payload).toString()}`)
      return 'taken'
    }
    if (decoded.refused.length + mapped.refused.length > 0) return 'refused'
    this.#memory = decoded.memory
    for (const { model, quantity } of mapped.observations) this.#streams.add(`${model.type} ${quantity}`)
    this.#hear(decoded)
    return this.#learn(payload) ? 'learned' : 'handed back'
  }

  #decode(payload: Uint8Array, receivedAt: number): Decoded {
    const { adapter, topic, settings = {} } = this.#options
    return adapter.decode({ topic, payload, qos: 0, retain: false, receivedAt }, this.#memory, settings)
  }

  #isPlain(decoded: Decoded, mapped: Mapped): boolean {
    const isKnown = decoded.devices.every(({ role, phases, location }) => location === undefined && (role ?? this.#facts.role) === this.#facts.role && (phases ?? this.#facts.phases) === this.#facts.phases)
    return isKnown && decoded.refused.length + mapped.refused.length === 0 && decoded.readings.length > 0 && JSON.stringify(decoded.memory) === JSON.stringify(this.#memory)
  }

  #hear({ devices }: Decoded): void {
    for (const { role = this.#facts.role, phases = this.#facts.phases } of devices) {
      if (role !== this.#facts.role || phases !== this.#facts.phases) this.#facts = { ...this.#facts, role, phases }
    }
  }

  #learn(payload: Uint8Array): boolean {
    const { adapter, topic, settings = {}, granted = ALL, source = 1 } = this.#options, found = adapter.layout?.(topic, this.#memory, settings, payload)
    const known = this.#epoch === this.kernel.epoch ? this.#place : undefined
    if (!found || (known?.layout === found.layout && known.own === found.own && known.facts === this.#facts && this.#entered === this.#streams.size)) return false
    const blueprint = blueprintOf(found.layout, this.#facts), entities = blueprint.entities.flatMap(({ model, quantity }, index) => this.#streams.has(`${model.type} ${quantity}`) ? [{ index, id: index, granted }] : [])
    const entered = this.#attempt(() => this.kernel.enter(source, topic, this.#planted(blueprint), new Prepared(this.#facts), entities.slice(0, ENTITIES_PER_DEVICE_MAX), found.own))
    if (!entered) return false
    this.#entered = this.#streams.size
    this.#place = { entered, blueprint, layout: found.layout, own: found.own, facts: this.#facts }
    this.#epoch = this.kernel.epoch
    return true
  }

  /** Where memory is out everything is forgotten, as the gateway does it. */
  #attempt(work: () => Entered | undefined): Entered | undefined {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.kernel.reset()
      return undefined
    }
  }

  /** Shared, as the blueprint is. */
  #planted(blueprint: Blueprint): Blueprint {
    const change = this.#options.planted?.blueprint, known = planted.get(blueprint)
    if (!change) return blueprint
    if (known?.change === change) return known.made
    const made = change(blueprint)
    planted.set(blueprint, { change, made })
    return made
  }

  /** Undefined where it was handed back. */
  #run(payload: Uint8Array, receivedAt: number): Told | undefined {
    const { topic, source = 1 } = this.#options, name = Buffer.from(topic), bytes = Buffer.concat([name, payload, BEHIND]), { kernel } = this
    this.#options.planted?.memory?.(new DataView(kernel.bytes.buffer))
    kernel.load(source, bytes, [0, name.length, name.length, payload.length], 0, 1, receivedAt, timeText(receivedAt))
    const run = kernel.run(0), answer = run.answers[5]
    if (answer !== ANSWER.DONE && answer !== ANSWER.ONLY_STATES) return undefined
    const { blueprint, entered } = this.#place!
    const states = blueprint.states.flatMap((quantity, n) => {
      const state = kernel.takeState(entered, n)
      return state ? [`${quantity} ${state.value} ${state.observedAt}`] : []
    })
    return { states: states.sort(), entities: Array.from({ length: run.made }, (_, n) => this.#made(run.rows, run.observedAt, n)) }
  }

  #made(rows: Int32Array, times: Float64Array, n: number): string {
    const at = n * ROW_OUT_WORDS, { model, quantity } = this.blueprint!.entities[rows[at + 1]!]!, observedAt = times[n * 4 + 3]!
    const text = Buffer.from(this.kernel.bytes.subarray(rows[at + 2], rows[at + 5])).toString()
    return `${model.type} ${quantity ?? ''} ${observedAt < 0 ? '-' : observedAt} ${rows[at + 4]} ${text === '' ? '' : text + model.tail}`
  }

  #truth({ observations, status }: Mapped): Told {
    const states = new Map(status.map(({ quantity, value, observedAt }) => [quantity, `${quantity} ${value} ${observedAt}`]))
    return { states: [...states.values()].sort(), entities: observations.map(observation => this.#told(observation)) }
  }

  #told({ entity, timed, observedAt, model, quantity }: Observation): string {
    const granted = this.#options.granted ?? ALL
    return `${model.type} ${quantity ?? ''} ${timed ? observedAt : '-'} ${entity.mask} ${(entity.mask & granted) === 0 ? '' : view(entity, granted)}`
  }
}

/** What stands behind a packet: nothing of it may be read as if it were the payload's. */
const BEHIND = Buffer.from('0123456789}]')

function isSame(a: Told, b: Told): boolean {
  return a.states.join() === b.states.join() && a.entities.length === b.entities.length && a.entities.every((text, n) => text === b.entities[n] || isSameEntity(text, b.entities[n]!))
}

/** The words before the text, and the text as JSON, its keys in their order: numbers may be written in different ways. */
function isSameEntity(a: string, b: string): boolean {
  const [textA, textB] = [a, b].map(text => text.indexOf('{')) as [number, number]
  if (textA < 0 || textB < 0 || a.slice(0, textA) !== b.slice(0, textB)) return false
  return JSON.stringify(JSON.parse(a.slice(textA))) === JSON.stringify(JSON.parse(b.slice(textB)))
}
