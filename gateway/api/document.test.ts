import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifyInstance, RouteOptions } from 'fastify'
import packageJson from '../../package.json' with { type: 'json' }
import { DIALECT_NAMES } from '#gateway/api/dialects.ts'
import { document, operations, ROLES } from '#gateway/api/document.ts'
import { HANDLERS } from '#gateway/api/handlers.ts'
import { HttpServer } from '#gateway/api/server.ts'
import type { Services } from '#gateway/api/services.ts'
import { Validation } from '#gateway/api/validation.ts'
import { UNITS } from '#gateway/market/offers.ts'
import { silentLog } from '#test/support/temporary.ts'

type Node = Readonly<Record<string, unknown>>
const schemas = document.components.schemas as unknown as Readonly<Record<string, Node>>

/** The routes of the server that is really started. */
function servedRoutes(): readonly string[] {
  const routes: string[] = []
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url }: RouteOptions) => { routes.push(`${[method].flat().join()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`) })
  }
  diagnostics.subscribe('fastify.initialization', watch)
  try {
    new HttpServer({ host: '127.0.0.1', port: 0, services: {} as Services, webSockets: { handleUpgrade: () => undefined }, log: silentLog })
  } finally {
    diagnostics.unsubscribe('fastify.initialization', watch)
  }
  return routes
}

/** Every schema that is reached from here, with where it stands; references are followed. */
function* walk(schema: unknown, at: string, seen = new Set<string>()): Generator<[at: string, schema: Node]> {
  if (typeof schema !== 'object' || schema === null) return
  const node = schema as Node, reference = node['$ref'] as string | undefined
  if (reference !== undefined) {
    const name = reference.slice(reference.lastIndexOf('/') + 1)
    if (!seen.has(name)) yield* walk(schemas[name], name, new Set([...seen, name]))
  }
  yield [at, node]
  for (const key of ['items', 'additionalProperties']) yield* walk(node[key], `${at}.${key}`, seen)
  for (const key of ['anyOf', 'oneOf', 'allOf', 'prefixItems']) for (const part of node[key] as unknown[] ?? []) yield* walk(part, `${at}.${key}`, seen)
  for (const [name, part] of Object.entries(node['properties'] ?? {})) yield* walk(part, `${at}.${name}`, seen)
}

const bodies = operations().filter(({ body }) => body).map(({ id, path, method }) => {
  const { requestBody } = (document.paths as any)[path][method.toLowerCase()]
  return { id, schema: requestBody.content['application/json'].schema as unknown }
})

describe('The OpenAPI document', () => {
  it('names exactly the routes that are served', () => {
    assert.deepEqual([...servedRoutes()].sort(), operations().map(({ method, path }) => `${method} ${path}`).sort())
  })

  it('names exactly the operations that have a handler', () => {
    assert.deepEqual(operations().map(({ id }) => id).sort(), Object.keys(HANDLERS).sort())
  })

  it('has the title and the version of the package', () => {
    assert.deepEqual([document.openapi.slice(0, 3), document.info.title, document.info.version], ['3.1', 'Sluice', packageJson.version])
  })

  it('describes each operation: a summary, a known tag, who may call it, a success and the problem', () => {
    const tags = document.tags.map(({ name }) => name)
    for (const { path, method, id } of operations()) {
      const described = (document.paths as any)[path][method.toLowerCase()]
      assert.match(described.summary, /[.?]$/, `${id} has a summary`)
      assert.ok(described.tags.every((tag: string) => tags.includes(tag)), `${id} has a known tag`)
      assert.ok(Array.isArray(described.security), `${id} says who may call it`)
      if (described.security.length > 0) assert.ok('default' in described.responses, `${id} describes its refusals`)
      for (const role of described.security.flatMap((scheme: object) => Object.values(scheme).flat())) assert.ok(ROLES.includes(role), `${id} is for a known role`)
    }
  })

  it('compiles in strict mode, and each example is valid', () => {
    const validation = new Validation(), meta = new Ajv2020()
    for (const [name, schema] of Object.entries(schemas)) {
      assert.ok(meta.validateSchema(schema), `${name} is a schema`)
      const check = validation.schemaAt(`#/components/schemas/${name}`)
      for (const example of schema['examples'] as unknown[] ?? []) assert.ok(check(structuredClone(example)), `the example of ${name}: ${JSON.stringify(check.errors)}`)
    }
  })

  it('gives an example of every body that is sent or answered', () => {
    const text = JSON.stringify(document.paths)
    for (const [name, schema] of Object.entries(schemas)) {
      if (text.includes(`{"$ref":"#/components/schemas/${name}"}`)) assert.ok(Array.isArray(schema['examples']), `${name} has an example`)
    }
  })

  it('bounds every text and list of a request, and refuses fields that it does not name', () => {
    for (const { id, schema } of bodies) {
      for (const [at, node] of walk(schema, id)) {
        if (node['type'] === 'string') assert.ok(typeof node['maxLength'] === 'number', `${at} of ${id} has a maxLength`)
        if (node['type'] === 'array') assert.ok(typeof node['maxItems'] === 'number', `${at} of ${id} has maxItems`)
        if (node['type'] === 'object') assert.equal(node['additionalProperties'], false, `${at} of ${id} names its fields`)
      }
    }
    for (const { id, parameters } of operations()) {
      for (const { name, schema } of parameters) if (schema['type'] === 'string') assert.ok(typeof schema['maxLength'] === 'number', `${name} of ${id} has a maxLength`)
    }
  })

  it('lists the names that the gateway knows', () => {
    const { NewSource, NewOffer, Offer, StandingOffer } = document.components.schemas
    assert.deepEqual([...NewSource.properties.dialect.enum].sort(), [...DIALECT_NAMES].sort())
    for (const { properties } of [NewOffer, Offer, StandingOffer]) assert.deepEqual(properties.unit.enum, UNITS)
  })
})
