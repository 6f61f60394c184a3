// aggregate: figures that are made of the readings of many.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { usageError } from '#cli/errors.ts'

export async function aggregateCreate(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/aggregates', {
    type: input.needed('type'), attribute: input.needed('attribute'), function: input.needed('function'), window: input.number('window'), contributors: input.number('contributors'), purpose: input.needed('purpose'),
    step: input.number('step'), range: rangeIn(input.text('range')), epsilon: input.number('epsilon'),
  }))
}

export async function aggregateList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/aggregates'), ['aggregateId', 'type', 'attribute', 'function', 'window', 'contributors', 'purpose', 'last', 'streamId'])
}

export async function aggregateRemove(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.delete(`/v1/aggregates/${encodeURIComponent(input.needed('AGGREGATE'))}`))
}

function rangeIn(text: string | undefined): readonly [number, number] | undefined {
  if (text === undefined) return undefined
  const [low = '', high = '', ...rest] = text.split('..'), ends = [low, high].map(end => end.trim() === '' ? NaN : Number(end))
  if (rest.length > 0 || ends.some(end => !Number.isFinite(end))) throw usageError(`--range is written LOW..HIGH, such as -20..50, and not ${text}.`)
  return [ends[0]!, ends[1]!]
}
