// pair and source: what connects, and whether it may.
import type { Run } from '#cli/command.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function pair(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/sources', {
    dialect: input.text('dialect'), name: input.text('name'), location: input.location('location'),
    placement: input.text('placement'), timezone: input.text('timezone'),
  }))
}

export async function sourceList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/sources'), ['sourceId', 'name', 'dialect', 'state', 'owner', 'placement', 'location', 'certificates'])
}

export function sourceChange(verb: 'suspend' | 'resume' | 'rotate' | 'remove'): Run {
  return async (input, io) => {
    const client = await io.client()
    const path = `/v1/sources/${encodeURIComponent(input.needed('SOURCE'))}`
    io.show(verb === 'remove' ? await client.delete(path) : await client.post(`${path}/${verb}`))
  }
}

export async function sourceSubject(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.put(subjectPath(input)))
}

export async function sourceLeave(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.delete(subjectPath(input)))
}

function subjectPath(input: Input): string {
  return `/v1/sources/${encodeURIComponent(input.needed('SOURCE'))}/subjects/${encodeURIComponent(input.needed('PARTY'))}`
}
