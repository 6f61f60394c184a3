// What a gateway refuses with, as an Error that a Catch node can tell apart by its code.

/** RFC 9457. */
export interface Problem {
  readonly status?: number
  readonly title?: string
  readonly detail?: string
  readonly code?: string
}

/** `code` is one of the gateway's, or UNAVAILABLE where none answers; Catch nodes find it in `msg.error.code`. */
export class GatewayError extends Error {
  readonly code: string
  readonly problem: Problem | undefined

  constructor(code: string, message: string, options: ErrorOptions & { readonly problem?: Problem } = {}) {
    super(message, options)
    this.name = 'GatewayError'
    this.code = code
    this.problem = options.problem
  }
}

/** Refusals that pass by themselves: the gateway starts, stops, or has a bad moment. */
const PASSING = new Set(['UNAVAILABLE', 'INTERNAL'])

export function passesByItself(error: GatewayError): boolean { return PASSING.has(error.code) }

/** A problem document as the error that it means; undefined where it is none of a gateway's. */
export function errorOf(problem: unknown): GatewayError | undefined {
  if (typeof problem !== 'object' || problem === null) return undefined
  const { code, detail } = problem as { code?: unknown, detail?: unknown }
  if (typeof code !== 'string') return undefined
  return new GatewayError(code, typeof detail === 'string' && detail !== '' ? detail : code, { problem })
}

export function unavailable(url: string, cause: unknown): GatewayError {
  return new GatewayError('UNAVAILABLE', `No gateway answers at ${originOf(url)}: ${reasonOf(cause)}.`, { cause })
}

/** fetch hides what happened one level down; what is an error by name only (a DOMException) has a number as its code. */
function reasonOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown }, { code, message } = cause as { code?: unknown, message?: unknown }
  return typeof code === 'string' ? code : typeof message === 'string' ? message : String(cause)
}

/** Without what a URL may carry as a secret. */
function originOf(url: string): string { return URL.canParse(url) ? new URL(url).origin : url }
