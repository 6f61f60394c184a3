// What must come out, by the slow and plain road: the adapter reads, the tests' own mapper maps, and the view is cut from parsed JSON.
import { isDeepStrictEqual } from 'node:util'
import { recognise } from '#adapters/registry.ts'
import type { CorpusDevice } from '#benchmarks/corpus/hostile-corpus.ts'
import { reference } from '#benchmarks/corpus/reference-mapper.ts'

type Entity = Record<string, unknown>

/** What every view has, whatever is granted. */
const ALWAYS = ['id', 'type', 'dateObserved', '@context']

/** The entity of this message in the stream that is followed, with the attributes that are granted; undefined where it makes none. */
export function referenceOf({ shape, topic }: CorpusDevice, payload: Buffer, granted: readonly string[]): Entity | undefined {
  const found = recognise(topic), receivedAt = Date.now()
  const decoded = found?.adapter.decode({ topic, payload, qos: 0, retain: false, receivedAt }, undefined, {})
  const facts = { id: 'device', dialect: shape.dialect, placement: 'indoor', phases: shape.phases ?? 1 } as const
  const entities = reference(decoded?.readings ?? [], () => facts, receivedAt).entities.map(text => JSON.parse(text) as Entity)
  const entity = entities.find(({ type, ...attributes }) => type === shape.model && granted.some(name => name in attributes))
  return entity && Object.fromEntries(Object.entries(entity).filter(([name]) => ALWAYS.includes(name) || granted.includes(name)))
}

/** Why this is not the entity that was expected; undefined where it is, but for its id and its times. */
export function differenceOf(expected: Entity | undefined, text: string): string | undefined {
  const got = parsed(text)
  if (isDeepStrictEqual(got && timeless(got), expected && timeless(expected))) return undefined
  return `${text.slice(0, 2000)}\n  is not ${JSON.stringify(expected)}`
}

function parsed(text: string): Entity | undefined {
  try { return JSON.parse(text) as Entity } catch { return undefined }
}

function timeless(entity: Entity): Entity {
  return JSON.parse(
    JSON.stringify(entity, (name, value: unknown) => ['id', 'observedAt', 'dateObserved'].includes(name) ? undefined : value)
  ) as Entity
}
