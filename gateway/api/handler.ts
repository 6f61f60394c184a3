// What answers an operation: a function from a checked call to what is sent as JSON.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Services } from '#gateway/api/services.ts'
import type { Party } from '#gateway/parties/parties.ts'

/** A call that has passed the document: known party and role, parameters and body of the shape that it describes. */
export interface Call<Body = undefined, Parameters = object> {
  readonly services: Services
  readonly party: Party
  readonly body: Body
  /** Of path and query. */
  readonly parameters: Parameters
  readonly request: FastifyRequest
  /** For the few that answer otherwise than with JSON and the status of success. */
  readonly reply: FastifyReply
}

/** The shapes of body and parameters are the document's, which the bridge has checked. Returns what is to be sent. Throws GatewayError. */
export type Handler = (call: Call<never, never>) => unknown

/** By operationId. */
export type Handlers = Readonly<Record<string, Handler>>

/** Milliseconds since 1970 as RFC 3339 in UTC. */
export function timeText(milliseconds: number): string
export function timeText(milliseconds: number | undefined): string | undefined
export function timeText(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
