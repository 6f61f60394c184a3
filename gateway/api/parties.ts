// Accounts: parties, added by an operator, and their keys.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Party, PartyFacts, Role } from '#gateway/parties/parties.ts'

interface Facts {
  readonly postalAddress?: string
  readonly contact?: string
  readonly dataRole?: NonNullable<PartyFacts['dataRole']>
}

export function addParty({ services, body }: Call<{ role: Role, name: string, country?: string } & Facts>) {
  const { role, name, country, ...facts } = body, { party, key } = services.parties.add({ role, name, country, ...factsIn(facts) })
  return { partyId: party.id, key }
}

export function listParties({ services }: Call) { return services.parties.list().map(partyView) }

/**
 * What is said of a party in the records of those who consent to it: by an operator of everybody, by a party of itself. Where it is, only an
 * operator says: some consents let nothing out to other countries.
 */
export function setParty({ services, party, parameters, body }: Call<{ country?: string | null } & Facts, { partyId: string }>) {
  const { country, ...facts } = body, known = services.parties.get(parameters.partyId)
  if (!known || (party.role !== 'operator' && known.id !== party.id)) throw notFound('party')
  if (country !== undefined && party.role !== 'operator') throw new GatewayError('FORBIDDEN', 'In which country a party is, an operator says: ask them, and leave out `country`.')
  if (country !== undefined) services.parties.setCountry(known.id, country)
  if (Object.keys(facts).length > 0) services.parties.setFacts(known.id, { ...known.facts, ...factsIn(facts) })
  return partyView(services.parties.get(known.id)!)
}

function partyView({ id, role, name, createdAt, address, country, facts = {} }: Party) {
  const { address: postalAddress, contact, dataRole } = facts
  return { partyId: id, role, name, createdAt: timeText(createdAt), address, country, postalAddress, contact, dataRole }
}

function factsIn({ postalAddress, ...facts }: Facts): PartyFacts {
  return { ...facts, ...(postalAddress !== undefined && { address: postalAddress }) }
}

export function rotateKey(call: Call<WhoseKey | undefined>) {
  const { id } = whose(call)
  return { partyId: id, key: call.services.parties.rotateKey(id) }
}

export function revokeKeys(call: Call<WhoseKey | undefined>) {
  const { id } = whose(call)
  call.services.parties.revokeKeys(id)
  return { partyId: id, state: 'revoked' }
}

interface WhoseKey { readonly partyId?: string }

/** Everybody disposes of their own keys, an operator of everybody's: whoever has lost theirs turns to one. */
function whose({ services, party, body }: Call<WhoseKey | undefined>): Party {
  const partyId = body?.partyId ?? party.id
  if (partyId === party.id) return party
  const other = party.role === 'operator' ? services.parties.get(partyId) : undefined
  if (!other) throw new GatewayError('NOT_FOUND', 'There is no such party, or its keys are not yours to dispose of.')
  return other
}
