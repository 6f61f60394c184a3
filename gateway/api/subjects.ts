// Subjects: whom a source tells about beside its owner. An owner names them, or an operator does; only they themselves take it back.
import type { Call } from '#gateway/api/handler.ts'
import { notFound } from '#gateway/errors.ts'

interface OneSubject { readonly sourceId: string, readonly partyId: string }

export function addSubject({ services, party, parameters: { sourceId, partyId } }: Call<undefined, OneSubject>) {
  const { sources, subjects, parties } = services, source = sources.get(sourceId)
  if (!source || (source.ownerId !== party.id && party.role !== 'operator')) throw notFound('source')
  if (parties.get(partyId)?.role !== 'owner') throw notFound('owner')
  subjects.add(sourceId, partyId)
  return { sourceId, subjects: subjects.beside(sourceId) }
}

/** Taking a subject out is as good as their consent: nobody does it for them. */
export function removeSubject({ services: { subjects }, party, parameters: { sourceId, partyId } }: Call<undefined, OneSubject>) {
  if (partyId !== party.id) throw notFound('subject')
  subjects.remove(sourceId, partyId)
  return { sourceId, subjects: [] }
}
