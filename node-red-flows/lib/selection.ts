// What a flow wants of a stream. It is decided before a message is built, so that a flow is not woken for what it would throw away.
import { keyValues, withAttributes, type Output } from './attributes.ts'
import type { Condition } from './condition.ts'
import type { Entity } from './envelope.ts'

export interface Selection {
  /** Only messages with one of these, and of those only these; none: all. */
  readonly attributes: readonly string[]
  readonly condition: Condition | undefined
  /** At most one message per stream and so long; 0: all. */
  readonly sampleMs: number
  readonly output: Output
}

/** What is sent on of an entity; undefined where that is nothing. */
export function select({ attributes, condition, output }: Selection, entity: Entity): Entity | undefined {
  if (condition && !condition(entity)) return undefined
  const selected = withAttributes(entity, attributes)
  return selected && output === 'keyValues' ? keyValues(selected) : selected
}
