// What a consent record has to hold, by ISO/IEC TS 27560 and by the GDPR (the field table of DPV's guide), and a check that names what is
// not there. For records that we make as for such as others bring.
import { PREFIXES, RECEIPT_PROFILE, RECORD_PROFILE, STATUS_TERMS } from '#gateway/consent/records/vocabulary.ts'

export interface Field {
  /** As ISO/IEC TS 27560 names it. */
  readonly name: string
  /** Mandatory by the ISO specification. */
  readonly iso?: true
  /** Mandatory by the GDPR. */
  readonly gdpr?: true
  /** From the record on, every branch of it: `dpv:hasProcess/dpv:hasPurpose`. */
  readonly path: string
  /** Which values count; left out: any that says something. */
  readonly holds?: (value: unknown) => boolean
}

export interface Missing { readonly field: string, readonly path: string }

/** A record has some kilobytes; what is larger is none. */
export const RECORD_BYTES_MAX = 256 << 10
/** Levels of objects and lists. */
export const RECORD_DEPTH_MAX = 16

const ROLES = ['dpv:DataController', 'dpv:JointDataControllers', 'dpv:DataProcessor', 'dpv:ThirdParty', 'dpv:Authority', 'dpv:Representative']
const PARTY_TYPES = ['dpv:LegalEntity', 'dpv:Organisation', 'dpv:Recipient', 'dpv:DataImporter', 'dpv:DataExporter', 'dpv:NaturalPerson']
const DATA_KINDS = ['dpv:PersonalData', 'dpv:SensitivePersonalData', 'dpv:SpecialCategoryPersonalData']
const IRI = /^[a-z][a-z0-9+.-]*:\S+$/i, SHA256 = /^[0-9a-f]{64}$/, LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/i

const isText = (pattern: RegExp) => (value: unknown): boolean => typeof value === 'string' && pattern.test(value)
const isOneOf = (terms: readonly string[]) => (value: unknown): boolean => [value].flat().some(each => terms.includes(each as string))
const hasType = (terms: readonly string[]) => (value: unknown): boolean => isNode(value) && isOneOf(terms)(value['@type'])
const isTime = (value: unknown): boolean => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value) && !Number.isNaN(Date.parse(value))
const isIri = (value: unknown): boolean => isText(IRI)(isNode(value) ? value['@id'] : value)

const PARTIES = ['dpv:hasDataController', 'dpv:hasProcess/dpv:hasRecipient', 'dpv:hasAuthority']
const PARTY_FIELDS: readonly Field[] = PARTIES.flatMap(path => [
  { name: 'party id', iso: true, path: `${path}/dct:identifier` },
  { name: 'party address', iso: true, gdpr: true, path: `${path}/dpv:hasAddress` },
  { name: 'party name', iso: true, gdpr: true, path: `${path}/dpv:hasName` },
  { name: 'party role', gdpr: true, path: `${path}/@type`, holds: isOneOf(ROLES) },
  { name: 'party contact', iso: true, gdpr: true, path: `${path}/dpv:hasContact` },
  { name: 'party type', iso: true, gdpr: true, path: `${path}/@type`, holds: isOneOf(PARTY_TYPES) },
  // Ours: whoever receives is somewhere, or it is said that this is not known.
  { name: 'party country', path: `${path}/dpv:hasCountry` },
])

/** Every mandatory field of a record. Those that are neither ISO's nor the GDPR's are ours. */
export const FIELDS: readonly Field[] = [
  { name: 'record type', path: '@type', holds: isOneOf(['dpv:ConsentRecord']) },
  { name: 'schema version', iso: true, path: 'dct:conformsTo', holds: isOneOf([RECORD_PROFILE]) },
  { name: 'record id', iso: true, path: 'dct:identifier' },
  { name: 'pii principal id', iso: true, path: 'dpv:hasDataSubject/dct:identifier' },
  { name: 'privacy notice', iso: true, gdpr: true, path: 'dpv:hasNotice', holds: hasType(['dpv:ConsentNotice', 'dpv:PrivacyNotice']) },
  { name: 'notice hash', path: 'dpv:hasNotice/schema:sha256', holds: isText(SHA256) },
  { name: 'notice version', path: 'dpv:hasNotice/schema:version' },
  { name: 'language', iso: true, path: 'dpv:hasNotice/dct:language', holds: isText(LANGUAGE) },
  { name: 'purpose', iso: true, gdpr: true, path: 'dpv:hasProcess/dpv:hasPurpose', holds: isIri },
  { name: 'lawful basis', gdpr: true, path: 'dpv:hasProcess/dpv:hasLegalBasis', holds: isIri },
  { name: 'pii information', iso: true, path: 'dpv:hasProcess/dpv:hasPersonalData' },
  { name: 'pii controllers', iso: true, path: 'dpv:hasDataController' },
  { name: 'collection method', gdpr: true, path: 'dpv:hasProcess/dpv:hasDataSource' },
  { name: 'processing method', gdpr: true, path: 'dpv:hasProcess/dpv:hasProcessing', holds: isIri },
  { name: 'storage locations', iso: true, gdpr: true, path: 'dpv:hasProcess/dpv:hasStorageCondition[dpv:StorageLocation]/dpv:hasLocation' },
  { name: 'retention period', iso: true, gdpr: true, path: 'dpv:hasProcess/dpv:hasStorageCondition[dpv:StorageDuration]/dpv:hasDuration' },
  { name: 'processing location', gdpr: true, path: 'dpv:hasProcess/dpv:hasProcessingCondition[dpv:ProcessingLocation]/dpv:hasLocation' },
  { name: 'geographic restrictions', gdpr: true, path: 'dpv:hasProcess/dpv:hasRule/dpv:hasLocation' },
  { name: 'jurisdiction', iso: true, path: 'dpv:hasJurisdiction', holds: isIri },
  { name: 'recipient third parties', iso: true, gdpr: true, path: 'dpv:hasProcess/dpv:hasRecipient' },
  { name: 'withdrawal method', iso: true, gdpr: true, path: 'dpv:hasConsentControl[dpv:WithdrawConsent]/dpv:isExercisedAt' },
  { name: 'privacy rights', gdpr: true, path: 'dpv:hasRight', holds: isIri },
  { name: 'authority party', gdpr: true, path: 'dpv:hasAuthority' },
  { name: 'pii type', iso: true, gdpr: true, path: 'dpv:hasProcess/dpv:hasPersonalData/skos:broader', holds: isIri },
  { name: 'pii optional', gdpr: true, path: 'dpv:hasProcess/dpv:hasPersonalData/dpv:hasNecessity', holds: isIri },
  { name: 'special pii category', gdpr: true, path: 'dpv:hasProcess/dpv:hasPersonalData/@type', holds: isOneOf(DATA_KINDS) },
  ...PARTY_FIELDS,
  { name: 'event time', iso: true, gdpr: true, path: 'dpv:hasConsentStatus/dpv:isIndicatedAtTime', holds: isTime },
  { name: 'validity duration', iso: true, gdpr: true, path: 'dpv:hasConsentStatus/dpv:hasDuration' },
  { name: 'entity id', iso: true, gdpr: true, path: 'dpv:hasConsentStatus/dpv:isIndicatedBy', holds: isIri },
  { name: 'event type', iso: true, gdpr: true, path: 'dpv:hasConsentStatus/dpv:hasLegalBasis', holds: isIri },
  { name: 'event state', iso: true, gdpr: true, path: 'dpv:hasConsentStatus/@type', holds: isOneOf(Object.values(STATUS_TERMS)) },
]

/** What a receipt has besides the record that is in it. */
export const RECEIPT_FIELDS: readonly Field[] = [
  { name: 'receipt type', path: '@type', holds: isOneOf(['dpv:ConsentReceipt']) },
  { name: 'receipt schema version', iso: true, path: 'dct:conformsTo', holds: isOneOf([RECEIPT_PROFILE]) },
  { name: 'receipt id', iso: true, path: 'dct:identifier' },
]
const RECORD_IN_RECEIPT = 'dpv:hasRecordOfActivity'

/** The mandatory fields that a record, or a receipt with its record, lacks or has wrong; none: it is whole. Throws a TypeError for what is no JSON object of bounded depth. */
export function missingIn(document: unknown): readonly Missing[] {
  const root = compacted(document, 0)
  if (!isNode(root)) throw new TypeError('A record is a JSON object.')
  if (!isOneOf(['dpv:ConsentReceipt'])(root['@type'])) return lacking(root, FIELDS, '')
  const records = [root[RECORD_IN_RECEIPT] ?? {}].flat(), inRecords = records.flatMap(record => lacking(isNode(record) ? record : {}, FIELDS, `${RECORD_IN_RECEIPT}/`))
  return [...lacking(root, RECEIPT_FIELDS, ''), ...inRecords]
}

function lacking(root: Node, fields: readonly Field[], prefix: string): readonly Missing[] {
  const missing = fields.filter(({ path, holds = saysSomething }) => !reach(root, path.split('/'), holds))
  return missing.map(({ name, path }) => ({ field: name, path: prefix + path }))
}

/** Whether what a path leads to holds, in every branch that there is, and in one at least. */
function reach(node: Node, [step = '', ...rest]: readonly string[], holds: (value: unknown) => boolean): boolean {
  const [, name = '', kind] = /^([^[]+)(?:\[(.+)\])?$/.exec(step)!, values = name === '@type' ? [node[name]] : [Object.hasOwn(node, name) ? node[name] : []].flat()
  const branches = kind === undefined ? values : values.filter(hasType([kind]))
  return branches.length > 0 && branches.every(value => rest.length === 0 ? saysSomething(value) && holds(value) : isNode(value) && reach(value, rest, holds))
}

function saysSomething(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() !== ''
  if (Array.isArray(value)) return value.length > 0 && value.every(saysSomething)
  return isNode(value) ? Object.keys(value).some(key => key !== '@type') : typeof value === 'number'
}

type Node = Readonly<Record<string, unknown>>
function isNode(value: unknown): value is Node { return typeof value === 'object' && value !== null && !Array.isArray(value) }

/** With the prefixes of the profile in the place of whole IRIs, wherever others write them out. */
function compacted(value: unknown, depth: number): unknown {
  if (depth > RECORD_DEPTH_MAX) throw new TypeError(`A record has at most ${RECORD_DEPTH_MAX} levels.`)
  if (typeof value === 'string') return short(value)
  if (Array.isArray(value)) return value.map(each => compacted(each, depth + 1))
  if (!isNode(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [short(key), key === '@context' ? undefined : compacted(each, depth + 1)]))
}

const NAMESPACES = Object.entries(PREFIXES)
const PROFILES: readonly string[] = [RECORD_PROFILE, RECEIPT_PROFILE]
function short(text: string): string {
  if (PROFILES.includes(text)) return text
  const found = NAMESPACES.find(([, namespace]) => text.startsWith(namespace))
  return found ? `${found[0]}:${text.slice(found[1].length)}` : text
}
