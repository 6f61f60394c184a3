// Whether constraints hold (Information Model §2.5). What is not known of an operand satisfies nothing, whatever the operator.
import type { Term } from '#gateway/odrl/graph.ts'
import type { AtomicConstraint, Constraint, LogicalConstraint } from '#gateway/odrl/policy.ts'
import type { LogicalOperand, Operator } from '#gateway/odrl/terms.ts'
import { compare, tryValue } from '#gateway/odrl/value.ts'
import type { World } from '#gateway/odrl/world.ts'

/** What one requested permission knows of operands. */
export interface Situation {
  readonly world: World
  readonly claims: ReadonlyMap<string, readonly Term[]>
}

export interface ConstraintReport {
  readonly constraint: Constraint
  readonly isSatisfied: boolean
  /** Of an atomic constraint: what the left operand is. */
  readonly leftOperands: readonly Term[]
  readonly premises: readonly ConstraintReport[]
}

export function satisfy(constraint: Constraint, situation: Situation): ConstraintReport {
  return 'operand' in constraint ? logical(constraint, situation) : atomic(constraint, situation)
}

function logical(constraint: LogicalConstraint, situation: Situation): ConstraintReport {
  const premises = constraint.constraints.map(member => satisfy(member, situation)), satisfied = premises.filter(({ isSatisfied }) => isSatisfied).length
  const isSatisfied = constraint.isUnderstood && HOLDS[constraint.operand](satisfied, premises.length)
  return { constraint, isSatisfied, leftOperands: [], premises }
}

/** By how many of how many hold. The world is one instant, so a sequence is as good as done when all of it holds. */
const HOLDS: Readonly<Record<LogicalOperand, (satisfied: number, all: number) => boolean>> = {
  and: (satisfied, all) => satisfied === all && all > 0,
  andSequence: (satisfied, all) => satisfied === all && all > 0,
  or: satisfied => satisfied > 0,
  xone: satisfied => satisfied === 1,
}

function atomic(constraint: AtomicConstraint, situation: Situation): ConstraintReport {
  const leftOperands = known(constraint, situation), { operator, rightOperands, isUnderstood } = constraint
  const isSatisfied = isUnderstood && operator !== undefined && leftOperands.length > 0 && OPERATIONS[operator](leftOperands, rightOperands, situation.world)
  return { constraint, isSatisfied, leftOperands, premises: [] }
}

/** What the world says goes before what the requester says. A unit has to be known, and there is no world yet that has one. */
function known({ leftOperand, unit }: AtomicConstraint, { world, claims }: Situation): readonly Term[] {
  if (unit !== undefined) return []
  const values = world.values(leftOperand)
  return values.length > 0 ? values : claims.get(leftOperand) ?? []
}

type Operation = (left: readonly Term[], right: readonly Term[], world: World) => boolean

const OPERATIONS: Readonly<Record<Operator, Operation>> = {
  eq: ordered(order => order === 'equal'),
  neq: ordered(order => order !== undefined && order !== 'equal'),
  lt: ordered(order => order === 'less'),
  lteq: ordered(order => order === 'less' || order === 'equal'),
  gt: ordered(order => order === 'greater'),
  gteq: ordered(order => order === 'greater' || order === 'equal'),
  isAnyOf: (left, right) => left.every(one => right.some(other => isEqual(one, other))),
  isAllOf: (left, right) => right.every(other => left.some(one => isEqual(one, other))),
  isNoneOf: (left, right) => left.every(one => right.every(other => isOther(one, other))),
  isA: (left, right, world) => every(left, right, (one, other) => world.isA(one, other)),
  isPartOf: (left, right, world) => every(left, right, (one, other) => world.isPartOf(one, other)),
  hasPart: (left, right, world) => every(left, right, (one, other) => world.isPartOf(other, one)),
}

/** Of several values, all must compare so. */
function ordered(holds: (order: ReturnType<typeof compare>) => boolean): Operation {
  return (left, [right]) => right !== undefined && left.every(one => holds(orderOf(one, right)))
}

function orderOf(left: Term, right: Term): ReturnType<typeof compare> {
  const [one, other] = [tryValue(left), tryValue(right)]
  return one === undefined || other === undefined ? undefined : compare(one, other)
}

function isEqual(left: Term, right: Term): boolean { return orderOf(left, right) === 'equal' }
function isOther(left: Term, right: Term): boolean { const order = orderOf(left, right); return order !== undefined && order !== 'equal' }

/** Each value to one of the right operands at least; only things are in such relations. */
function every(left: readonly Term[], right: readonly Term[], holds: (left: string, right: string) => boolean): boolean {
  return left.every(one => right.some(other => one.kind === 'node' && other.kind === 'node' && holds(one.id, other.id)))
}
