// A policy as a consent, when it says neither more nor less than a consent can. Whatever else it says is refused, by the word that says it: a limit
// that was passed over would be a wider consent than was given.
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import { includes } from '#gateway/odrl/actions.ts'
import { conflictIn } from '#gateway/odrl/conflict.ts'
import { ANY, countryOf, DELETE, EXPLICIT, HAND_ON, partyOf, READ, USE, type ConsentTerms } from '#gateway/odrl/consent-terms.ts'
import { assetsOf, told } from '#gateway/odrl/consent-targets.ts'
import { OdrlError } from '#gateway/odrl/errors.ts'
import type { Graph, Term } from '#gateway/odrl/graph.ts'
import { readJsonLd } from '#gateway/odrl/json-ld.ts'
import type { AtomicConstraint, Constraint, Duty, Policy, Rule, Scope } from '#gateway/odrl/policy.ts'
import { CONSENT_PROFILE, SAMPLING, TIME_EXACTNESS } from '#gateway/odrl/profile.ts'
import { readPolicies } from '#gateway/odrl/read-policy.ts'
import { DCT, ODRL, shortName } from '#gateway/odrl/terms.ts'
import { tryValue } from '#gateway/odrl/value.ts'

const NANOSECONDS_PER_SECOND = 1_000_000_000n
/** Faults that a refusal names. */
export const FAULTS_TOLD_MAX = 5

export interface ImportedConsent {
  /** Who gives it, where the policy says so. */
  readonly assigner: string | undefined
  readonly terms: ConsentTerms
}

/** Reads JSON-LD. Throws an OdrlError that names what a consent cannot say, or a GatewayError for a purpose that is none. */
export function readConsentPolicy(text: string): ImportedConsent {
  const graph = readJsonLd(text, 'policy'), policies = readPolicies(graph, { profiles: [CONSENT_PROFILE] }), [policy] = policies as [Policy]
  if (policies.length > 1) throw new OdrlError(`The document has ${policies.length} policies: import them one by one.`)
  const faults = [...policy.faults, ...policy.rules.flatMap(rule => rule.faults)].map(({ message }) => message)
  if (faults.length > 0) throw new OdrlError(`Not understood, and so not imported: ${[...new Set(faults)].slice(0, FAULTS_TOLD_MAX).join('; ')}.`)
  checkConflict(policy)
  const [rule, other] = policy.rules
  if (rule === undefined || other !== undefined) throw new OdrlError(`A consent is one rule, and the policy has ${policy.rules.length}: import a policy for each.`)
  return { assigner: assignerOf(rule), terms: termsOf(graph, policy, rule) }
}

function checkConflict(policy: Policy): void {
  if (policy.conflict === 'perm') throw new OdrlError('odrl:conflict odrl:perm lets a permission win over a prohibition. Here a prohibition wins: say odrl:prohibit.')
  if (!['Set', 'Policy', 'Offer', 'Agreement'].includes(policy.kind)) throw new OdrlError(`odrl:${policy.kind} is no policy that gives a consent: say odrl:Offer or odrl:Agreement.`)
  const conflict = policy.conflict === 'invalid' ? conflictIn(policy) : undefined
  if (conflict) throw new OdrlError(`The permission ${conflict[0].id} and the prohibition ${conflict[1].id} are in conflict, and without odrl:conflict odrl:prohibit such a policy is void.`)
}

function termsOf(graph: Graph, policy: Policy, rule: Rule): ConsentTerms {
  if (rule.kind === 'obligation') throw new OdrlError('odrl:obligation is nothing that a consent says.')
  const { time, sample, ...limits } = limitsOf(rule.constraints), explicit = graph.nodes(policy.id, `${DCT}type`).includes(EXPLICIT)
  if (limits.purposes === undefined) throw new OdrlError('A consent is for a purpose: say odrl:purpose odrl:isA and which.')
  const keep = keepOf(rule), { exact, ...assets } = assetsOf(rule.targets)
  const transforms = [...exact, ...time === undefined ? [] : [`*=time:${time}`], ...sample === undefined ? [] : [`*=sample:${sample}`]]
  if (transforms.length > 0 && rule.kind === 'prohibition') throw new OdrlError('What is forbidden is forbidden however exact it is: leave that out.')
  return {
    ...assets, ...(transforms.length > 0 && { transforms }), recipient: recipientOf(rule.assignees), ...limits, purposes: normalPurposes(limits.purposes),
    ...(rule.kind === 'prohibition' && { kind: rule.kind }), ...(isOnward(rule) && { onward: true }), ...(explicit && { explicit: true }), ...(keep !== undefined && { keep }),
  }
}

function isOnward({ kind, actions }: Rule): boolean {
  const refined = actions.find(({ refinements }) => refinements.length > 0), names = new Set(actions.map(({ id }) => id))
  if (refined) throw new OdrlError(`A refinement of the action ${shortName(refined.id)} is nothing that a consent says.`)
  const [first, second] = kind === 'prohibition' ? [USE, HAND_ON] : [READ, HAND_ON], other = [...names].find(name => name !== first && name !== second)
  if (other !== undefined || names.size === 0) throw new OdrlError(`A ${kind} of data here is of ${shortName(first)} or ${shortName(second)}${other === undefined ? '' : `, and not of ${shortName(other)}`}.`)
  // To hand on what may not be read makes no sense; not to use it is not to hand it on either.
  if (kind === 'permission' && !names.has(READ)) throw new OdrlError('A permission of odrl:distribute is one of odrl:read as well: say both.')
  return kind === 'prohibition' ? ![...names].some(name => includes(name, READ)) : names.has(HAND_ON)
}

function recipientOf(assignees: readonly Scope[]): string {
  if (assignees.length > 1) throw new OdrlError(`A consent has one assignee, and the policy has ${assignees.length}: import a policy for each.`)
  return assignees[0] === undefined ? ANY : partyIn(assignees[0])
}

function assignerOf({ assigners }: Rule): string | undefined {
  const [assigner, other] = [...new Set(assigners.map(partyIn))]
  if (other !== undefined) throw new OdrlError('A consent has one assigner.')
  return assigner
}

function partyIn({ id, sources, refinements }: Scope): string {
  const party = partyOf(id)
  if (party === undefined || party === ANY || sources.length > 0 || refinements.length > 0) throw new OdrlError(`The party ${id} is nobody here: say urn:sluice:party:PARTY, plainly.`)
  return party
}

type Limits = Partial<Pick<ConsentTerms, 'purposes' | 'countries' | 'notBefore' | 'until'>> & { readonly time?: number, readonly sample?: number }

/** Each limit once: a second one would have to be joined with the first. */
function limitsOf(constraints: readonly Constraint[]): Limits {
  return constraints.flatMap(all).reduce<Limits>((limits, constraint) => {
    const limit = limitOf(constraint), [name] = Object.keys(limit)
    if (name! in limits) throw new OdrlError(`The policy limits ${told(constraint)} twice.`)
    return { ...limits, ...limit }
  }, {})
}

/** What is joined by `and` is as if it stood side by side. */
function all(constraint: Constraint): readonly Constraint[] {
  return 'operand' in constraint && constraint.operand === 'and' ? constraint.constraints.flatMap(all) : [constraint]
}

function limitOf(constraint: Constraint): Limits {
  if ('operand' in constraint) return { purposes: purposesOf(constraint.operand === 'or' ? constraint.constraints : [], constraint) }
  const { operator, rightOperands, unit } = constraint, what = unit === undefined ? `${shortName(constraint.leftOperand)} odrl:${operator}` : ''
  if (what === 'odrl:purpose odrl:isA') return { purposes: purposesOf([constraint], constraint) }
  if (what === 'odrl:spatial odrl:isAnyOf') return { countries: [...new Set(rightOperands.map(country))] }
  // A part of a millisecond is taken away from what is permitted.
  if (what === 'odrl:dateTime odrl:lt') return { until: milliseconds(rightOperands[0]!, 0n) }
  if (what === 'odrl:dateTime odrl:gteq') return { notBefore: milliseconds(rightOperands[0]!, 999_999n) }
  if (what === `${TIME_EXACTNESS} odrl:eq`) return { time: seconds(rightOperands[0]!) }
  if (what === `${SAMPLING} odrl:eq`) return { sample: seconds(rightOperands[0]!) }
  throw new OdrlError(`${told(constraint)} is nothing that a consent says: it says odrl:purpose odrl:isA, odrl:spatial odrl:isAnyOf, odrl:dateTime odrl:gteq and odrl:lt.`)
}

function purposesOf(constraints: readonly Constraint[], whole: Constraint): readonly string[] {
  const purposes = constraints.flatMap(one => isPurpose(one) ? one.rightOperands.map(term => term.kind === 'node' ? term.id : '') : [''])
  if (purposes.length === 0 || purposes.includes('')) throw new OdrlError(`${told(whole)} is nothing that a consent says: purposes are joined by odrl:or, each as odrl:purpose odrl:isA and its IRI.`)
  return [...new Set(purposes)]
}

function isPurpose(constraint: Constraint): constraint is AtomicConstraint {
  return !('operand' in constraint) && constraint.leftOperand === `${ODRL}purpose` && constraint.operator === 'isA' && constraint.unit === undefined
}

function country(term: Term): string {
  const code = term.kind === 'node' ? countryOf(term.id) : undefined
  if (code === undefined) throw new OdrlError(`${term.kind === 'node' ? term.id : JSON.stringify(term.value)} is no country: say https://w3id.org/dpv/loc#ES.`)
  return code
}

function milliseconds(term: Term, roundUp: bigint): number {
  const value = tryValue(term)
  if (value?.kind !== 'instant' || value.from !== value.to) throw new OdrlError(`${JSON.stringify('value' in term ? term.value : term.id)} is no instant: say xsd:dateTime, with its time zone.`)
  return Number((value.from + roundUp) / 1_000_000n)
}

function seconds(term: Term): number {
  const value = tryValue(term), isExact = value?.kind === 'duration' && value.from === value.to && value.from > 0n && value.from % NANOSECONDS_PER_SECOND === 0n
  if (!isExact) throw new OdrlError(`${JSON.stringify('value' in term ? term.value : term.id)} is no number of seconds: say an xsd:duration, such as PT900S.`)
  return Number(value.from / NANOSECONDS_PER_SECOND)
}

/** The one duty that a consent knows: to delete it after some time. */
function keepOf({ kind, duties }: Rule): string | undefined {
  const [duty, other] = duties
  if (duty === undefined) return undefined
  const keep = kind === 'permission' && other === undefined ? delayOf(duty) : undefined
  if (keep === undefined) throw new OdrlError('The one duty that a consent has is odrl:delete, with odrl:delayPeriod odrl:lteq and an xsd:duration.')
  return keep
}

function delayOf({ actions, targets, constraints, consequences }: Duty): string | undefined {
  const [action] = actions, [delay] = constraints
  const isPlain = actions.length === 1 && action!.id === DELETE && action!.refinements.length === 0 && targets.length === 0 && constraints.length === 1 && consequences.length === 0
  if (!isPlain || delay === undefined || 'operand' in delay || delay.leftOperand !== `${ODRL}delayPeriod` || delay.operator !== 'lteq' || delay.unit !== undefined) return undefined
  const [period] = delay.rightOperands
  return period?.kind === 'literal' && tryValue(period)?.kind === 'duration' ? period.value : undefined
}
