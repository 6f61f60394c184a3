// The fast road from bytes to entities, as the gateway sees it: topics are entered with their plans, batches go in, rows come out. What the
// kernel does not understand in full it hands back.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentOf } from '#gateway/kernel/content.ts'
import { KernelMemory } from '#gateway/kernel/memory.ts'
import { writePlan, writeTexts, FIELDS_MAX, PARTS_MAX, STATES_MAX, type Plan } from '#gateway/kernel/tables.ts'
import { TopicTable } from '#gateway/kernel/topic-table.ts'
import { Zones } from '#gateway/kernel/zones.ts'
import { textsOf, type Blueprint, type BlueprintEntity } from '#semantic-models/blueprint.ts'
import type { Prepared } from '#semantic-models/template.ts'

/** Memory of all plans and devices. When it is full everything is forgotten, and learned anew. */
export const KERNEL_BYTES_MAX = 268_435_456
/** Rows, and bytes of their packets, that one run takes. */
export const BATCH_ROWS_MAX = 4_096, BATCH_BYTES_MAX = 262_144
/** Entities that one message may become. */
export const ENTITIES_PER_MESSAGE_MAX = 16
/** Entities of a device that the kernel knows: it marks them by a bit each. */
export const ENTITIES_PER_DEVICE_MAX = 64
/** After so many messages its memory is begun anew: it counts them in 32 bits to tell old values from new ones. */
const MESSAGES_MAX = 2 ** 31

const BOARD = 1_024, DATA = 4_096
const ROW_WORDS = 6, ROW_OUT_WORDS = 8, SLOT_BYTES = 48, CELL_BYTES = 64, STATE_BYTES = 24, STATE_CELL_BYTES = 16, DEVICE_BYTES = 24, ENTITY_BYTES = 24
const TEXT_BYTES = 8_388_608, ROWS_OUT_MAX = BATCH_ROWS_MAX + ENTITIES_PER_MESSAGE_MAX, TIME_BYTES = 24
const FIRST_MS = Date.UTC(2000, 0, 1), END_MS = Date.UTC(2101, 0, 1), AHEAD_MS = 86_400_000
const NOT_THERE = 0xff

/** Texts with escapes, as they read. */
const SCRATCH_BYTES = 4_096
/** Longest text of an entity: its plan's and its device's, and for each part so much for a value (of three phases and the neutral), a unit and an instant. */
const ENTITY_TEXT_MAX = 8_192, VALUE_TEXT_MAX = 60, CLOSE_TEXT_MAX = 90

/** What became of a message. ONLY_STATES: it was understood, and says nothing but states of the device. */
export const ANSWER = { DONE: 0, NO_PLAN: 1, NOT_JSON: 2, NOT_COVERED: 3, ONLY_STATES: 4 } as const

/** An entity that a device may have: the number by which rows name it, and what may be let out of it. */
export interface KernelEntity {
  /** Its place in the blueprint. */
  readonly index: number
  /** Not negative. */
  readonly id: number
  readonly granted: number
}

/** A topic as it was entered: where its records lie. */
export interface Entered { readonly plan: Plan, readonly at: number, readonly states: number, readonly entities: readonly number[] }

interface Exports {
  run(rows: number, first: number, count: number, source: number): number
  hashOf(text: number, length: number, seed: number): number
}

const MODULE = new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'kernel.wasm')))

export class Kernel {
  #memory!: KernelMemory
  #exports!: Exports
  #topics!: TopicTable
  #plans = new Map<Blueprint, Plan | undefined>()
  #plansByContent = new Map<string, Plan>()
  #zones!: Zones
  #rowsAt = 0
  #rowsOutAt = 0
  #inputAt = 0
  #timeAt = 0
  #source = 0
  #loaded = 0
  #textAt = 0
  #receivedAt = NaN
  #seen: KernelViews | undefined
  #messages = 0
  /** Counts how often everything was forgotten: what was entered before is gone. */
  epoch = 0
  /** Told of it at once: whatever points into its memory points nowhere now. */
  onReset: () => void = () => {}
  readonly #messagesMax: number

  constructor({ messagesMax = MESSAGES_MAX }: { readonly messagesMax?: number } = {}) {
    this.#messagesMax = messagesMax
    this.reset()
  }

  get bytes(): Uint8Array { return this.#memory.bytes }
  get used(): number { return this.#memory.used }
  get topicCount(): number { return this.#topics.count }

  /** Forgets everything. */
  reset(): void {
    const memory = this.#memory = new KernelMemory(DATA, KERNEL_BYTES_MAX)
    this.#plans = new Map()
    this.#plansByContent = new Map()
    this.#zones = new Zones(memory)
    this.#messages = 0
    this.#receivedAt = NaN
    this.epoch++
    const slots = memory.take(FIELDS_MAX * SLOT_BYTES), present = memory.take(FIELDS_MAX * 4), cells = memory.take(PARTS_MAX * CELL_BYTES)
    this.#rowsAt = memory.take(BATCH_ROWS_MAX * ROW_WORDS * 4)
    this.#rowsOutAt = memory.take(ROWS_OUT_MAX * ROW_OUT_WORDS * 4)
    this.#inputAt = memory.take(BATCH_BYTES_MAX + 16)
    this.#timeAt = memory.take(TIME_BYTES)
    const ends = memory.take(PARTS_MAX * 4), text = this.#textAt = memory.take(TEXT_BYTES)
    memory.words([0, 0, slots, present, cells, this.#rowsOutAt, ROWS_OUT_MAX, text, text + TEXT_BYTES, ends, this.#timeAt], BOARD)
    memory.words([memory.take(STATES_MAX * STATE_CELL_BYTES), memory.take(SCRATCH_BYTES)], BOARD + 88)
    memory.view.setFloat64(BOARD + 64, FIRST_MS, true)
    memory.view.setFloat64(BOARD + 72, END_MS, true)
    memory.view.setFloat64(BOARD + 80, AHEAD_MS, true)
    this.#exports = new WebAssembly.Instance(MODULE, { env: { memory: memory.memory, abort: () => { throw new Error('The kernel gave up') } } }).exports as unknown as Exports
    this.#topics = new TopicTable(memory, BOARD, (at, length, source) => this.#exports.hashOf(at, length, source))
    this.onReset()
  }

  /**
   * From now on messages on this topic of this source are taken by the blueprint. Of its entities those are made that are named; a message
   * with another is handed back. `own` is the device's own text, where its layout has one. Undefined where it cannot be entered. Throws a
   * RangeError where memory is out: then `reset` is due.
   */
  enter(source: number, topic: string, blueprint: Blueprint, prepared: Prepared, entities: readonly KernelEntity[], own = ''): Entered | undefined {
    const plan = this.#planOf(blueprint), memory = this.#memory
    if (!plan || entities.length > ENTITIES_PER_DEVICE_MAX || entities.some(({ index }) => isTooLong(blueprint.entities[index]!, prepared))) return undefined
    const map = memory.take(blueprint.entities.length), states = memory.take(blueprint.states.length * STATE_BYTES)
    memory.bytes.fill(NOT_THERE, map, map + blueprint.entities.length)
    const at = memory.take(DEVICE_BYTES + entities.length * ENTITY_BYTES)
    const places = entities.map(({ index, id, granted }, n) => {
      const { head, texts } = textsOf(blueprint.entities[index]!, prepared)
      memory.bytes[map + index] = n
      return memory.words([id, granted, ...memory.text(head), plan.entities[index]!, writeTexts(memory, texts)], at + DEVICE_BYTES + n * ENTITY_BYTES)
    })
    memory.words([plan.at, map, states, entities.length, ...memory.text(own)], at)
    this.#topics.set(source, topic, at)
    return { plan, at, states, entities: places }
  }

  /** Messages on this topic are handed back again. */
  forget(source: number, topic: string): void { this.#topics.delete(source, topic) }

  /** What may be let out of an entity from now on. */
  grant({ entities }: Entered, n: number, granted: number): void { this.#memory.view.setInt32(entities[n]! + 4, granted, true) }

  /** The newest value of a state, and when it was observed; undefined where none came since it was asked last. */
  takeState({ states }: Entered, n: number): { readonly value: number, readonly observedAt: number } | undefined {
    const at = states + n * STATE_BYTES, { view } = this.#memory
    if (view.getInt32(at + 16, true) === 0) return undefined
    view.setInt32(at + 16, 0, true)
    return { value: view.getFloat64(at, true), observedAt: view.getFloat64(at + 8, true) }
  }

  /**
   * Takes rows of one source, `[topic, its length, payload, its length]` as offsets into `bytes`, from row `from` on; gives how many there was
   * room for. `timeText` is `receivedAt` as text.
   */
  load(source: number, bytes: Uint8Array, rows: ArrayLike<number>, from: number, count: number, receivedAt: number, timeText: string): number {
    if ((this.#messages += count) > this.#messagesMax) this.reset()
    const { bytes: memory, view } = this.#memory
    this.#source = source
    if (receivedAt !== this.#receivedAt) {
      for (let at = 0; at < TIME_BYTES; at++) memory[this.#timeAt + at] = timeText.charCodeAt(at)
      view.setFloat64(BOARD + 48, this.#receivedAt = receivedAt, true)
      this.#zones.refresh(receivedAt)
    }
    return this.#loaded = this.#load(this.#views().answers, bytes, rows, from, Math.min(count, BATCH_ROWS_MAX), rows[from * 4]!)
  }

  /**
   * Works off what was loaded, from the row of this number on. It stops behind the first row that it does not take: what the long road makes
   * of that may change what those behind it mean.
   */
  run(first: number): KernelRun {
    const made = this.#exports.run(this.#rowsAt, first, this.#loaded, this.#source), views = this.#views(), { view } = this.#memory
    const done = view.getInt32(BOARD + 56, true)
    const end = made === 0 ? this.#textAt : views.rows[(made - 1) * ROW_OUT_WORDS + 3]!
    return { done, made, size: end - this.#textAt, ...views }
  }

  /** Made anew when the memory has grown: its old buffer is gone then. */
  #views(): KernelViews {
    const { buffer } = this.#memory.bytes
    if (this.#seen?.answers.buffer === buffer) return this.#seen
    return this.#seen = {
      answers: new Int32Array(buffer, this.#rowsAt, BATCH_ROWS_MAX * ROW_WORDS), rows: new Int32Array(buffer, this.#rowsOutAt, ROWS_OUT_MAX * ROW_OUT_WORDS),
      bytes: Buffer.from(buffer),
      observedAt: new Float64Array(buffer, this.#rowsOutAt, ROWS_OUT_MAX * ROW_OUT_WORDS / 2),
    }
  }

  /** As many rows as there is room for. */
  #load(into: Int32Array, bytes: Uint8Array, rows: ArrayLike<number>, from: number, count: number, begin: number): number {
    const shift = this.#inputAt - begin
    let taken = 0, end = begin
    for (; taken < count; taken++) {
      const row = (from + taken) * 4, payload = rows[row + 2]!, length = rows[row + 3]!
      if (payload + length - begin > BATCH_BYTES_MAX) break
      end = payload + length
      const to = taken * ROW_WORDS
      into[to] = rows[row]! + shift
      into[to + 1] = rows[row + 1]!
      into[to + 2] = payload + shift
      into[to + 3] = length
    }
    this.#memory.bytes.set(bytes.subarray(begin, end), this.#inputAt)
    return taken
  }

  #zoneAt(zone: string): number {
    this.#receivedAt = NaN // so that the next run sets it
    return this.#zones.at(zone)
  }

  #planOf(blueprint: Blueprint): Plan | undefined {
    if (!this.#plans.has(blueprint)) this.#plans.set(blueprint, this.#planLike(blueprint))
    return this.#plans.get(blueprint)
  }

  /** Blueprints that say the same share a plan: a thousand spellings of one rule take no more of the processor's cache than one. */
  #planLike(blueprint: Blueprint): Plan | undefined {
    const content = contentOf(blueprint), known = this.#plansByContent.get(content)
    if (known) return known
    const plan = writePlan(this.#memory, blueprint, zone => this.#zoneAt(zone))
    if (plan) this.#plansByContent.set(content, plan)
    return plan
  }
}

function isTooLong(entity: BlueprintEntity, prepared: Prepared): boolean {
  const { head, texts } = textsOf(entity, prepared), all = [head, ...texts, ...entity.parts.map(({ text }) => text)]
  return all.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + entity.parts.reduce((sum, { kind }) => sum + CLOSE_TEXT_MAX + VALUE_TEXT_MAX * (kind === 'phases' ? 4 : 1), 0) > ENTITY_TEXT_MAX
}

/** Of the kernel's memory: good until something is entered, or run. */
interface KernelViews {
  /** Six words for each row that was loaded, the last of them an ANSWER once it was worked off. */
  readonly answers: Int32Array
  /**
   * Eight words for each entity that was made: of which row, the entity's number, from where to where its packed bytes lie (the same
   * twice: nothing of it is granted), the mask of all its attributes, where its text ends; and, in `observedAt` at every fourth from the
   * third on, when it was observed, or -1 where that is its arrival.
   */
  readonly rows: Int32Array
  readonly observedAt: Float64Array
  /** In which the packed bytes lie. */
  readonly bytes: Buffer
}

/** What a run came to. */
export interface KernelRun extends KernelViews {
  /** The number of the row that is next. */
  readonly done: number
  /** Entities. */
  readonly made: number
  /** Bytes of all of them. */
  readonly size: number
}
