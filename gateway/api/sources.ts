// Sources: an owner pairs them, and decides whether they may connect.
import { dialectOf } from '#gateway/api/dialects.ts'
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { checkTimezone } from '#gateway/api/timezone.ts'
import type { Placement, Position, Source } from '#gateway/devices/sources.ts'

interface NewSource {
  readonly dialect?: string
  readonly name?: string
  readonly location?: Position
  readonly placement?: Placement
  readonly timezone?: string
}

export function pairSource({ services, party, body }: Call<NewSource>) {
  checkTimezone(body.timezone)
  const dialect = body.dialect === undefined ? undefined : dialectOf(body.dialect)
  return credentials(services, services.sources.pair(party.id, { ...body, dialect, name: body.name ?? body.dialect ?? 'source' }))
}

export function listSources({ services, party }: Call) {
  return party.role === 'operator' ? services.sources.all().map(operatorsView) : services.sources.list(party.id).map(source => ownersView(source, services))
}

interface OneSource { readonly sourceId: string }

export function suspendSource(call: Call<undefined, OneSource>) { return changed(call, 'suspend') }
export function resumeSource(call: Call<undefined, OneSource>) { return changed(call, 'resume') }

/** An operator acts in the place of the source's owner, and the log says so; what the owner has suspended stays suspended. */
function changed({ services, party, parameters: { sourceId } }: Call<undefined, OneSource>, change: 'suspend' | 'resume') {
  const { sources, log } = services
  if (party.role !== 'operator') return ownersView(sources[change](party.id, sourceId), services)
  const source = sources[change](sources.get(sourceId)?.ownerId ?? party.id, sourceId, 'operator')
  log.warn({ sourceId, state: source.state, party: party.id }, 'An operator changed the state of a source')
  return operatorsView(source)
}

export function rotateSource({ services, party, parameters }: Call<undefined, OneSource>) {
  return credentials(services, services.sources.rotate(party.id, parameters.sourceId))
}

export function removeSource({ services, party, parameters: { sourceId } }: Call<undefined, OneSource>) {
  services.sources.remove(party.id, sourceId)
  return { sourceId, state: 'removed' }
}

function credentials(services: Services, { source, username, password }: { source: Source, username: string, password: string }) {
  return { sourceId: source.id, username, password, ...services.mqttUrls() }
}

function ownersView(source: Source, { certificates, subjects }: Services) {
  const beside = subjects.beside(source.id)
  return { ...sourceView(source), certificates: certificates.list(source.id).length, ...(beside.length > 0 && { subjects: beside }) }
}

/** Where it is, is not an operator's business. */
function operatorsView(source: Source) {
  return { ...sourceView(source), owner: source.ownerId, location: undefined, timezone: undefined }
}

function sourceView({ id, name, dialect, username, placement, timezone, location, state, createdAt }: Source) {
  return { sourceId: id, name, dialect, username, placement, timezone, location, state, createdAt: timeText(createdAt) }
}
