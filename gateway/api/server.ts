// The HTTP server: one port for the API, live streams, health and metrics. Bounded in what a client may send, hold open or wait with.
import { fastify, type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { checkHost, isCalledRightly } from '#gateway/api/access.ts'
import { mount } from '#gateway/api/bridge.ts'
import { HANDLERS } from '#gateway/api/handlers.ts'
import {
  BODY_BYTES_MAX, CONNECTIONS_MAX, HEADER_BYTES_MAX, HEADERS_MS_MAX, KEEP_ALIVE_MS, PATH_PARAMETER_LENGTH_MAX, REQUEST_MS_MAX, SOCKET_IDLE_MS_MAX,
  TIMEOUT_CHECK_MS,
} from '#gateway/api/limits.ts'
import { errorHandler, notFoundHandler, refuseBytes } from '#gateway/api/problems.ts'
import type { Services } from '#gateway/api/services.ts'
import type { WebSocketTransport } from '#gateway/publish/websocket.ts'
import type { Log } from '#gateway/telemetry/log.ts'

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly services: Services
  readonly webSockets: Pick<WebSocketTransport, 'handleUpgrade'>
  readonly log: Log
}

/** Answers are for whoever asked: not to be framed, guessed at, or kept by a cache. No CORS header: other sites' pages may not read them. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export class HttpServer {
  readonly #options: HttpServerOptions
  readonly #app: FastifyInstance

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.#app = build(options)
  }

  /** Throws the system's error (EADDRINUSE …) where it cannot listen. */
  async start(): Promise<{ port: number }> {
    const { host, port } = this.#options
    await this.#app.listen({ host, port })
    return { port: (this.#app.server.address() as AddressInfo).port }
  }

  /** Ends every connection. */
  async stop(): Promise<void> { await this.#app.close() }
}

function build({ host, services, webSockets, log }: HttpServerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX, connectionTimeout: SOCKET_IDLE_MS_MAX, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS_MAX,
    forceCloseConnections: true, exposeHeadRoutes: false, routerOptions: { maxParamLength: PATH_PARAMETER_LENGTH_MAX },
    http: {
      maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: HEADERS_MS_MAX, connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      shouldUpgradeCallback: request => isWebSocket(request) && isCalledRightly(host, request.headers.host),
    },
    frameworkErrors: errorHandler(log), clientErrorHandler: refuseBytes,
  })
  app.server.maxConnections = CONNECTIONS_MAX
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => webSockets.handleUpgrade(request, socket, head))
  app.setErrorHandler(errorHandler(log))
  app.setNotFoundHandler(notFoundHandler)
  readJson(app)
  app.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value)
    checkHost(host, request.headers.host)
    done()
  })
  mount(app, HANDLERS, services)
  return app
}

/** A client that asks for some other protocol (h2c) is answered in this one, as if it had not asked (RFC 9110 §7.8). */
function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** JSON is the only language of bodies. An empty one is no body, whatever its header says. */
function readJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text, done) => {
    if (text === '') done(null, undefined)
    else void parse(request, text as string, done)
  })
}
