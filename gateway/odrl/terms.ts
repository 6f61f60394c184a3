// The namespaces that policies, requests, worlds and reports are written in, and the terms of ODRL 2.2 that this room knows.
// A term that is not here is unknown, and what is unknown permits nothing.

export const ODRL = 'http://www.w3.org/ns/odrl/2/'
export const CC = 'http://creativecommons.org/ns#'
export const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'
export const RDFS = 'http://www.w3.org/2000/01/rdf-schema#'
export const SKOS = 'http://www.w3.org/2004/02/skos/core#'
export const XSD = 'http://www.w3.org/2001/XMLSchema#'
export const DCT = 'http://purl.org/dc/terms/'
/** The community group's model of what an evaluation says. */
export const REPORT = 'https://w3id.org/force/compliance-report#'
/** The state of the world: what a request says of its own context. */
export const SOTW = 'https://w3id.org/force/sotw#'
/** The subject that has the current time, in the worlds of the public test suite. */
export const CURRENT_TIME = 'http://example.com/request/currentTime'

export const TYPE = `${RDF}type`

/** Says what a thing is about, for people: it limits nothing. */
const DESCRIPTIVE = [DCT, 'http://purl.org/dc/elements/1.1/', `${RDFS}label`, `${RDFS}comment`, `${RDFS}seeAlso`, SKOS, 'http://xmlns.com/foaf/0.1/', 'http://schema.org/', 'https://schema.org/', 'http://www.w3.org/2006/vcard/ns#']

export function isDescriptive(property: string): boolean { return DESCRIPTIVE.some(start => property.startsWith(start)) }

/** Of a policy that can be evaluated; a Request asks. */
export const POLICY_KINDS = ['Policy', 'Set', 'Offer', 'Agreement', 'Assertion', 'Privacy', 'Ticket'] as const
export type PolicyKind = (typeof POLICY_KINDS)[number] | 'Request'

export const CONFLICT_STRATEGIES = ['perm', 'prohibit', 'invalid'] as const
export type ConflictStrategy = (typeof CONFLICT_STRATEGIES)[number]

/** Roles that parties have in a rule (Vocabulary §3.6), beside the two that decide. */
export const FUNCTIONS = [
  'attributedParty', 'attributingParty', 'compensatedParty', 'compensatingParty', 'consentedParty', 'consentingParty',
  'contractedParty', 'contractingParty', 'informedParty', 'informingParty', 'trackedParty', 'trackingParty',
] as const

export const LEFT_OPERANDS: ReadonlySet<string> = new Set([
  'absolutePosition', 'absoluteSize', 'absoluteSpatialPosition', 'absoluteTemporalPosition', 'count', 'dateTime', 'delayPeriod', 'deliveryChannel',
  'device', 'elapsedTime', 'event', 'fileFormat', 'industry', 'language', 'media', 'meteredTime', 'payAmount', 'percentage', 'product', 'purpose',
  'recipient', 'relativePosition', 'relativeSize', 'relativeSpatialPosition', 'relativeTemporalPosition', 'resolution', 'spatial',
  'spatialCoordinates', 'system', 'systemDevice', 'timeInterval', 'unitOfCount', 'version', 'virtualLocation',
].map(name => ODRL + name))

export const OPERATORS = ['eq', 'neq', 'lt', 'lteq', 'gt', 'gteq', 'isA', 'hasPart', 'isPartOf', 'isAllOf', 'isAnyOf', 'isNoneOf'] as const
export type Operator = (typeof OPERATORS)[number]

export const LOGICAL_OPERANDS = ['and', 'or', 'xone', 'andSequence'] as const
export type LogicalOperand = (typeof LOGICAL_OPERANDS)[number]

/** The one of these names that an IRI of the ODRL namespace has. */
export function oneOf<Name extends string>(names: readonly Name[], iri: string): Name | undefined {
  return names.find(name => iri === ODRL + name)
}

const PREFIXES: readonly (readonly [string, string])[] = [['odrl', ODRL], ['cc', CC], ['rdf', RDF], ['rdfs', RDFS], ['xsd', XSD], ['dct', DCT], ['report', REPORT]]

/** As people write it: `odrl:dateTime`. */
export function shortName(iri: string): string {
  const found = PREFIXES.find(([, start]) => iri.startsWith(start))
  return found === undefined ? iri : `${found[0]}:${iri.slice(found[1].length)}`
}
