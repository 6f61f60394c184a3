// Every answer that is no success: problem+json (RFC 9457), on whichever road it is met, and never a word of the inside.
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BODY_BYTES_MAX, HEADER_BYTES_MAX } from '#gateway/api/limits.ts'
import { GatewayError, type ErrorCode } from '#gateway/errors.ts'
import { STATUS_CODES } from '#gateway/lib/http.ts'
import { problemOf, type Problem } from '#gateway/publish/problem.ts'
import type { Log } from '#gateway/telemetry/log.ts'

/** A problem whose status says more than its code's own. */
export class HttpProblem extends GatewayError {
  readonly #status: number
  constructor(status: number, code: ErrorCode, message: string) {
    super(code, message)
    this.#status = status
  }

  override get status(): number { return this.#status }
}

function send(reply: FastifyReply, problem: Problem): void {
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
  void reply.status(problem.status).type('application/problem+json').send(problem)
}

/** What a handler, a check or the framework has thrown. */
export function errorHandler(log: Log) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const known = error instanceof GatewayError ? error : ofFramework(error as FastifyError)
    // The route and not the address, which may hold a key.
    if (!known) log.error({ method: request.method, route: request.routeOptions.url, error: (error as Error).stack }, 'Failed to answer')
    send(reply, problemOf(known ?? error))
  }
}

export function notFoundHandler(request: FastifyRequest, reply: FastifyReply): void {
  send(reply, problemOf(new GatewayError('NOT_FOUND', `There is no ${request.method} at this address: /openapi.json lists what there is.`)))
}

/** Bytes that are no HTTP request: answered once, and the connection closed. */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) { socket.destroy(); return }
  const [status, detail] = REFUSED_BYTES[error.code ?? ''] ?? [400, 'This is not an HTTP request.']
  const body = JSON.stringify(problemOf(new HttpProblem(status, 'BAD_REQUEST', detail)))
  const head = ['content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`, 'connection: close']
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('\r\n')}\r\n\r\n${body}`)
}

const REFUSED_BYTES: Readonly<Record<string, [status: number, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, `The headers are larger than ${HEADER_BYTES_MAX} bytes.`],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
}

/** What the framework refuses before anything of ours is asked. */
function ofFramework({ code, statusCode }: FastifyError): GatewayError | undefined {
  const known = REFUSED_BY_FRAMEWORK[code]
  if (known) return new HttpProblem(...known)
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined
  return new HttpProblem(statusCode, 'BAD_REQUEST', `${STATUS_CODES[statusCode] ?? 'Bad Request'}.`)
}

const NO_JSON = 'The body is not JSON: send one JSON object, in UTF-8, as application/json.'
const REFUSED_BY_FRAMEWORK: Readonly<Record<string, [status: number, code: ErrorCode, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'BAD_REQUEST', `The body is larger than ${BODY_BYTES_MAX} bytes.`],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'BAD_REQUEST', 'Send the body as application/json.'],
  FST_ERR_CTP_INVALID_JSON_BODY: [400, 'BAD_REQUEST', NO_JSON],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'BAD_REQUEST', 'The body is not as long as its content-length says.'],
  FST_ERR_BAD_URL: [400, 'BAD_REQUEST', 'The path is not percent-encoded UTF-8.'],
}
