// consent request and what is answered: a subscriber asks, an owner reads what for, sees what would leave, and decides.
import { attributesOf } from '#cli/attributes.ts'
import { showAnswer } from '#cli/commands/consents.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const PATH = '/v1/consent-requests'
const SHOWN = ['requestId', 'state', 'requestedAt', 'sentence']

export async function consentRequest(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(PATH, {
    streamId: input.needed('stream'), purposes: input.list('purpose'), attributes: attributesOf(input), until: input.text('until'), keep: input.text('keep'), offerId: input.text('offer'),
  }))
}

export async function consentRequests(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(PATH), SHOWN)
}

interface Shown { readonly sentence: string, readonly state: string, readonly preview?: readonly object[] }

export async function consentPreview(input: Input, io: Io): Promise<void> {
  const client = await io.client(), request = await client.get<Shown>(pathOf(input))
  if (io.isJson) return io.show(request)
  io.print(request.sentence)
  for (const entity of request.preview ?? []) io.print(JSON.stringify(entity))
  if (request.preview?.length === 0) io.note('No reading has come since it was asked: look again when the device has reported.')
}

export async function consentAccept(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post(`${pathOf(input)}/accept`, {
    purposes: input.list('purpose'), attributes: input.list('attributes'), until: input.text('until'), keep: input.text('keep'), language: input.text('language'),
  }))
}

export async function consentRefuse(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(`${pathOf(input)}/refuse`))
}

export async function consentDefer(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(`${pathOf(input)}/defer`))
}

function pathOf(input: Input): string { return `${PATH}/${encodeURIComponent(input.needed('REQUEST'))}` }
