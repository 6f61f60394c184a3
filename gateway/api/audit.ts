// Whatever an operator sets about to do is written down before it is done: who, what, and the ids that it names.
import type { Operation } from '#gateway/api/document.ts'
import type { Services } from '#gateway/api/services.ts'
import type { Party } from '#gateway/parties/parties.ts'

/** Reading is no action, but for what shows people's data. */
const READS: ReadonlySet<string> = new Set(['backup', 'listTransfers', 'listAffected'])
const IDS = ['partyId', 'sourceId', 'streamId', 'consentId', 'groupId', 'recipient'] as const

export function recordAction(services: Services, operation: Operation, party: Party | undefined, { body, parameters }: { readonly body: unknown, readonly parameters: object }): void {
  if (party?.role !== 'operator' || (operation.method === 'GET' && !READS.has(operation.id))) return
  const named = { ...typeof body === 'object' ? body : undefined, ...parameters } as Readonly<Record<string, unknown>>
  const about = Object.fromEntries(IDS.flatMap(id => isKnown(services, id, named[id]) ? [[id, named[id]]] : [])) as About
  services.rights.actions.record({ operator: party.id, action: operation.id, about, ownerId: ownerOf(services, about) })
}

type Id = (typeof IDS)[number]
type About = Readonly<Partial<Record<Id, string>>>

/** What is not there is not written down: it may be the id of somebody who was erased. */
function isKnown({ sources, streams, consents, parties, groups }: Services, id: Id, value: unknown): boolean {
  if (typeof value !== 'string') return false
  if (id === 'sourceId') return sources.get(value) !== undefined
  if (id === 'streamId') return streams.get(value) !== undefined
  if (id === 'groupId') return groups.get(value) !== undefined
  return id === 'consentId' ? consents.get(value) !== undefined : parties.get(value) !== undefined
}

/** Whom it is about, so that it goes with them. */
function ownerOf({ sources, streams, consents, parties }: Services, { partyId, sourceId, streamId, consentId }: About): string | undefined {
  const ofSource = sourceId === undefined ? undefined : sources.get(sourceId)?.ownerId
  const ofStream = streamId === undefined ? undefined : streams.get(streamId)?.ownerId
  const ofConsent = consentId === undefined ? undefined : consents.get(consentId)?.ownerId
  return ofSource ?? ofStream ?? ofConsent ?? (partyId !== undefined && parties.get(partyId)?.role === 'owner' ? partyId : undefined)
}
