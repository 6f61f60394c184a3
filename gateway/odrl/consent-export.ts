// A consent as an ODRL policy in JSON-LD: an Agreement with the recipient, or an Offer to anybody.
import { purposeIri } from '#gateway/consent/purposes/purposes.ts'
import { countriesIn } from '#gateway/parties/countries.ts'
import { ANY, attributeIri, consentIri, countryIri, EXPLICIT, partyIri, streamIri, type ConsentTerms } from '#gateway/odrl/consent-terms.ts'
import { OdrlError } from '#gateway/odrl/errors.ts'
import { CONSENT_PROFILE, EXACTNESS, SAMPLING, TIME_EXACTNESS } from '#gateway/odrl/profile.ts'
import { parseOp, type Op } from '#gateway/transforms/op.ts'

const CONTEXT = ['http://www.w3.org/ns/odrl.jsonld', { dpv: 'https://w3id.org/dpv#' }]

/** The document, to be written as JSON. Throws an OdrlError for a transform that a policy cannot say: without it, it would let out more. */
export function consentPolicy(consentId: string, ownerId: string, terms: ConsentTerms): object {
  const { kind = 'permission', recipient, explicit } = terms
  return {
    '@context': CONTEXT, '@type': recipient === ANY ? 'Offer' : 'Agreement', uid: consentIri(consentId), profile: CONSENT_PROFILE, conflict: 'prohibit',
    ...(explicit && { 'dct:type': { '@id': EXPLICIT } }),
    [kind]: [{ '@type': kind === 'permission' ? 'Permission' : 'Prohibition', ...rule(ownerId, terms) }],
  }
}

function rule(ownerId: string, terms: ConsentTerms): object {
  const { recipient, streamId, attributes, keep, kind, transforms = [] } = terms, said = transforms.map(text => transformIn(text, attributes))
  return {
    assigner: partyIri(ownerId), ...(recipient !== ANY && { assignee: partyIri(recipient) }), action: actions(terms),
    target: attributes.map(attribute => target(streamId, attribute, said.find(each => each.attribute === attribute)?.op)),
    constraint: [...constraints(terms), ...said.flatMap(ofMessage)],
    ...(keep !== undefined && kind === undefined && { duty: [{ '@type': 'Duty', action: 'delete', constraint: [constraint('delayPeriod', 'lteq', { '@value': inDays(keep), '@type': 'xsd:duration' })] }] }),
  }
}

/** What is dropped is no target at all: whoever passes over refinements shall not find it. */
function target(streamId: string, attribute: string, op: string | undefined): object {
  const asset = { '@type': 'Asset', uid: attributeIri(streamId, attribute), partOf: streamIri(streamId) }
  return op === undefined ? asset : { '@type': 'AssetCollection', source: asset, refinement: [constraint(EXACTNESS, 'eq', { '@value': op, '@type': 'xsd:string' })] }
}

interface Said { readonly attribute: string, readonly op: string, readonly parsed: Op }

function transformIn(text: string, attributes: readonly string[]): Said {
  const [attribute = '', op = ''] = text.split('='), parsed = parseOp(op)
  if (typeof parsed !== 'string' && (attributes.includes(attribute) || parsed.name === 'drop' || (attribute === ALL && parsed.name in OF_MESSAGE))) return { attribute, op, parsed }
  throw new OdrlError(`A policy cannot say ${JSON.stringify(text)}, and without it, it would let out more.`)
}

const ALL = '*', OF_MESSAGE = { time: TIME_EXACTNESS, sample: SAMPLING }

function ofMessage({ parsed }: Said): readonly object[] {
  return parsed.name === 'time' || parsed.name === 'sample' ? [constraint(OF_MESSAGE[parsed.name], 'eq', { '@value': `PT${parsed.seconds}S`, '@type': 'xsd:duration' })] : []
}

/** To read is not to hand on, so a permission is not for `use`, which would include both. */
function actions({ kind, onward }: ConsentTerms): readonly string[] {
  if (kind === 'prohibition') return [onward ? 'distribute' : 'use']
  return onward ? ['read', 'distribute'] : ['read']
}

/** A group of countries is written out: whoever reads the policy may not know who is in it. */
function constraints({ purposes, countries, notBefore, until }: ConsentTerms): readonly object[] {
  const purpose = purposes.map(name => constraint('purpose', 'isA', { '@id': purposeIri(name) }))
  return [
    purpose.length === 1 ? purpose[0]! : { '@type': 'LogicalConstraint', or: { '@list': purpose } },
    ...countries === undefined ? [] : [constraint('spatial', 'isAnyOf', countries.flatMap(countriesIn).map(country => ({ '@id': countryIri(country) })))],
    ...notBefore === undefined ? [] : [constraint('dateTime', 'gteq', instant(notBefore))],
    ...until === undefined ? [] : [constraint('dateTime', 'lt', instant(until))],
  ]
}

function constraint(leftOperand: string, operator: string, rightOperand: object): object { return { '@type': 'Constraint', leftOperand, operator, rightOperand } }
function instant(milliseconds: number): object { return { '@value': new Date(milliseconds).toISOString(), '@type': 'xsd:dateTime' } }

/** A duration of XML Schema has no weeks: they are added to the days. */
function inDays(keep: string): string {
  const weeks = /(\d+)W/.exec(keep)
  if (!weeks) return keep
  const days = Number(weeks[1]) * 7 + Number(/(\d+)D/.exec(keep)?.[1] ?? 0)
  return keep.replace(/\d+W(?:\d+D)?/, `${days}D`)
}
