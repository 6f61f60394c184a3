// Bridges: sources that the gateway fetches from a broker of the owner's.
import { dialectOf } from '#gateway/api/dialects.ts'
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { checkTimezone } from '#gateway/api/timezone.ts'
import type { Bridge, BrokerAccess, NewBridge } from '#gateway/bridge/bridge.ts'
import type { Placement, Position } from '#gateway/devices/sources.ts'

interface BridgeWish extends NewBridge {
  readonly dialect?: string
  readonly name?: string
  readonly location?: Position
  readonly placement?: Placement
  readonly timezone?: string
}

export function addBridge({ services, party, body }: Call<BridgeWish>) {
  const { dialect, name, location, placement, timezone, ...wish } = body
  checkTimezone(timezone)
  const about = { dialect: dialect === undefined ? undefined : dialectOf(dialect), name: name ?? dialect ?? 'bridge', location, placement, timezone }
  return view(services, services.bridges.add(party.id, wish, about).bridge)
}

export function listBridges({ services, party }: Call) {
  return services.bridges.list(party.id).map(bridge => view(services, bridge))
}

export function setBridge({ services, party, body, parameters }: Call<Partial<BrokerAccess>, { readonly sourceId: string }>) {
  return view(services, services.bridges.set(party.id, parameters.sourceId, body))
}

/** Everything but the password and the certificates. */
function view(services: Services, bridge: Bridge) {
  const { sourceId, broker, protocol, topics, share, strip, username, createdAt } = bridge, { state, since, detail, received } = services.bridges.statusOf(bridge)
  return {
    sourceId, name: services.sources.get(sourceId)?.name, broker, protocol, topics, share, strip, username, createdAt: timeText(createdAt),
    state, since: timeText(since), detail, received,
  }
}
