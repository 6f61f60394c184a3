// agree and agreement: what a subscriber has agreed to.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function agree(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const wish = { offerId: input.needed('offer'), purpose: input.needed('purpose'), budget: input.text('budget'), onward: input.flag('onward') || undefined }
  io.show(await client.post('/v1/agreements', wish))
}

export async function agreementList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/agreements'), ['agreementId', 'state', 'purpose', 'budget', 'left', 'currency', 'transforms', 'offerId', 'streamId'])
}

export async function agreementEnd(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(`/v1/agreements/${encodeURIComponent(input.needed('AGREEMENT'))}/end`))
}
