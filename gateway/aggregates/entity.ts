// A figure as a message of the network: an entity of the type that it was made of, whose attribute says what it is made of.
import type { Aggregate } from '#gateway/aggregates/aggregate.ts'
import { MICRO } from '#gateway/transforms/counted.ts'
import { pack, type Packed } from '#semantic-models/packed.ts'
import { closing, headOpening, headText, opening, timeText } from '#semantic-models/text.ts'

/** More than any has. */
export const FIGURE_BYTES_MAX = 2_048

/** `from`, `to`: where the window begins and ends. How many it was made of it does not say, unless that is the figure. */
export function figureEntity(aggregate: Aggregate, figure: number, unit: string | undefined, from: number, to: number): Packed {
  const { model, attribute, bit, id, function: name, contributors, epsilon } = aggregate, opaque = id.slice(id.indexOf('_') + 1), time = timeText(to)
  const made = { function: name, from: timeText(from), to: time, contributorsMin: contributors, ...(epsilon !== undefined && { epsilon: epsilon / MICRO }) }
  const text = `${opening(attribute)}${figure}${closing(name === 'count' ? undefined : unit)}${time}","aggregation":{"type":"Property","value":${JSON.stringify(made)}}}`
  return pack({ model, head: headText(model, headOpening(model, opaque), time), parts: [{ bit, text }], mask: bit }, bit)
}
