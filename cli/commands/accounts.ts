// party and key: accounts and what they sign in with.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function partyAdd(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/parties', { role: input.needed('role'), name: input.needed('name'), country: input.text('country'), ...factsOf(input) }))
}

export async function partyList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/parties'), ['partyId', 'role', 'name', 'createdAt'])
}

export async function partySet(input: Input, io: Io): Promise<void> {
  const client = await io.client(), country = input.text('country')
  io.show(await client.patch(`/v1/parties/${encodeURIComponent(input.needed('PARTY'))}`, { country: country === 'none' ? null : country, ...factsOf(input) }))
}

export async function keyRotate(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/keys/rotate', whose(input)))
}

export async function keyRevoke(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/keys/revoke', whose(input)))
}

function factsOf(input: Input): object {
  return { postalAddress: input.text('postal-address'), contact: input.text('contact'), dataRole: input.text('data-role') }
}

function whose(input: Input): object {
  return { partyId: input.text('party') }
}
