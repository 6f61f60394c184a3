// Which road messages took, by rule: how many the kernel took, and of those that it did not, why. A rule is what topics are learned as, named
// by the dialect and the model that their messages become; the data path holds it where it holds the topic, and only counts.
import type { Dialect } from '#adapters/adapter.ts'

/**
 * Why a message took the long road. `not-learned`: nothing is known of its topic (yet). `packet`: it came as more than topic and payload
 * (retained, QoS 2, with properties). `not-json`, `not-covered`, `only-states`: so the kernel said. `changed`: a consent, an agreement, or
 * what is known of the device. `refused`: something in it was refused, or all of it, which only the long road can explain, whatever else was
 * the case.
 */
export const LONG_ROAD_REASONS = ['not-learned', 'packet', 'not-json', 'not-covered', 'only-states', 'changed', 'refused'] as const
export type LongRoadReason = (typeof LONG_ROAD_REASONS)[number]

/** Of topics that were not learned. */
export const NO_RULE = 'none'

export class Rule {
  readonly dialect: Dialect
  /** The type of a model, or NO_RULE: a closed set. */
  readonly name: string
  /** Messages that the kernel took. */
  taken = 0
  /** How often a topic was learned as this. */
  learned = 0
  /** Messages that took the long road. */
  readonly long = Object.fromEntries(LONG_ROAD_REASONS.map(reason => [reason, 0])) as Record<LongRoadReason, number>

  constructor(dialect: Dialect, name: string) {
    this.dialect = dialect
    this.name = name
  }
}

export class Roads {
  readonly #rules = new Map<string, Rule>()

  /** Not for every message: whoever counts keeps it. */
  of(dialect: Dialect, name = NO_RULE): Rule {
    const key = `${dialect} ${name}`
    let rule = this.#rules.get(key)
    if (!rule) this.#rules.set(key, rule = new Rule(dialect, name))
    return rule
  }

  get all(): readonly Rule[] { return [...this.#rules.values()] }
  get takenCount(): number { return this.all.reduce((sum, { taken }) => sum + taken, 0) }
  get longCount(): number { return this.all.reduce((sum, { long }) => sum + Object.values(long).reduce((one, other) => one + other), 0) }
}
