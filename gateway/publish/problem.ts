// RFC 9457: how an error looks over HTTP, on whichever road it is met.
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { STATUS_CODES } from '#gateway/lib/http.ts'

export interface Problem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly code: ErrorCode | 'INTERNAL'
  readonly detail: string
}

const UNKNOWN = 'Something went wrong inside the gateway; its log says what.'

/** What is not ours to explain says nothing of the inside. */
export function problemOf(error: unknown): Problem {
  const known = error instanceof GatewayError
  const status = known ? error.status : 500, title = STATUS_CODES[status] ?? 'Error'
  return { type: 'about:blank', title, status, code: known ? error.code : 'INTERNAL', detail: known ? error.message : UNKNOWN }
}
