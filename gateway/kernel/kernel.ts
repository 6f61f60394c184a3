// The fast road from bytes to entities, as the gateway sees it: topics are entered with their plans, batches go in, rows come out. What the
// kernel does not understand in full it hands back.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KernelMemory } from '#gateway/kernel/memory.ts'
import { writePlan, writeTexts, FIELDS_MAX, PARTS_MAX, type Plan } from '#gateway/kernel/tables.ts'
import { TopicTable } from '#gateway/kernel/topic-table.ts'
import { textsOf, type Blueprint } from '#semantic-models/blueprint.ts'
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
const ROW_WORDS = 6, ROW_OUT_WORDS = 8, SLOT_BYTES = 40, CELL_BYTES = 64, STATE_BYTES = 24, DEVICE_BYTES = 16, ENTITY_BYTES = 24
const TEXT_BYTES = 8_388_608, ROWS_OUT_MAX = BATCH_ROWS_MAX + ENTITIES_PER_MESSAGE_MAX, TIME_BYTES = 24
const FIRST_MS = Date.UTC(2000, 0, 1), END_MS = Date.UTC(2101, 0, 1), AHEAD_MS = 86_400_000
const NOT_THERE = 0xff

/** What became of a message. */
export const ANSWER = { DONE: 0, NO_PLAN: 1, NOT_JSON: 2, NOT_COVERED: 3 } as const

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
  run(rows: number, count: number, source: number): number
  hashOf(text: number, length: number, seed: number): number
}

const MODULE = new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'kernel.wasm')))

export class Kernel {
  #memory!: KernelMemory
  #exports!: Exports
  #topics!: TopicTable
  #plans = new Map<Blueprint, Plan | undefined>()
  #rowsAt = 0
  #rowsOutAt = 0
  #inputAt = 0
  #timeAt = 0
  #messages = 0
  /** Counts how often everything was forgotten: what was entered before is gone. */
  epoch = 0

  constructor() { this.reset() }

  get bytes(): Uint8Array { return this.#memory.bytes }
  get used(): number { return this.#memory.used }
  get topicCount(): number { return this.#topics.count }

  /** Forgets everything. */
  reset(): void {
    const memory = this.#memory = new KernelMemory(DATA, KERNEL_BYTES_MAX)
    this.#plans = new Map()
    this.#messages = 0
    this.epoch++
    const slots = memory.take(FIELDS_MAX * SLOT_BYTES), present = memory.take(FIELDS_MAX * 4), cells = memory.take(PARTS_MAX * CELL_BYTES)
    this.#rowsAt = memory.take(BATCH_ROWS_MAX * ROW_WORDS * 4)
    this.#rowsOutAt = memory.take(ROWS_OUT_MAX * ROW_OUT_WORDS * 4)
    this.#inputAt = memory.take(BATCH_BYTES_MAX + 16)
    this.#timeAt = memory.take(TIME_BYTES)
    const ends = memory.take(PARTS_MAX * 4), text = memory.take(TEXT_BYTES)
    memory.words([0, 0, slots, present, cells, this.#rowsOutAt, ROWS_OUT_MAX, text, text + TEXT_BYTES, ends, this.#timeAt], BOARD)
    memory.view.setFloat64(BOARD + 64, FIRST_MS, true)
    memory.view.setFloat64(BOARD + 72, END_MS, true)
    memory.view.setFloat64(BOARD + 80, AHEAD_MS, true)
    this.#exports = new WebAssembly.Instance(MODULE, { env: { memory: memory.memory, abort: () => { throw new Error('The kernel gave up') } } }).exports as unknown as Exports
    this.#topics = new TopicTable(memory, BOARD, (at, length, source) => this.#exports.hashOf(at, length, source))
  }

  /**
   * From now on messages on this topic of this source are taken by the blueprint. Of its entities those are made that are named; a message
   * with another is handed back. Undefined where it cannot be entered. Throws a RangeError where memory is out: then `reset` is due.
   */
  enter(source: number, topic: string, blueprint: Blueprint, prepared: Prepared, entities: readonly KernelEntity[]): Entered | undefined {
    const plan = this.#planOf(blueprint), memory = this.#memory
    if (!plan || entities.length > ENTITIES_PER_DEVICE_MAX) return undefined
    const map = memory.take(blueprint.entities.length), states = memory.take(blueprint.states.length * STATE_BYTES)
    memory.bytes.fill(NOT_THERE, map, map + blueprint.entities.length)
    const at = memory.take(DEVICE_BYTES + entities.length * ENTITY_BYTES)
    const places = entities.map(({ index, id, granted }, n) => {
      const { head, texts } = textsOf(blueprint.entities[index]!, prepared)
      memory.bytes[map + index] = n
      return memory.words([id, granted, ...memory.text(head), plan.entities[index]!, writeTexts(memory, texts)], at + DEVICE_BYTES + n * ENTITY_BYTES)
    })
    memory.words([plan.at, map, states, entities.length], at)
    this.#topics.set(source, topic, at)
    return { plan, at, states, entities: places }
  }

  /** Messages on this topic are handed back again. */
  forget(source: number, topic: string): void { this.#topics.delete(source, topic) }

  /** What may be let out of an entity from now on. */
  grant({ entities }: Entered, n: number, granted: number): void { this.#memory.view.setInt32(entities[n]! + 4, granted, true) }

  /** The newest value of a state, and when it was observed; undefined before the first. */
  stateOf({ states }: Entered, n: number): { readonly value: number, readonly observedAt: number } | undefined {
    const at = states + n * STATE_BYTES, { view } = this.#memory
    if (view.getInt32(at + 16, true) === 0) return undefined
    return { value: view.getFloat64(at, true), observedAt: view.getFloat64(at + 8, true) }
  }

  /**
   * Works off rows of one source, `[topic, its length, payload, its length]` as offsets into `bytes`, from row `from` on. `timeText` is
   * `receivedAt` as text. What it came to is read from a `KernelRun`.
   */
  run(source: number, bytes: Uint8Array, rows: Int32Array, from: number, count: number, receivedAt: number, timeText: string): KernelRun {
    const memory = this.#memory
    if ((this.#messages += count) > MESSAGES_MAX) this.reset()
    memory.bytes.set(Buffer.from(timeText, 'latin1'), this.#timeAt)
    memory.view.setFloat64(BOARD + 48, receivedAt, true)
    const begin = rows[from * 4]!, taken = this.#load(bytes, rows, from, Math.min(count, BATCH_ROWS_MAX), begin)
    const made = this.#exports.run(this.#rowsAt, taken, source), done = memory.view.getInt32(BOARD + 56, true)
    return { done, made, answers: new Int32Array(memory.memory.buffer, this.#rowsAt, taken * ROW_WORDS), rows: new Int32Array(memory.memory.buffer, this.#rowsOutAt, made * ROW_OUT_WORDS) }
  }

  /** As many rows as there is room for. */
  #load(bytes: Uint8Array, rows: Int32Array, from: number, count: number, begin: number): number {
    const into = new Int32Array(this.#memory.memory.buffer, this.#rowsAt, count * ROW_WORDS), shift = this.#inputAt - begin
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

  #planOf(blueprint: Blueprint): Plan | undefined {
    if (!this.#plans.has(blueprint)) this.#plans.set(blueprint, writePlan(this.#memory, blueprint))
    return this.#plans.get(blueprint)
  }
}

/**
 * What a run came to: so many rows were worked off; their answers at every sixth word; and the entities that were made, eight words each:
 * which row of the run, the entity's number, from where to where its packed bytes lie (the same twice: nothing of it is granted), the mask of
 * all its attributes, where its text ends, and as a float64 when it was observed, or -1 where that is its arrival.
 */
export interface KernelRun { readonly done: number, readonly made: number, readonly answers: Int32Array, readonly rows: Int32Array }
