// consent: what an owner lets out, and takes back.
import { attributesOf } from '#cli/attributes.ts'
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const SHOWN = ['consentId', 'state', 'kind', 'recipient', 'countries', 'onward', 'purposes', 'attributes', 'explicit', 'grantedAt', 'notBefore', 'until', 'keep', 'withdrawnAt', 'streamId']

export async function consentGrant(input: Input, io: Io): Promise<void> {
  const { recipient, ...wish } = wishOf(input)
  if ((input.text('recipient') === undefined) === (input.text('group') === undefined)) throw usageError('Say who may receive it: --recipient PARTY|any, or --group GROUP.')
  const client = await io.client()
  io.show(await client.post('/v1/consents', {
    ...wish, recipient, purposes: input.list('purpose'), attributes: attributesOf(input), explicit: input.flag('explicit') || undefined,
    keep: input.text('keep'), transforms: input.list('transform'),
  }))
}

/** What is not said is forbidden for any purpose, and all of it. */
export async function consentProhibit(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/consents', {
    kind: 'prohibition', ...wishOf(input), purposes: input.list('purpose') ?? ['dpv:Purpose'], attributes: attributesOf(input) ?? 'all',
  }))
}

function wishOf(input: Input) {
  return {
    streamId: input.needed('stream'), recipient: input.text('group') ?? input.text('recipient'), countries: input.list('country'),
    onward: input.flag('onward') || undefined, notBefore: input.text('not-before'), until: input.text('until'),
  }
}

export async function consentList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/consents'), SHOWN)
}

export async function consentWithdraw(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(`/v1/consents/${encodeURIComponent(input.needed('CONSENT'))}/withdraw`))
}
