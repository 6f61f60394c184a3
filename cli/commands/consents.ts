// consent: what an owner lets out, and takes back.
import { attributesOf } from '#cli/attributes.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const SHOWN = ['consentId', 'state', 'recipient', 'purposes', 'attributes', 'grantedAt', 'until', 'keep', 'withdrawnAt', 'renewalAsked', 'streamId']

export async function consentGrant(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post('/v1/consents', {
    streamId: input.needed('stream'), recipient: input.needed('recipient'), purposes: input.list('purpose'),
    attributes: attributesOf(input), until: input.text('until'), keep: input.text('keep'), language: input.text('language'), transforms: input.list('transform'),
  }))
}

export async function consentList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/consents'), SHOWN)
}

export async function consentWithdraw(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post(`${pathOf(input)}/withdraw`))
}

export async function consentRenew(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post(`${pathOf(input)}/renew`, { until: input.text('until'), language: input.text('language') }))
}

export async function consentRevoke(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post(`${pathOf(input)}/revoke`, { reason: input.needed('reason'), as: input.flag('invalid') ? 'invalidated' : 'revoked' }))
}

export async function consentShow(input: Input, io: Io): Promise<void> {
  const client = await io.client(), record = await client.get(pathOf(input))
  io.print(io.isJson ? JSON.stringify(record) : JSON.stringify(record, undefined, 2))
}

/** To be kept as they come: what is signed is no table. */
export async function consentReceipts(input: Input, io: Io): Promise<void> {
  const client = await io.client(), receipts = await client.get<object[]>(`${pathOf(input)}/receipts`)
  if (io.isJson) io.show(receipts)
  else for (const receipt of receipts) io.print(JSON.stringify(receipt))
}

function pathOf(input: Input): string { return `/v1/consents/${encodeURIComponent(input.needed('CONSENT'))}` }

/** A signature is for machines: people find it by `sluice consent receipts`. */
export function showAnswer(io: Io, answer: Answer): void {
  if (io.isJson || answer.receipt === undefined) return io.show(answer)
  const { jws: _jws, ...receipt } = answer.receipt
  io.show({ ...answer, receipt })
}

interface Answer { readonly receipt?: { readonly jws?: string } }
