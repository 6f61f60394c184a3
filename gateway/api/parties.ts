// Accounts: parties, added by an operator, and their keys.
import { timeText, type Call } from '#gateway/api/handler.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { Party, Role } from '#gateway/parties/parties.ts'

export function addParty({ services, body }: Call<{ role: Role, name: string, country?: string }>) {
  const { party, key } = services.parties.add(body)
  return { partyId: party.id, key }
}

export function listParties({ services }: Call) { return services.parties.list().map(partyView) }

export function setParty({ services, parameters, body }: Call<{ country: string | null }, { partyId: string }>) {
  return partyView(services.parties.setCountry(parameters.partyId, body.country))
}

function partyView({ id, role, name, createdAt, address, country }: Party) {
  return { partyId: id, role, name, createdAt: timeText(createdAt), address, country }
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
