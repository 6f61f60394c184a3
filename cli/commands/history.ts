// history: what is kept of an owner's streams.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function history(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/history'), ['consentId', 'state', 'reason', 'keep', 'upTo', 'streamId'])
}
