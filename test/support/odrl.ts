// Short ways to write policies, requests and worlds, for tests.
import { evaluateDocuments } from '#gateway/odrl/evaluation.ts'
import type { ComplianceReport } from '#gateway/odrl/evaluate.ts'

export const PREFIXES = `@prefix : <https://city.example/>. @prefix odrl: <http://www.w3.org/ns/odrl/2/>. @prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>.
@prefix xsd: <http://www.w3.org/2001/XMLSchema#>. @prefix dct: <http://purl.org/dc/terms/>. @prefix report: <https://w3id.org/force/compliance-report#>.
@prefix sotw: <https://w3id.org/force/sotw#>. @prefix dpv: <https://w3id.org/dpv#>. @prefix skos: <http://www.w3.org/2004/02/skos/core#>.\n`
export const NOON = '2027-03-01T12:00:00Z'

export const policyOf = (rules: string, more = ''): string => `${PREFIXES}:policy a odrl:Set; ${rules}. ${more}`
export const requestOf = (permission = 'odrl:assignee :mayor; odrl:action odrl:read; odrl:target :meter'): string => `${PREFIXES}:asked a odrl:Request; odrl:permission :wish. :wish a odrl:Permission; ${permission}.`
export const worldOf = (more = '', now = NOON): string => `${PREFIXES}<http://example.com/request/currentTime> dct:issued "${now}"^^xsd:dateTime. ${more}`

export interface Case { readonly policy: string, readonly request?: string, readonly world?: string }

/** The report of the one policy and the one request. */
export function reportOf({ policy, request = requestOf(), world = worldOf() }: Case): ComplianceReport {
  const reports = evaluateDocuments({ policy, request, world })
  if (reports.length !== 1) throw new Error(`${reports.length} reports`)
  return reports[0]!
}

/** In the order of the rules. */
export function activeRules(documents: Case): readonly boolean[] { return reportOf(documents).rules.map(({ isActive }) => isActive) }

/** The terms that were not understood, each once. */
export function unknownTerms(report: ComplianceReport): readonly string[] {
  return [...new Set([...report.faults, ...report.rules.flatMap(({ faults }) => faults)].map(({ term }) => term))].sort()
}
