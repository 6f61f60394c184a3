// The OpenAPI document, read as what it is here: the table of operations that the server serves.
import document from '#gateway/api/openapi.json' with { type: 'json' }
import type { Role } from '#gateway/parties/parties.ts'

export { document }

/** JSON Schema 2020-12, as OpenAPI 3.1 uses it. */
export type Schema = Readonly<Record<string, unknown>>

export interface Operation {
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As it is written in the document: `/v1/sources/{sourceId}`. */
  readonly path: string
  /** Who may call it; undefined: everybody, without a key. */
  readonly roles: readonly Role[] | undefined
  /** The key may also come as `?apiKey=`. */
  readonly takesQueryKey: boolean
  /** It answers 101: who asks is known by whoever upgrades the connection. */
  readonly isUpgrade: boolean
  /** The status of success. */
  readonly status: number
  readonly body: { readonly pointer: string, readonly isRequired: boolean } | undefined
  readonly parameters: readonly Parameter[]
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
}

/** A party's role, and all of them: what an empty list of roles stands for. */
export const ROLES: readonly Role[] = ['owner', 'subscriber', 'operator']
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

/** Every operation of the document, in its order. */
export function operations(): readonly Operation[] {
  return Object.entries(document.paths as unknown as Readonly<Record<string, PathItem>>).flatMap(([path, item]) => METHODS.flatMap(method => {
    const described = item[method]
    return described ? [operationOf(path, method, item, described)] : []
  }))
}

function operationOf(path: string, method: (typeof METHODS)[number], item: PathItem, described: Described): Operation {
  const { operationId, security, requestBody, responses } = described
  const statuses = Object.keys(responses).map(Number)
  return {
    id: operationId, path, method: method.toUpperCase() as Operation['method'],
    roles: security.length === 0 ? undefined : rolesOf(security), takesQueryKey: security.some(scheme => 'apiKey' in scheme),
    isUpgrade: statuses.includes(101), status: statuses.find(status => status >= 200 && status < 300) ?? 200,
    body: requestBody && {
      pointer: pointer('paths', path, method, 'requestBody', 'content', 'application/json', 'schema'), isRequired: requestBody.required === true,
    },
    parameters: [...item.parameters ?? [], ...described.parameters ?? []].map(resolved),
  }
}

/** Alternatives, each with the roles that it takes (OpenAPI 3.1 §4.8.30); none named: any. */
function rolesOf(security: readonly SecurityRequirement[]): readonly Role[] {
  const named = security.flatMap(scheme => Object.values(scheme).flat())
  return ROLES.filter(role => named.length === 0 || named.includes(role))
}

function resolved(parameter: Parameter | { readonly $ref: string }): Parameter {
  if (!('$ref' in parameter)) return parameter
  const name = parameter.$ref.slice(parameter.$ref.lastIndexOf('/') + 1)
  return (document.components.parameters as unknown as Readonly<Record<string, Parameter>>)[name]!
}

/** A JSON pointer (RFC 6901) as a fragment. */
function pointer(...tokens: readonly string[]): string {
  return `#/${tokens.map(token => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
}

type SecurityRequirement = Readonly<Record<string, readonly string[]>>
type PathItem = { readonly [M in (typeof METHODS)[number]]?: Described } & { readonly parameters?: readonly (Parameter | { readonly $ref: string })[] }
interface Described {
  readonly operationId: string
  readonly security: readonly SecurityRequirement[]
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: { readonly required?: boolean }
  readonly responses: Readonly<Record<string, unknown>>
}
