// A plain broker on the same session layer, for the protocol suites of others: they expect strangers to be let in, and to hear each other.
import type { MqttLimits } from '#gateway/mqtt/limits.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { MqttServer, type MqttLog } from '#gateway/mqtt/server.ts'

const LOOPBACK = '127.0.0.1'
/** The one namespace that all of them share. */
const EVERYBODY = { sourceId: 'conformance' }
/** The suites want to be refused somewhere. */
const NOT_TO_BE_READ = 'test/nosubscribe'

/** What the suites expect a broker to grant, and no quota of ours in their way. */
export const CONFORMANCE_LIMITS: Partial<MqttLimits> = {
  connectionsMax: 100_000,
  connectionsPerSourceMax: 100_000,
  sessionsPerSourceMax: 100_000,
  filtersPerSourceMax: 100_000,
  filterBytesPerSourceMax: 268_435_456,
  requestsPerSecondMax: 1_000_000,
  packetsPerSecondPerSourceMax: 1_000_000_000,
  bytesPerSecondPerSourceMax: 1_000_000_000_000,
  longRoadMsPerSecondPerSourceMax: 1_000,
  connectBytesMax: 65_700,
  filtersBytesMax: 1_048_576,
  topicCharsMax: 65_535,
  sessionExpirySMax: 0xffffffff,
  receiveMaximum: 20,
  topicAliasMax: 10,
  keepAliveSMax: 60,
}

/** Not started yet. It reads nothing of a gateway and hands it nothing; `port` 0 takes a free one. Only this machine reaches it. */
export function conformanceServer(port: number, log?: MqttLog): MqttServer {
  return new MqttServer({
    host: LOOPBACK, port, log, limits: CONFORMANCE_LIMITS, tellsNoReaders: true,
    credentials: { authenticate: () => EVERYBODY },
    ingest: () => undefined,
    mayRead: filter => filter === NOT_TO_BE_READ ? REASON.UNSPECIFIED : undefined,
  })
}
