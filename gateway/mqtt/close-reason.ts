// Why a connection ended: one list for metrics, log lines and tests.

/** Grouped by who ended it: the client, a refused CONNECT, a breach of the protocol, the clock, the gateway. */
export const CLOSE_REASONS = [
  'disconnected', 'gone',
  'anonymous', 'bad-credentials', 'bad-protocol', 'bad-client-id', 'source-full', 'server-full',
  'malformed', 'too-large', 'bad-text', 'bad-topic', 'not-allowed',
  'connect-deadline', 'frame-deadline', 'keep-alive', 'frozen-reader',
  'crowded-out', 'taken-over', 'suspended', 'feed-ended', 'ingest-failed', 'stopped', 'error',
] as const
export type CloseReason = (typeof CLOSE_REASONS)[number]
