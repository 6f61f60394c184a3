// The contexts that entities name, as tables of ours: term → IRI. For proofs and tools; nothing on the data path reads them, and nothing fetches what they stand for.
import core from '#semantic-models/contexts/core.json' with { type: 'json' }
import device from '#semantic-models/contexts/Device.json' with { type: 'json' }
import energy from '#semantic-models/contexts/Energy.json' with { type: 'json' }
import environment from '#semantic-models/contexts/Environment.json' with { type: 'json' }
import parking from '#semantic-models/contexts/Parking.json' with { type: 'json' }
import streetlighting from '#semantic-models/contexts/Streetlighting.json' with { type: 'json' }
import transportation from '#semantic-models/contexts/Transportation.json' with { type: 'json' }
import wasteManagement from '#semantic-models/contexts/WasteManagement.json' with { type: 'json' }
import waterConsumption from '#semantic-models/contexts/WaterConsumption.json' with { type: 'json' }
import weather from '#semantic-models/contexts/Weather.json' with { type: 'json' }
import { CORE_CONTEXT } from '#semantic-models/model.ts'

/** Terms of one subject (one context for each: a term means something else in another), or of the core. */
export interface TermTable { readonly subject: string, readonly terms: Readonly<Record<string, string>> }

export const CORE_TERMS: TermTable = core
export const SUBJECT_TERMS: readonly TermTable[] = [device, energy, environment, parking, streetlighting, transportation, wasteManagement, waterConsumption, weather]

/** Terms of the core that are more than a name: how their values are read. */
const CORE_FORMS: Readonly<Record<string, object>> = {
  object: { '@type': '@id' },
  observedAt: { '@type': 'DateTime' },
  coordinates: { '@container': '@list' },
}

/** The JSON-LD document that a context's URL stands for; undefined for any other URL. */
export function contextDocument(url: string): { '@context': Record<string, unknown> } | undefined {
  if (url === CORE_CONTEXT) {
    const terms = Object.entries(CORE_TERMS.terms).map(([term, iri]) => [term, term in CORE_FORMS ? { '@id': iri, ...CORE_FORMS[term] } : iri])
    return { '@context': { '@version': 1.1, ...Object.fromEntries(terms) as Record<string, unknown>, '@vocab': 'https://uri.etsi.org/ngsi-ld/default-context/' } }
  }
  const subject = SUBJECT_TERMS.find(table => url === `https://raw.githubusercontent.com/smart-data-models/dataModel.${table.subject}/master/context.jsonld`)
  return subject && { '@context': { ...subject.terms } }
}
