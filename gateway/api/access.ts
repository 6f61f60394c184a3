// Who is asking, and may they: keys, roles, and the name that the gateway was called by.
import { isIP } from 'node:net'
import type { IncomingHttpHeaders } from 'node:http'
import type { Operation } from '#gateway/api/document.ts'
import { HttpProblem } from '#gateway/api/problems.ts'
import { GatewayError } from '#gateway/errors.ts'
import type { Parties, Party } from '#gateway/parties/parties.ts'

/** The party whose key a request carries, of a role that the operation is for. Throws UNAUTHENTICATED or FORBIDDEN. */
export function admit(operation: Operation, headers: IncomingHttpHeaders, query: unknown, parties: Parties): Party {
  const { takesQueryKey, roles = [] } = operation
  const key = bearerOf(headers.authorization) ?? (takesQueryKey ? queryKeyOf(query) : undefined)
  const inQuery = takesQueryKey ? ' or `?apiKey=KEY`' : ''
  if (key === undefined) throw new GatewayError('UNAUTHENTICATED', `A key is needed: send it as \`Authorization: Bearer KEY\`${inQuery}.`)
  const party = parties.authenticate(key)
  if (!party) throw new GatewayError('UNAUTHENTICATED', 'This key is not known, or it was replaced.')
  if (!roles.includes(party.role)) throw new GatewayError('FORBIDDEN', `This is for ${roles.map(role => `${role}s`).join(' and ')}: your role is ${party.role}.`)
  return party
}

/** RFC 6750 §2.1. */
function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

function queryKeyOf(query: unknown): string | undefined {
  const { apiKey } = query as { apiKey?: unknown }
  return typeof apiKey === 'string' ? apiKey : undefined
}

/**
 * Against DNS rebinding: on loopback the gateway answers to names of this machine only, so that a page of somebody else's, whose name was
 * pointed at 127.0.0.1, reaches nothing.
 */
export function isCalledRightly(boundTo: string, header: string | undefined): boolean {
  return !isLoopback(boundTo) || isLoopback(hostOf(header))
}

/** Throws FORBIDDEN. */
export function checkHost(boundTo: string, header: string | undefined): void {
  if (isCalledRightly(boundTo, header)) return
  throw new HttpProblem(421, 'FORBIDDEN', 'This gateway is bound to loopback, and answers to localhost only: call it so, or start it with --host.')
}

function hostOf(header: string | undefined): string {
  const url = `http://${header ?? ''}`
  return URL.canParse(url) ? new URL(url).hostname : ''
}

/** RFC 5735 §3, RFC 4291 §2.5.3, RFC 6761 §6.3. */
function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}
