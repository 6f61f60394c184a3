// Retained messages of a namespace as a tree of topic levels: a filter finds its own without looking at the rest (MQTT 5 §3.3.1.3).
import type { RoutedMessage } from '#gateway/mqtt/routed-message.ts'

interface Level { readonly below: Map<string, Level>, message: RoutedMessage | undefined }

export class Retained {
  readonly #root: Level = { below: new Map(), message: undefined }
  #count = 0
  #bytes = 0

  get count(): number { return this.#count }
  /** Of topics and payloads. */
  get bytes(): number { return this.#bytes }

  get(topic: string): RoutedMessage | undefined {
    let level: Level | undefined = this.#root
    for (const name of topic.split('/')) level = level?.below.get(name)
    return level?.message
  }

  set(message: RoutedMessage): void {
    let level = this.#root
    for (const name of message.topic.split('/')) {
      let next = level.below.get(name)
      if (!next) level.below.set(name, next = { below: new Map(), message: undefined })
      level = next
    }
    this.#weigh(level.message, -1)
    level.message = message
    this.#weigh(message, 1)
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
      this.#weigh(level.message, -1)
      level.message = undefined
      return
    }
    const next = level.below.get(names[at]!)
    if (!next) return
    this.#deleteBelow(next, names, at + 1)
    if (next.below.size === 0 && !next.message) level.below.delete(names[at]!)
  }

  #weigh(message: RoutedMessage | undefined, sign: 1 | -1): void {
    if (!message) return
    this.#count += sign
    this.#bytes += sign * retainedBytes(message)
  }
}

/** What a message weighs: topic and payload. */
export function retainedBytes({ topicBytes, payload }: RoutedMessage): number { return topicBytes.length + payload.length }

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
