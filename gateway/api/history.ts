// What the history keeps of an owner's streams.
import type { Call } from '#gateway/api/handler.ts'
import { GatewayError } from '#gateway/errors.ts'

export function listHistory({ services, party }: Call) {
  if (!services.history) throw new GatewayError('UNAVAILABLE', 'This gateway keeps no history: its operator names an InfluxDB by history.url in the configuration (SLUICE_HISTORY_URL).')
  return services.history.list(party.id)
}
