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

export interface BesideOptions {
  readonly adapter: Adapter
  readonly topic: string
  readonly facts: DeviceFacts
  readonly settings?: SourceSettings
  /** Of every entity. */
  readonly granted?: number
  readonly source?: number
}

/** What both roads made of one message, told alike. */
interface Told { readonly entities: readonly string[], readonly states: readonly string[] }

export type Outcome = 'taken' | 'handed back' | 'refused'

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

  constructor(kernel: Kernel, options: BesideOptions) {
    this.kernel = kernel
    this.#options = options
    this.#facts = options.facts
  }

  get blueprint(): Blueprint | undefined { return this.#place?.blueprint }

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
    this.#hear(decoded)
    this.#learn(payload)
    return 'handed back'
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

  #learn(payload: Uint8Array): void {
    const { adapter, topic, settings = {}, granted = ALL, source = 1 } = this.#options, found = adapter.layout?.(topic, this.#memory, settings, payload)
    const known = this.#epoch === this.kernel.epoch ? this.#place : undefined
    if (!found || (known?.layout === found.layout && known.own === found.own && known.facts === this.#facts)) return
    const blueprint = blueprintOf(found.layout, this.#facts), entities = blueprint.entities.map((_, index) => ({ index, id: index, granted })).slice(0, ENTITIES_PER_DEVICE_MAX)
    const entered = this.kernel.enter(source, topic, blueprint, new Prepared(this.#facts), entities, found.own)
    assert.ok(entered)
    this.#place = { entered, blueprint, layout: found.layout, own: found.own, facts: this.#facts }
    this.#epoch = this.kernel.epoch
  }

  /** Undefined where it was handed back. */
  #run(payload: Uint8Array, receivedAt: number): Told | undefined {
    const { topic, source = 1 } = this.#options, name = Buffer.from(topic), bytes = Buffer.concat([name, payload, BEHIND]), { kernel } = this
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
