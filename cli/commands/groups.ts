// group: accounts that a consent can name together.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function groupAdd(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/groups', { name: input.needed('name') }))
}

export async function groupList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/groups'), ['groupId', 'name', 'members', 'createdAt'])
}

export async function groupJoin(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.put(memberPath(input)))
}

export async function groupLeave(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.delete(memberPath(input)))
}

export async function groupRemove(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.delete(`/v1/groups/${encodeURIComponent(input.needed('GROUP'))}`))
}

function memberPath(input: Input): string {
  return `/v1/groups/${encodeURIComponent(input.needed('GROUP'))}/members/${encodeURIComponent(input.needed('PARTY'))}`
}
