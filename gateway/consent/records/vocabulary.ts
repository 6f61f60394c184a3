// The words of a consent record: prefixes, and which term of the Data Privacy Vocabulary (DPV 2.3) says what.
import type { EventType } from '#gateway/consent/life.ts'
import type { Model } from '#semantic-models/model.ts'

export const PREFIXES = {
  dpv: 'https://w3id.org/dpv#',
  pd: 'https://w3id.org/dpv/pd#',
  loc: 'https://w3id.org/dpv/loc#',
  'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
  dct: 'http://purl.org/dc/terms/',
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  schema: 'https://schema.org/',
  skos: 'http://www.w3.org/2004/02/skos/core#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
} as const

const REFERENCES = [
  'dpv:hasPurpose', 'dpv:hasLegalBasis', 'dpv:hasProcessing', 'dpv:hasNecessity', 'dpv:hasLocation', 'dpv:hasCountry', 'dpv:hasJurisdiction', 'dpv:hasRight', 'dpv:isIndicatedBy',
  'skos:broader', 'dct:conformsTo', 'schema:recipient', 'dct:publisher',
]
const TIMES = ['dct:created', 'dct:date', 'dpv:isIndicatedAtTime']

/** Goes with each record: nobody has to fetch anything to read it. */
export const CONTEXT = {
  ...PREFIXES,
  ...Object.fromEntries(REFERENCES.map(term => [term, { '@type': '@id' }])),
  ...Object.fromEntries(TIMES.map(term => [term, { '@type': 'xsd:dateTime' }])),
}

export const RECORD_PROFILE = 'https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr'
export const RECEIPT_PROFILE = 'https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr'

export const STATUS_TERMS: Readonly<Record<EventType, string>> = {
  requested: 'dpv:ConsentRequested', deferred: 'dpv:ConsentRequestDeferred', refused: 'dpv:ConsentRefused', given: 'dpv:ConsentGiven',
  renewed: 'dpv:RenewedConsentGiven', withdrawn: 'dpv:ConsentWithdrawn', revoked: 'dpv:ConsentRevoked', expired: 'dpv:ConsentExpired', invalidated: 'dpv:ConsentInvalidated',
}

/** What a transform is, by its operation; another one is `dpv:Transform`, of which all of these are. */
export const PROCESSING_TERMS: Readonly<Record<string, string>> = {
  round: 'dpv:Alter', bucket: 'dpv:Alter', h3: 'dpv:Alter', grid: 'dpv:Alter', time: 'dpv:Alter', mask: 'dpv:Screen', drop: 'dpv:Screen', sample: 'dpv:Filter', pseudonymise: 'dpv:Pseudonymise',
}

/** Articles 13, 15 to 22, 7(3) and 77 of the GDPR. */
export const RIGHTS_TERMS = ['A7-3', 'A13', 'A15', 'A16', 'A17', 'A18', 'A19', 'A20', 'A21', 'A22', 'A77'].map(article => `eu-gdpr:${article}`)

const CONSUMPTION = 'pd:ServiceConsumptionBehaviour', BEHAVIOUR = 'pd:Behavioural', HOUSEHOLD = 'pd:Household'
const BY_ATTRIBUTE: Readonly<Record<string, string>> = { location: 'pd:Location', refDevice: 'pd:DeviceBased', refParkingSite: 'pd:Location', peopleCount: BEHAVIOUR }
const BY_MODEL: Readonly<Record<string, string>> = {
  ACMeasurement: CONSUMPTION, ThreePhaseAcMeasurement: CONSUMPTION, SmartMeteringObservation: CONSUMPTION, WaterConsumptionObserved: CONSUMPTION,
  CrowdFlowObserved: BEHAVIOUR, ParkingSpot: 'pd:VehicleUsage', TrafficFlowObserved: 'pd:VehicleUsage',
}
/** A measurement of these tells what people do. */
const BEHAVIOUR_QUANTITIES = new Set(['contact', 'motion', 'occupancy', 'presence', 'vibration'])

/** What an attribute tells of people, and whether it takes more care than others. */
export function dataTermOf(model: Model | undefined, quantity: string | undefined, attribute: string): { readonly category: string, readonly kind: string } {
  const ofQuantity = quantity !== undefined && BEHAVIOUR_QUANTITIES.has(quantity) ? BEHAVIOUR : undefined
  const category = BY_ATTRIBUTE[attribute] ?? ofQuantity ?? BY_MODEL[model?.type ?? ''] ?? HOUSEHOLD
  return { category, kind: category === BEHAVIOUR ? 'dpv:SensitivePersonalData' : 'dpv:PersonalData' }
}
