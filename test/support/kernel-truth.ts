// The kernel beside the road that is the truth, decode and map: what both make of the same message, and where they differ.
import assert from 'node:assert/strict'
import type { Adapter, Memory } from '#adapters/adapter.ts'
import { ANSWER, Kernel, type Entered } from '#gateway/kernel/kernel.ts'
import { compileBlueprint, type Blueprint } from '#semantic-models/blueprint.ts'
import { map } from '#semantic-models/mapper.ts'
import { view } from '#semantic-models/entity.ts'
import type { DeviceFacts, Observation } from '#semantic-models/observation.ts'
import { Prepared } from '#semantic-models/template.ts'
import { timeText } from '#semantic-models/text.ts'

export const ALL = 0x7fffffff
const SOURCE = 7, FIRST_DIFFERENCES_MAX = 5

/** One topic on both roads. */
export class Beside {
  readonly kernel: Kernel
  readonly topic: string
  readonly blueprint: Blueprint
  readonly entered: Entered
  readonly #adapter: Adapter
  readonly #facts: DeviceFacts
  readonly #memory: Memory | undefined
  readonly #granted: number
  counts = { messages: 0, taken: 0, differences: [] as string[] }

  constructor(kernel: Kernel, adapter: Adapter, topic: string, facts: DeviceFacts, { memory, granted = ALL }: { memory?: Memory, granted?: number } = {}) {
    const found = adapter.layout!(topic, memory)
    assert.ok(found, `${topic} has no layout`)
    Object.assign(this, { kernel, topic })
    this.kernel = kernel
    this.topic = topic
    this.#adapter = adapter
    this.#facts = facts
    this.#memory = memory
    this.#granted = granted
    this.blueprint = compileBlueprint(found.layout, facts)
    const entities = this.blueprint.entities.map((_, index) => ({ index, id: index, granted })).slice(0, 64)
    this.entered = kernel.enter(SOURCE, topic, this.blueprint, new Prepared(facts), entities)!
    assert.ok(this.entered)
  }

  /** What the truth says: each entity as it is let out, or why the kernel must not have taken it. */
  truth(payload: Uint8Array, receivedAt: number): { readonly entities: readonly string[], readonly isPlain: boolean } {
    const decoded = this.#adapter.decode({ topic: this.topic, payload, qos: 0, retain: false, receivedAt }, this.#memory, {})
    const mapped = map(decoded.readings, () => this.#facts, receivedAt)
    const isPlain = decoded.refused.length + mapped.refused.length + decoded.devices.length === 0 && JSON.stringify(decoded.memory) === JSON.stringify(this.#memory)
    return { isPlain, entities: mapped.observations.map(observation => this.#told(observation)) }
  }

  #told({ entity, timed, observedAt, model, quantity }: Observation): string {
    return `${model.type} ${quantity ?? ''} ${timed ? observedAt : '-'} ${entity.mask} ${(entity.mask & this.#granted) === 0 ? '' : view(entity, this.#granted)}`
  }

  /** Sends a message down both roads. True where the kernel took it. */
  send(payload: Uint8Array, receivedAt: number): boolean {
    const topic = Buffer.from(this.topic), bytes = Buffer.concat([topic, payload, Buffer.from('0123}')]), rows = Int32Array.of(0, topic.length, topic.length, payload.length)
    this.kernel.load(SOURCE, bytes, rows, 0, 1, receivedAt, timeText(receivedAt))
    const run = this.kernel.run(0), answer = run.answers[5]
    this.counts.messages++
    if (answer !== ANSWER.DONE) return false
    this.counts.taken++
    const { entities, isPlain } = this.truth(payload, receivedAt), told = Array.from({ length: run.made }, (_, n) => this.#made(run.rows, n))
    const isAlike = isPlain && sorted(told).length === entities.length && sorted(told).every((text, n) => isSame(text, sorted(entities)[n]!))
    if (!isAlike && this.counts.differences.length < FIRST_DIFFERENCES_MAX) {
      this.counts.differences.push(`${Buffer.from(payload).toString()}\n  kernel ${told.join('\n         ')}\n  truth  ${isPlain ? '' : '(refuses or remembers) '}${entities.join('\n         ')}`)
    } else if (!isAlike) this.counts.differences.length++
    return true
  }

  #made(rows: Int32Array, n: number): string {
    const at = n * 8, { model, quantity } = this.blueprint.entities[rows[at + 1]!]!, from = rows[at + 2]!, to = rows[at + 5]!
    const text = Buffer.from(this.kernel.bytes.subarray(from, to)).toString(), observedAt = new Float64Array(rows.buffer, rows.byteOffset + at * 4 + 24, 1)[0]!
    return `${model.type} ${quantity ?? ''} ${observedAt < 0 ? '-' : observedAt} ${rows[at + 4]} ${text === '' ? '' : text + model.tail}`
  }
}

const sorted = (texts: readonly string[]): string[] => [...texts].sort()

/** The words before the text, and the text as JSON: numbers may be written in different ways. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map(text => ({ words: text.slice(0, text.indexOf('{') >>> 0), json: text.slice(text.indexOf('{') >>> 0) })) as [Record<'words' | 'json', string>, Record<'words' | 'json', string>]
  if (a.words !== b.words) return false
  if (a.json === '' || b.json === '') return a.json === b.json
  try {
    assert.deepStrictEqual(JSON.parse(a.json), JSON.parse(b.json))
    return Object.keys(JSON.parse(a.json)).join() === Object.keys(JSON.parse(b.json)).join()
  } catch { return false }
}
