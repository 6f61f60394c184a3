// The job as one would write it with ajv and JSON.stringify: look the device up, parse, validate, map, drop what has no consent.
import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { Entity } from '#benchmarks/peers/entities.ts'
import { RULES } from '#benchmarks/peers/rules.ts'

/** Of each device by its topic: what it is, what its entities are called, whether they may leave. */
export type Registry = Readonly<Record<string, { readonly shape: string, readonly name: string, readonly isConsented: boolean }>>

export interface Made { readonly topic: string, readonly entity: Entity }
export type Job = (topic: string, payload: Buffer) => Made | undefined

/** What devices publish to. */
export const FILTERS = ['zigbee2mqtt/#', 'tele/#', '+/status/#', '+/events/rpc', '+/senml', 'v3/#', 'application/#']

export function loadJob(path: string): Job { return makeJob(JSON.parse(readFileSync(path, 'utf8')) as Registry) }

export function makeJob(registry: Registry): Job {
  const ajv = new Ajv({ allErrors: true }), devices = new Map(Object.entries(registry))
  const checks = new Map(Object.entries(RULES).map(([shape, { schema, entityOf }]) => [shape, { validate: ajv.compile(schema), entityOf }]))
  return (topic, payload) => {
    const device = devices.get(topic)
    if (!device?.isConsented) return undefined
    const message = parsed(payload), { validate, entityOf } = checks.get(device.shape)!
    const entity = message !== undefined && isSound(message, validate) ? entityOf(message, device.name, new Date().toISOString()) : undefined
    return entity && { topic: `obs/${device.name}`, entity }
  }
}

function parsed(payload: Buffer): unknown {
  const text = payload.toString()
  if (text.includes('\ufffd')) return undefined // not UTF-8
  try { return JSON.parse(text) } catch { return undefined }
}

/** A figure that is no number, or out of its range, is left out; a message without what it must have is not sound. */
function isSound(message: unknown, validate: ValidateFunction): boolean {
  if (validate(message)) return true
  return validate.errors!.every(error => wasRemoved(message, error)) && (
    validate(message) || validate.errors!.every(({ keyword }) => keyword === 'type')
  )
}

const FATAL: ReadonlySet<string> = new Set(['required', 'not', 'propertyNames'])

function wasRemoved(message: unknown, { instancePath, keyword }: ErrorObject): boolean {
  if (FATAL.has(keyword) || instancePath === '') return false
  const path = instancePath.split('/').slice(1), last = path.pop()!
  let parent = message as Record<string, unknown> | undefined
  for (const name of path) parent = parent?.[name] as Record<string, unknown> | undefined
  if (Array.isArray(parent)) parent[Number(last)] = undefined
  else delete parent?.[last]
  return true
}
