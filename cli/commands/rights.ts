// What the law gives to those whom data are about.
import { CliError } from '#cli/errors.ts'
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

export async function access(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/access'))
}

/** Under its name is a whole archive or none. */
export async function exportData(input: Input, io: Io): Promise<void> {
  const file = input.needed('to'), { createWriteStream, existsSync, renameSync, rmSync } = process.getBuiltinModule('node:fs'), part = `${file}.part`
  if (existsSync(file)) throw new CliError('CONFLICT', `${file} is there already: name another with --to.`)
  const client = await io.client(), archive = await client.download('/v1/export', new AbortController().signal)
  try {
    await process.getBuiltinModule('node:stream/promises').pipeline(archive, createWriteStream(part, { mode: 0o600 }))
  } catch (error) {
    rmSync(part, { force: true })
    throw new CliError('UNAVAILABLE', `The export was not kept: ${(error as Error).message}`, { cause: error })
  }
  renameSync(part, file)
  io.show({ file })
}

const span = (input: Input): Record<string, string | number | undefined> => ({ from: input.text('from'), to: input.text('to'), recipient: input.text('recipient'), streamId: input.text('stream') })

export async function transfers(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(`/v1/transfers${query({ ...span(input), after: input.number('after'), limit: input.number('limit') })}`), ['record', 'at', 'recipient', 'purpose', 'messages', 'attributes', 'consentIds', 'consentsBy', 'streamId'])
}

export async function breach(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(`/v1/breach${query(span(input))}`), ['owner', 'messages', 'firstAt', 'lastAt', 'attributes', 'recipients', 'streams'])
}

const restriction = (input: Input): string => `/v1/streams/${encodeURIComponent(input.needed('stream'))}/restriction`

export async function restrict(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(restriction(input)))
}

export async function lift(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.delete(restriction(input)))
}

export async function objectTo(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/objections', { recipient: input.text('recipient'), purpose: input.text('purpose'), streamId: input.text('stream') }))
}

export async function rectify(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.patch('/v1/party', { name: input.needed('name') }))
}

export async function recipientNotices(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(`/v1/recipient-notices${query({ after: input.number('after') })}`), ['noticeId', 'kind', 'at', 'agreementId', 'streamId'])
}

export async function record(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  if (io.isJson) return io.show(await client.get('/v1/processing-record'))
  const text = await client.download('/v1/processing-record?format=markdown', new AbortController().signal)
  for await (const chunk of text as AsyncIterable<Buffer>) process.stdout.write(chunk)
}

export async function actions(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(`/v1/operator-actions${query({ after: input.number('after') })}`), ['sequence', 'at', 'operator', 'action', 'about'])
}

function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${encodeURIComponent(value!)}`)
  return given.length > 0 ? `?${given.join('&')}` : ''
}
