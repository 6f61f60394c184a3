// Why a connection ended: one list for metrics, log lines and tests.

/** Grouped by who ended it: the client, a refused CONNECT, a breach of the protocol, the clock, the gateway. */
export const CLOSE_REASONS = [
  'disconnected', 'gone',
  'anonymous', 'bad-credentials', 'bad-protocol', 'bad-client-id', 'source-full', 'server-full',
  'malformed', 'too-large', 'bad-text', 'bad-topic',
  'connect-deadline', 'frame-deadline', 'keep-alive', 'frozen-reader',
  'crowded-out', 'taken-over', 'suspended', 'ingest-failed', 'stopped', 'error',
] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]

/** CONNACK return codes (MQTT 3.1.1 §3.2.2.3). */
export const CONNACK = { BAD_PROTOCOL: 1, BAD_CLIENT_ID: 2, UNAVAILABLE: 3, BAD_CREDENTIALS: 4, NOT_AUTHORIZED: 5 } as const

/** What a peer sent may not stand: its connection ends, with a CONNACK where `connack` gives a return code, and else without a word. */
export class Violation extends Error {
  readonly reason: CloseReason
  readonly connack: number | undefined
  constructor(reason: CloseReason, connack?: number) {
    super(reason)
    this.name = 'Violation'
    this.reason = reason
    this.connack = connack
  }
}
