// consent: what an owner lets out, and takes back.
import { attributesOf } from '#cli/attributes.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const SHOWN = ['consentId', 'state', 'recipient', 'purposes', 'attributes', 'grantedAt', 'until', 'keep', 'withdrawnAt', 'streamId']

export async function consentGrant(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(input.flag('dry-run') ? '/v1/consents/preview' : '/v1/consents', {
    streamId: input.needed('stream'), recipient: input.needed('recipient'), purposes: input.list('purpose'),
    attributes: attributesOf(input), until: input.text('until'), keep: input.text('keep'), transforms: input.list('transform'),
  }))
}

export async function consentList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/consents'), SHOWN)
}

export async function consentWithdraw(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(`/v1/consents/${encodeURIComponent(input.needed('CONSENT'))}/withdraw`))
}
