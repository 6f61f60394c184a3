// consent: what an owner lets out, and takes back.
import { attributesOf } from '#cli/attributes.ts'
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const SHOWN = ['consentId', 'state', 'kind', 'recipient', 'countries', 'onward', 'purposes', 'attributes', 'transforms', 'explicit', 'grantedAt', 'notBefore', 'until', 'keep', 'withdrawnAt', 'renewalAsked', 'streamId']

export async function consentGrant(input: Input, io: Io): Promise<void> {
  const { recipient, ...wish } = wishOf(input)
  if ((input.text('recipient') === undefined) === (input.text('group') === undefined)) throw usageError('Say who may receive it: --recipient PARTY|any, or --group GROUP.')
  const client = await io.client()
  showAnswer(io, await client.post(input.flag('dry-run') ? '/v1/consents/preview' : '/v1/consents', {
    ...wish, recipient, purposes: input.list('purpose'), attributes: attributesOf(input), explicit: input.flag('explicit') || undefined,
    keep: input.text('keep'), language: input.text('language'), transforms: input.list('transform'),
  }))
}

/** What is not said is forbidden for any purpose, and all of it. */
export async function consentProhibit(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post('/v1/consents', {
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
  showAnswer(io, await client.post(`${pathOf(input)}/withdraw`, { reason: input.text('reason') }))
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

/** Always the document: it is made for programs. */
export async function consentExport(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const policy = await client.get(`${pathOf(input)}/odrl`)
  if (io.isJson) io.show(policy)
  else io.print(JSON.stringify(policy, undefined, 2))
}

export async function consentImport(input: Input, io: Io): Promise<void> {
  const file = input.needed('FILE'), client = await io.client()
  showAnswer(io, await client.post('/v1/consents/import', { policy: await textIn(file) }))
}

async function textIn(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch((error: Error) => { throw usageError(`${file} cannot be read: ${error.message}.`) })
}

function pathOf(input: Input): string { return `/v1/consents/${encodeURIComponent(input.needed('CONSENT'))}` }

/** A signature is for machines: people find it by `sluice consent receipts`. */
export function showAnswer(io: Io, answer: Answer): void {
  if (io.isJson || answer.receipt === undefined) return io.show(answer)
  const { jws: _jws, ...receipt } = answer.receipt
  io.show({ ...answer, receipt })
}

interface Answer { readonly receipt?: { readonly jws?: string } }
