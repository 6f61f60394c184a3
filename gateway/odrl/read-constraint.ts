// Constraints and refinements (Information Model §2.5).
import { isBlank } from '#gateway/odrl/graph.ts'
import type { Action, AtomicConstraint, Constraint, LogicalConstraint, Scope } from '#gateway/odrl/policy.ts'
import { isKnownAction } from '#gateway/odrl/actions.ts'
import { named, NESTING_MAX, type Reading } from '#gateway/odrl/reading.ts'
import { LOGICAL_OPERANDS, ODRL, oneOf, OPERATORS, RDF, shortName, type LogicalOperand } from '#gateway/odrl/terms.ts'
import { valueOf } from '#gateway/odrl/value.ts'

const PROPERTIES = named(['leftOperand', 'operator', 'rightOperand', 'rightOperandReference', 'dataType', 'unit', 'status', ...LOGICAL_OPERANDS])
const LOGICAL_PROPERTIES = named([...LOGICAL_OPERANDS])
const ACTION_PROPERTIES = new Set([`${RDF}value`, `${ODRL}refinement`, `${ODRL}includedIn`, `${ODRL}implies`])
const SCOPE_PROPERTIES = named(['source', 'refinement', 'partOf', 'hasPolicy', 'assignerOf', 'assigneeOf'])
const SCOPE_CLASSES = { target: ['Asset', 'AssetCollection'], party: ['Party', 'PartyCollection'] }

/** What a node has under `constraint` or `refinement`. */
export function readConstraints(reading: Reading, at: string, property: string, depth = 0): readonly Constraint[] {
  return reading.nodes(at, ODRL + property).map(id => readConstraint(reading, id, depth))
}

function readConstraint(reading: Reading, at: string, depth: number): Constraint {
  const before = reading.faults.length
  const logical = LOGICAL_OPERANDS.filter(name => reading.graph.objects(at, ODRL + name).length > 0)
  const constraint = logical.length === 0 ? readAtomic(reading, at) : readLogical(reading, at, logical, depth)
  return { ...constraint, isUnderstood: reading.faults.length === before }
}

function readLogical(reading: Reading, at: string, operands: readonly LogicalOperand[], depth: number): LogicalConstraint {
  reading.enter(at, 'a logical constraint', LOGICAL_PROPERTIES, ['Constraint', 'LogicalConstraint'])
  const operand = operands[0]!, id = reading.identity(at)
  if (operands.length > 1) reading.fault(at, ODRL + operands[1]!, 'a logical constraint has one operand')
  if (depth >= NESTING_MAX) {
    reading.fault(at, ODRL + operand, `constraints may stand in each other ${NESTING_MAX} deep`)
    return { id, operand, constraints: [], isUnderstood: false }
  }
  const constraints = reading.members(at, ODRL + operand).flatMap(member => {
    if (member.kind === 'node') return [readConstraint(reading, member.id, depth + 1)]
    reading.fault(at, ODRL + operand, 'a text is no constraint')
    return []
  })
  if (constraints.length === 0) reading.fault(at, ODRL + operand, 'a logical constraint has at least one constraint')
  return { id, operand, constraints, isUnderstood: true }
}

function readAtomic(reading: Reading, at: string): AtomicConstraint {
  reading.enter(at, 'a constraint', PROPERTIES, ['Constraint'])
  const leftOperand = reading.node(at, `${ODRL}leftOperand`) ?? '', operatorIri = reading.node(at, `${ODRL}operator`) ?? '', operator = oneOf(OPERATORS, operatorIri)
  if (!reading.isLeftOperand(leftOperand)) reading.fault(at, leftOperand || `${ODRL}leftOperand`, leftOperand ? `the left operand ${shortName(leftOperand)} is not known` : 'a constraint has a left operand')
  if (operator === undefined) reading.fault(at, operatorIri || `${ODRL}operator`, operatorIri ? `the operator ${shortName(operatorIri)} is not known` : 'a constraint has an operator')
  const unit = reading.node(at, `${ODRL}unit`), rightOperands = readRightOperands(reading, at)
  if (rightOperands.length > 1 && operator !== undefined && !SET_OPERATORS.has(operator)) reading.fault(at, `${ODRL}rightOperand`, `${shortName(operatorIri)} compares with one value`)
  return { id: reading.identity(at), leftOperand, operator, rightOperands, ...(unit !== undefined && { unit }), isUnderstood: true }
}

const SET_OPERATORS: ReadonlySet<string> = new Set(['isAllOf', 'isAnyOf', 'isNoneOf', 'isA', 'isPartOf', 'hasPart'])

function readRightOperands(reading: Reading, at: string): AtomicConstraint['rightOperands'] {
  for (const name of ['rightOperandReference', 'status']) {
    if (reading.graph.objects(at, ODRL + name).length > 0) reading.fault(at, ODRL + name, `odrl:${name} is not followed: write the value as the right operand`)
  }
  const operands = reading.members(at, `${ODRL}rightOperand`), dataType = reading.node(at, `${ODRL}dataType`)
  if (operands.length === 0) reading.fault(at, `${ODRL}rightOperand`, 'a constraint has a right operand')
  for (const operand of operands) {
    if (operand.kind === 'node' && isBlank(operand.id)) reading.fault(at, `${ODRL}rightOperand`, 'a right operand without a name is not followed')
    if (dataType !== undefined && (operand.kind === 'node' || operand.datatype !== dataType)) reading.fault(at, dataType, 'the right operand has another datatype than its constraint says')
    try { valueOf(operand) } catch (error) { reading.fault(at, operand.kind === 'literal' ? operand.datatype : operand.id, `${(error as Error).message}`) }
  }
  return operands
}

/** An action: its IRI, or a node that has it as its value, refined. */
export function readActions(reading: Reading, at: string): readonly Action[] {
  return reading.nodes(at, `${ODRL}action`).map(action => {
    const values = reading.nodes(action, `${RDF}value`), id = values[0] ?? action
    reading.enter(action, 'an action', ACTION_PROPERTIES, ['Action'])
    if (values.length > 1) reading.fault(action, `${RDF}value`, 'an action has one value')
    if (!isKnownAction(id)) reading.fault(at, id, isBlank(id) ? 'an action has rdf:value' : `the action ${shortName(id)} is not known`)
    return { id, refinements: readConstraints(reading, action, 'refinement') }
  })
}

/** Assets or parties under a property. */
export function readScopes(reading: Reading, at: string, property: string): readonly Scope[] {
  const what = property === 'target' ? 'target' : 'party'
  return reading.nodes(at, ODRL + property).map(scope => {
    // A thing may say more of itself than ODRL has words for.
    const own = [...reading.graph.properties(scope)].filter(name => !name.startsWith(ODRL))
    reading.enter(scope, what === 'target' ? 'an asset' : 'a party', new Set([...SCOPE_PROPERTIES, ...own]), SCOPE_CLASSES[what])
    const id = reading.identity(scope), sources = reading.nodes(scope, `${ODRL}source`)
    if (isBlank(id) && sources.length === 0) reading.fault(scope, ODRL + property, `odrl:${property} has no name: give it a uid or a source`)
    return { id, sources, refinements: readConstraints(reading, scope, 'refinement') }
  })
}
