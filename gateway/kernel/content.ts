// All that a plan is written of, as text: blueprints of the same text are the same to the kernel, however their rules are spelled.
import type { Blueprint } from '#semantic-models/blueprint.ts'
import { Model } from '#semantic-models/model.ts'

export function contentOf({ layout, fields, entities, states, signal }: Blueprint): string {
  const forms = fields.map(({ form: { routes: _, ...form }, routes }) => ({ form, routes }))
  const drawn = entities.map(({ model, quantity, parts }) => ({ model, quantity, parts }))
  return JSON.stringify([{ ...layout, fields: [] }, forms, drawn, states, signal], plain)
}

/** What JSON has no word for, so that nothing else looks like it. */
function plain(_key: string, value: unknown): unknown {
  if (value instanceof Model) return { model: value.type }
  if (typeof value === 'bigint' || typeof value === 'symbol') return { [typeof value]: String(value) }
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value
}
