// Accounts: parties, added by an operator, and their keys.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { isCountry } from '#gateway/consent/words.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Party, PartyFacts, Role } from '#gateway/parties/parties.ts'

interface Facts {
  readonly country?: string
  readonly postalAddress?: string
  readonly contact?: string
  readonly dataRole?: NonNullable<PartyFacts['dataRole']>
}

export function addParty({ services, body }: Call<{ role: Role, name: string } & Facts>) {
  const { role, name, ...facts } = body, { party, key } = services.parties.add({ role, name, ...factsIn(facts) })
  return { partyId: party.id, key }
}

export function listParties({ services }: Call) { return services.parties.list().map(partyView) }

/** What is said of a party in the records of those who consent to it: by an operator of everybody, by a party of itself. */
export function setParty({ services, party, parameters, body }: Call<Facts, { partyId: string }>) {
  const known = services.parties.get(parameters.partyId)
  if (!known || (party.role !== 'operator' && known.id !== party.id)) throw notFound('party')
  return partyView(services.parties.setFacts(known.id, { ...known.facts, ...factsIn(body) }))
}

function partyView({ id, role, name, createdAt, address, facts = {} }: Party) {
  const { country, address: postalAddress, contact, dataRole } = facts
  return { partyId: id, role, name, createdAt: timeText(createdAt), address, country, postalAddress, contact, dataRole }
}

function factsIn({ country, postalAddress, ...facts }: Facts): PartyFacts {
  if (country !== undefined && !isCountry(country)) throw new GatewayError('BAD_REQUEST', `There is no country ${country}: write two letters (ISO 3166-1), such as BE.`)
  return { ...facts, ...(country !== undefined && { country }), ...(postalAddress !== undefined && { address: postalAddress }) }
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
