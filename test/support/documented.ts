// Judges answers by the OpenAPI document: what is answered must be described there.
import assert from 'node:assert/strict'
import { document, operations, type Operation } from '#gateway/api/document.ts'
import { Validation } from '#gateway/api/validation.ts'

const validation = new Validation()
export const OPERATIONS = operations()

export function operation(id: string): Operation {
  const found = OPERATIONS.find(candidate => candidate.id === id)
  assert.ok(found, `the document has an operation ${id}`)
  return found
}

/** The address of an operation with its path parameters filled in. */
export function addressOf({ path }: Operation, values: Readonly<Record<string, string>> = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'unknown'))
}

export interface Answer<T = any> { readonly status: number, readonly type: string, readonly headers: Headers, readonly body: T }

/** Calls an operation, and holds its answer against the document. */
export async function call<T = any>(base: string, key: string | undefined, id: string, { values = {}, query = '', body, raw, headers = {} }: CallOptions = {}): Promise<Answer<T>> {
  const target = operation(id)
  const response = await fetch(`${base}${addressOf(target, values)}${query}`, {
    method: target.method, body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    headers: { ...key !== undefined && { authorization: `Bearer ${key}` }, ...(body !== undefined || raw !== undefined) && { 'content-type': 'application/json' }, ...headers },
  })
  const type = response.headers.get('content-type')?.split(';')[0] ?? '', text = await response.text()
  const answer = { status: response.status, type, headers: response.headers, body: (type.endsWith('json') ? JSON.parse(text) : text) as T }
  assertDescribed(target, answer)
  return answer
}

export interface CallOptions {
  readonly values?: Readonly<Record<string, string>>
  readonly query?: string
  readonly body?: unknown
  /** Instead of `body`: these characters. */
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer's status, type and shape are those that the document describes for the operation. */
export function assertDescribed({ id, path, method }: Operation, { status, type, body }: Pick<Answer, 'status' | 'type' | 'body'>): void {
  const responses = (document.paths as any)[path][method.toLowerCase()].responses as Record<string, { $ref?: string, content?: Record<string, { schema: object }> }>
  const name = String(status) in responses ? String(status) : 'default', described = responses[name]
  assert.ok(described, `${id} describes the status ${status}: ${JSON.stringify(body)}`)
  if (described.$ref) assert.equal(described.$ref, '#/components/responses/Problem')
  const content = described.$ref ? document.components.responses.Problem.content : described.content ?? {}
  assert.ok(type in content, `${id} describes the type ${type} of ${status}`)
  if (!type.endsWith('json')) return
  const pointer = described.$ref
    ? '#/components/schemas/Problem'
    : `#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}/responses/${name}/content/${type.replaceAll('/', '~1')}/schema`
  const check = validation.schemaAt(pointer.split('/').map(encodeURIComponent).join('/').replace('%23', '#'))
  assert.ok(check(body), `${id} answers as it describes: ${JSON.stringify(check.errors?.map(({ instancePath, message }) => `${instancePath} ${message}`))} in ${JSON.stringify(body)}`)
  if (type === 'application/problem+json') assert.equal((body as { status: number }).status, status)
}
