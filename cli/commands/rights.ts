// What the law gives to those whom data are about.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const ERASURES_SHOWN = ['erasureId', 'state', 'requestedBy', 'begunAt', 'finishedAt', 'history', 'pseudonym']

export async function erase(input: Input, io: Io): Promise<void> {
  const client = await io.client(), file = input.text('receipt')
  const erased = await client.post<{ receipt?: object }>('/v1/erasures', { partyId: input.needed('party') })
  if (file !== undefined && erased.receipt) process.getBuiltinModule('node:fs').writeFileSync(file, `${JSON.stringify(erased.receipt)}\n`, { mode: 0o600 })
  io.show(erased)
}

export async function erasureList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/erasures'), ERASURES_SHOWN)
}
