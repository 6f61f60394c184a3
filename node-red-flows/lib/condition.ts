// Which messages a flow wants: those in which an attribute compares to a value as it says.
import { valueOf } from './attributes.ts'
import type { Entity } from './envelope.ts'

export type Operator = '>' | '>=' | '<' | '<=' | '=' | '!='
export type Condition = (entity: Entity) => boolean

type Scalar = number | string

const COMPARE: Readonly<Record<Operator, (a: Scalar, b: Scalar) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

/**
 * Numbers compare with numbers, anything else as text: times, being UTC, in their order. What has no such attribute, or one that is no
 * single value, does not pass. Undefined where attribute or operator are not given: everything passes.
 */
export function conditionOf(attribute: string, operator: string, value: string): Condition | undefined {
  if (attribute === '' || !isOperator(operator)) return undefined
  const compare = COMPARE[operator], number = value.trim() === '' ? NaN : Number(value)
  return entity => {
    const found = valueOf(entity[attribute])
    if (typeof found === 'number') return compare(found, number)
    return ['string', 'boolean'].includes(typeof found) && compare(String(found), value)
  }
}

function isOperator(text: string): text is Operator { return Object.hasOwn(COMPARE, text) }
