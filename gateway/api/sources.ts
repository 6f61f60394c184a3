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
  return services.sources.list(party.id).map(sourceView)
}

interface OneSource { readonly sourceId: string }

export function suspendSource({ services, party, parameters }: Call<undefined, OneSource>) {
  return sourceView(services.sources.suspend(party.id, parameters.sourceId))
}

export function resumeSource({ services, party, parameters }: Call<undefined, OneSource>) {
  return sourceView(services.sources.resume(party.id, parameters.sourceId))
}

export function rotateSource({ services, party, parameters }: Call<undefined, OneSource>) {
  return credentials(services, services.sources.rotate(party.id, parameters.sourceId))
}

export function removeSource({ services, party, parameters: { sourceId } }: Call<undefined, OneSource>) {
  services.sources.remove(party.id, sourceId)
  return { sourceId, state: 'removed' }
}

function credentials(services: Services, { source, username, password }: { source: Source, username: string, password: string }) {
  return { sourceId: source.id, username, password, mqtt: services.mqttUrl() }
}

function sourceView({ id, name, dialect, username, placement, timezone, location, state, createdAt }: Source) {
  return { sourceId: id, name, dialect, username, placement, timezone, location, state, createdAt: timeText(createdAt) }
}
