// The targets of a policy as the attributes of a consent, each with how exact it leaves.
import { attributeOf, type ConsentTerms } from '#gateway/odrl/consent-terms.ts'
import { OdrlError } from '#gateway/odrl/errors.ts'
import { isBlank } from '#gateway/odrl/graph.ts'
import type { Constraint, Scope } from '#gateway/odrl/policy.ts'
import { EXACTNESS, SAMPLING, TIME_EXACTNESS } from '#gateway/odrl/profile.ts'
import { shortName } from '#gateway/odrl/terms.ts'
import { tryValue } from '#gateway/odrl/value.ts'
import { parseOp } from '#gateway/transforms/op.ts'

/** `exact`: the transforms of these attributes, in order. */
export function assetsOf(targets: readonly Scope[]): Pick<ConsentTerms, 'streamId' | 'attributes'> & { readonly exact: readonly string[] } {
  const assets = targets.map(assetOf), [streamId, other] = new Set(assets.map(asset => asset.streamId)), ops = new Map(assets.map(({ attribute, op }) => [attribute, op]))
  if (streamId === undefined || other !== undefined) throw new OdrlError('A consent has attributes of one stream as its targets.')
  const twice = assets.find(({ attribute, op }) => ops.get(attribute) !== op)
  if (twice) throw new OdrlError(`The target ${twice.attribute} is said twice, and not equally exact.`)
  return { streamId, attributes: [...ops.keys()], exact: [...ops].flatMap(([attribute, op]) => op === undefined ? [] : [`${attribute}=${op}`]).sort() }
}

/** An attribute as it is, or as the collection of all its forms, refined to one of them. */
function assetOf({ id, sources, refinements }: Scope): { readonly streamId: string, readonly attribute: string, readonly op: string | undefined } {
  const [source, more] = sources, asset = attributeOf(source ?? id), isPlain = source === undefined && refinements.length === 0, isForm = isBlank(id) && source !== undefined && more === undefined && refinements.length === 1
  if (asset === undefined || (!isPlain && !isForm)) {
    throw new OdrlError(`The target ${source ?? id} is no attribute of a stream: say urn:sluice:stream:STREAM:attribute:NAME, plainly, or as the source of a collection with one refinement, ${EXACTNESS} odrl:eq.`)
  }
  return { ...asset, op: isPlain ? undefined : exactnessOf(refinements[0]!) }
}

function exactnessOf(refinement: Constraint): string {
  const [term] = 'operand' in refinement || refinement.leftOperand !== EXACTNESS || refinement.operator !== 'eq' || refinement.unit !== undefined ? [] : refinement.rightOperands
  const text = term?.kind === 'literal' && tryValue(term)?.kind === 'text' ? term.value : undefined, op = text === undefined ? undefined : parseOp(text)
  if (op === undefined) throw new OdrlError(`${told(refinement)} is no refinement of a target that a consent has: say ${EXACTNESS} odrl:eq and the operation as a text.`)
  if (typeof op === 'string') throw new OdrlError(`${JSON.stringify(text)} says not how exact a target is: ${op}.`)
  if (op.name === 'time' || op.name === 'sample' || op.name === 'drop' || op.name === 'pass') throw new OdrlError(`${JSON.stringify(text)} is no form of a target: ${op.name === 'drop' || op.name === 'pass' ? 'leave out the target, or what refines it' : `say ${TIME_EXACTNESS} or ${SAMPLING} of the rule`}.`)
  return text!
}

/** A constraint, as a refusal names it. */
export function told(constraint: Constraint): string {
  return 'operand' in constraint ? `odrl:${constraint.operand}` : `${shortName(constraint.leftOperand)} odrl:${constraint.operator}${constraint.unit === undefined ? '' : ' with a unit'}`
}
