// Topic aliases of one connection (MQTT 5 §3.3.2.3.4): those that the client uses, and those that we use towards it.
import type { Publish } from '#gateway/mqtt/codec/packets.ts'
import { protocolError, REASON, Violation } from '#gateway/mqtt/codec/reason.ts'

export class Aliases {
  readonly #max: number
  readonly #topics = new Map<number, string>()

  constructor(max: number) { this.#max = max }

  /** The packet with its topic. Throws a Violation for an alias that may not be, or stands for nothing. */
  resolve(packet: Publish): Publish {
    const alias = packet.properties?.topicAlias
    if (alias === undefined) return packet
    if (alias === 0 || alias > this.#max) throw new Violation('malformed', REASON.BAD_ALIAS)
    if (packet.topic !== '') {
      this.#topics.set(alias, packet.topic)
      return packet
    }
    const topic = this.#topics.get(alias)
    if (topic === undefined) throw protocolError()
    return { ...packet, topic }
  }
}

export interface Alias { readonly alias: number, readonly isNew: boolean }

/** The first topics that are sent get one each, as many as the client takes; the others go by their names. */
export class OutgoingAliases {
  readonly #max: number
  readonly #aliases = new Map<string, number>()

  constructor(max: number) { this.#max = max }

  of(topic: string): Alias | undefined {
    const alias = this.#aliases.get(topic)
    if (alias !== undefined) return { alias, isNew: false }
    return this.#aliases.size < this.#max ? { alias: this.#aliases.size + 1, isNew: true } : undefined
  }

  /** The client was told what a new one stands for. */
  told(topic: string, { alias }: Alias): void { this.#aliases.set(topic, alias) }
}
