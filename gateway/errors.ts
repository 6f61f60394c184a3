// Every word with which Sluice refuses: one list for metrics, API, command line and flows.

/** Why an envelope was dropped, or a subscriber turned away. Ordered by stage: a later one means that more stages were passed. */
export const REFUSAL_CODES = [
  'NOT_PAIRED', 'RATE_LIMITED', 'NO_ADAPTER', 'NO_READING', 'BAD_PAYLOAD', 'AMBIGUOUS', 'BAD_UNIT', 'NO_MODEL', 'OVER_QUOTA', 'STALE', 'DUPLICATE',
  'NO_CONSENT', 'EXPIRED', 'CONSENT_WITHDRAWN', 'NO_AGREEMENT', 'PURPOSE_MISMATCH', 'SUSPENDED', 'QUEUE_FULL',
] as const
export type RefusalCode = (typeof REFUSAL_CODES)[number]

/** What a caller of the API can do wrong, beside the refusals above. */
export const REQUEST_CODES = ['BAD_REQUEST', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'LIMIT_REACHED', 'UNAVAILABLE'] as const
export type ErrorCode = RefusalCode | (typeof REQUEST_CODES)[number]

const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_REQUEST: 400, UNAUTHENTICATED: 401, NOT_FOUND: 404, CONFLICT: 409, SUSPENDED: 402, LIMIT_REACHED: 429, RATE_LIMITED: 429, OVER_QUOTA: 429, UNAVAILABLE: 503,
}

/** An operation that was refused: `message` says what to do about it. */
export class GatewayError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'GatewayError'
    this.code = code
  }

  /** The HTTP status that goes with the code (RFC 9110); a refusal without one of its own is 403. */
  get status(): number { return STATUS[this.code] ?? 403 }
}

/** Someone else's id and an id that never was are answered alike. */
export function notFound(what: string): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no such ${what}, or it is not yours.`)
}
