// The rights of those whom data are about: what is kept, in a form to take along, who got what, and to have it stopped.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { subjectsStream } from '#gateway/api/streams.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { markdownOf } from '#gateway/rights/processing-record.ts'
import { coarsened } from '#gateway/rights/transfers.ts'
import type { Objection } from '#gateway/rights/rights.ts'

export function access({ services, party }: Call) { return services.rights.access(party.id) }

export function exportData({ services, party, reply }: Call) { return reply.type('application/x-tar').send(services.rights.export(party.id)) }

interface Span { readonly from?: string, readonly to?: string, readonly recipient?: string, readonly streamId?: string }

/** To the owner to the millisecond; to an operator to the hour. */
export function listTransfers({ services, party, parameters }: Call<undefined, Span & { readonly after: number, readonly limit: number }>) {
  const isOwner = party.role === 'owner', { recipient, streamId, after, limit } = parameters
  const found = services.rights.transfers({ ...spanOf(parameters), recipient, streamId, after, limit, ownerId: isOwner ? party.id : undefined })
  return found.map(({ record, ownerId, at, ...rest }) => ({ record, owner: ownerId, ...rest, at: timeText(isOwner ? at : coarsened(at)) }))
}

export function listAffected({ services, parameters }: Call<undefined, Span>) {
  const { recipient, streamId } = parameters, affected = services.rights.affected({ ...spanOf(parameters), recipient, streamId })
  return affected.map(({ ownerId, firstAt, lastAt, ...rest }) => ({ owner: ownerId, ...rest, firstAt: timeText(coarsened(firstAt)), lastAt: timeText(coarsened(lastAt)) }))
}

interface OneStream { readonly streamId: string }

export function restrictStream({ services, party, parameters: { streamId } }: Call<undefined, OneStream>) {
  const stream = ownOrAny(services, party, streamId), isOwner = party.role === 'owner'
  const { restriction, told } = services.rights.restrict(stream, isOwner ? party.id : stream.ownerId, isOwner ? 'owner' : 'operator')
  return { streamId, state: 'restricted', since: timeText(restriction.at), by: restriction.by, told }
}

/** What an operator has restricted for an owner the owner may lift; an operator lifts only what operators have restricted: else it would be a grant. */
export function liftRestriction({ services, party, parameters: { streamId } }: Call<undefined, OneStream>) {
  const stream = ownOrAny(services, party, streamId), isOwner = party.role === 'owner', { rights } = services
  if (!isOwner && rights.restrictions.on(streamId).some(({ by }) => by === 'owner')) throw new GatewayError('FORBIDDEN', 'Its owner has restricted it: an operator may stop what leaves, and never let it go on.')
  const isRestricted = rights.lift(stream, isOwner ? party.id : stream.ownerId)
  return { streamId, state: isRestricted ? 'restricted' : 'unrestricted' }
}

export function objectTo({ services, party, body }: Call<Objection>) {
  if (Object.keys(body).length === 0) throw new GatewayError('BAD_REQUEST', 'Say what you object to: a recipient, a purpose or a stream.')
  return { withdrawn: services.rights.object(party.id, body).map(consentId => services.records.receipt(consentId)) }
}

export function rectifyParty({ services, party, body }: Call<{ name: string }>) {
  const { id, name } = services.parties.rename(party.id, body.name)
  return { partyId: id, name }
}

export function listRecipientNotices({ services, party, parameters: { after, limit } }: Call<undefined, { after: number, limit: number }>) {
  return services.rights.recipientNotices(party.id, after, limit).map(({ id, agreementId, streamId, kind, at }) => ({ noticeId: id, agreementId, streamId, kind, at: timeText(at) }))
}

export function processingRecord({ services, parameters: { format }, reply }: Call<undefined, { format: 'json' | 'markdown' }>) {
  const record = services.rights.record()
  return format === 'json' ? record : reply.type('text/markdown; charset=utf-8').send(markdownOf(record))
}

export function listOperatorActions({ services, party, parameters: { after, limit } }: Call<undefined, { after: number, limit: number }>) {
  const about = party.role === 'owner' ? { ownerId: party.id } : {}
  return services.rights.actions.list({ after, limit, ...about }).map(({ sequence, hash, action }) => ({ sequence, hash, ...action && { ...action, at: timeText(action.at) } }))
}

function ownOrAny(services: Services, party: Party, streamId: string): Stream {
  if (party.role === 'owner') return subjectsStream(services, party, streamId)
  const stream = services.streams.get(streamId)
  if (!stream) throw notFound('stream')
  return stream
}

function spanOf({ from, to }: Span): { readonly from: number, readonly to: number } {
  return { from: from === undefined ? 0 : Date.parse(from), to: to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(to) }
}
