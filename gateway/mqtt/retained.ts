// Retained messages of a namespace as a tree of topic levels: a filter finds its own without looking at the rest (MQTT 5 §3.3.1.3).
import { Budget } from '#gateway/mqtt/budget.ts'
import { weightOf, type RoutedMessage } from '#gateway/mqtt/routed-message.ts'

interface Level { readonly below: Map<string, Level>, message: RoutedMessage | undefined }

export class Retained {
  readonly #budget: Budget
  #root: Level = newLevel()
  #count = 0

  constructor(budget = new Budget(Infinity)) { this.#budget = budget }

  get count(): number { return this.#count }
  /** All that is held for them. */
  get bytes(): number { return this.#budget.used }

  get(topic: string): RoutedMessage | undefined {
    let level: Level | undefined = this.#root
    for (const name of topic.split('/')) level = level?.below.get(name)
    return level?.message
  }

  /** False where there is no room for it: then all stays as it was. */
  set(message: RoutedMessage): boolean {
    const before = this.get(message.topic), more = retainedBytes(message) - (before ? retainedBytes(before) : 0)
    if (more > 0 && !this.#budget.take(more)) return false
    if (more < 0) this.#budget.give(-more)
    if (!before) this.#count++
    this.#put(message)
    return true
  }

  clear(): void {
    this.#budget.give(this.#budget.used)
    this.#root = newLevel()
    this.#count = 0
  }

  #put(message: RoutedMessage): void {
    let level = this.#root
    for (const name of message.topic.split('/')) {
      let next = level.below.get(name)
      if (!next) level.below.set(name, next = newLevel())
      level = next
    }
    level.message = message
  }

  delete(topic: string): void { this.#deleteBelow(this.#root, topic.split('/'), 0) }

  /** What a filter matches, parents first. What has expired is forgotten. */
  match(filter: string, now: number): readonly RoutedMessage[] {
    const found: RoutedMessage[] = []
    visit(this.#root, filter.split('/'), 0, found)
    const expired = found.filter(({ expiresAt }) => expiresAt <= now)
    for (const { topic } of expired) this.delete(topic)
    return found.filter(message => !expired.includes(message))
  }

  /** All of them. */
  list(): readonly RoutedMessage[] {
    const found: RoutedMessage[] = []
    visitAll(this.#root, found, true)
    return found
  }

  #deleteBelow(level: Level, names: readonly string[], at: number): void {
    if (at === names.length) {
      this.#forget(level)
      return
    }
    const next = level.below.get(names[at]!)
    if (!next) return
    this.#deleteBelow(next, names, at + 1)
    if (next.below.size === 0 && !next.message) level.below.delete(names[at]!)
  }

  #forget(level: Level): void {
    if (!level.message) return
    this.#count--
    this.#budget.give(retainedBytes(level.message))
    level.message = undefined
  }
}

/** What a level of the tree costs beside its message, measured. */
const LEVEL_BYTES = 256
const SLASH = 0x2f

const newLevel = (): Level => ({ below: new Map(), message: undefined })

/** What a message costs: its own bytes, and levels that it may have alone. */
export function retainedBytes(message: RoutedMessage): number {
  let levels = 1
  for (const byte of message.topicBytes) if (byte === SLASH) levels++
  return weightOf(message) + levels * LEVEL_BYTES
}

function visit(level: Level, names: readonly string[], at: number, found: RoutedMessage[]): void {
  if (at === names.length) {
    if (level.message) found.push(level.message)
    return
  }
  const name = names[at]!
  if (name === '#') return visitAll(level, found, at > 0)
  if (name !== '+') {
    const next = level.below.get(name)
    if (next) visit(next, names, at + 1, found)
    return
  }
  for (const [key, next] of level.below) if (at > 0 || !key.startsWith('$')) visit(next, names, at + 1, found)
}

function visitAll(level: Level, found: RoutedMessage[], withDollar: boolean): void {
  if (level.message) found.push(level.message)
  for (const [key, next] of level.below) if (withDollar || !key.startsWith('$')) visitAll(next, found, true)
}
