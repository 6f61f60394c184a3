// One route for each operation of the document: what is documented is served, and what is served is checked as it is documented.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { admit } from '#gateway/api/access.ts'
import { recordAction } from '#gateway/api/audit.ts'
import { operations, type Operation } from '#gateway/api/document.ts'
import type { Call, Handler, Handlers } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { faultText, Validation } from '#gateway/api/validation.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { Party } from '#gateway/parties/parties.ts'

declare module 'fastify' {
  interface FastifyRequest { party: Party | undefined }
}

/** Throws where the document and the handlers do not name the same operations. */
export function mount(app: FastifyInstance, handlers: Handlers, services: Services): void {
  const validation = new Validation(), described = operations()
  const strays = Object.keys(handlers).filter(id => !described.some(operation => operation.id === id))
  if (strays.length > 0) throw new Error(`Handlers without an operation in the document: ${strays.join(', ')}`)
  app.decorateRequest('party', undefined)
  for (const operation of described) {
    const handler = handlers[operation.id]
    if (!handler) throw new Error(`No handler for the operation ${operation.id}`)
    route(app, operation, handler, services, validation)
  }
}

function route(app: FastifyInstance, operation: Operation, handler: Handler, services: Services, validation: Validation): void {
  // Compiled when it is asked for first: compiling all of them would be half of a gateway's start.
  let check: ReturnType<typeof checkOf> | undefined
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    // Before the body is read: a stranger's is not even parsed.
    onRequest: (request, _reply, done) => {
      if (operation.roles && !operation.isUpgrade) request.party = admit(operation, request.headers, request.query, services.parties)
      done()
    },
    handler: async (request, reply) => {
      const call = { ...(check ??= checkOf(operation, validation))(request), services, party: request.party, request, reply }
      recordAction(services, operation, request.party, call)
      void reply.status(operation.status)
      return answer(await handler(call as unknown as Call<never, never>), reply)
    },
  })
}

/** What a handler has sent by itself is left alone. */
function answer(result: unknown, reply: FastifyReply): unknown {
  return reply.sent || result === reply ? reply : result
}

type Checked = Pick<Call<unknown>, 'body' | 'parameters'>

function checkOf(operation: Operation, validation: Validation): (request: FastifyRequest) => Checked {
  const path = validation.parametersOf(operation, 'path'), query = validation.parametersOf(operation, 'query')
  const body = operation.body && validation.schemaAt(operation.body.pointer)
  const seeAlso = ` See ${operation.method} ${operation.path} in /openapi.json.`
  const refuse = (text: string) => new GatewayError('BAD_REQUEST', text + seeAlso)
  return request => {
    const given = { ...request.params as object }, asked = { ...request.query as object }
    if (!path(given)) throw refuse(faultText(path.errors!, 'path'))
    if (!query(asked)) throw refuse(faultText(query.errors!, 'query'))
    if (request.body === undefined) {
      if (operation.body?.isRequired) throw refuse('The body is missing: send a JSON object.')
    } else if (!body) {
      if (!isEmptyObject(request.body)) throw refuse('This takes no body.')
    } else if (!body(request.body)) throw refuse(faultText(body.errors!, 'body'))
    return { body: request.body, parameters: { ...asked, ...given } }
  }
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
}
