// consent: what an owner lets out, and takes back.
import { attributesOf } from '#cli/attributes.ts'
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const SHOWN = ['consentId', 'state', 'recipient', 'purposes', 'attributes', 'grantedAt', 'until', 'keep', 'withdrawnAt', 'streamId']

export async function consentGrant(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/consents', {
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

/** Always the document: it is made for programs. */
export async function consentExport(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const policy = await client.get(`/v1/consents/${encodeURIComponent(input.needed('CONSENT'))}/odrl`)
  if (io.isJson) io.show(policy)
  else io.print(JSON.stringify(policy, undefined, 2))
}

export async function consentImport(input: Input, io: Io): Promise<void> {
  const file = input.needed('FILE'), client = await io.client()
  io.show(await client.post('/v1/consents/import', { policy: await textIn(file) }))
}

async function textIn(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  return readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch((error: Error) => { throw usageError(`${file} cannot be read: ${error.message}.`) })
}
