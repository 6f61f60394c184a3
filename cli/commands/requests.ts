// consent request and what is answered: a subscriber asks, an owner reads what for, sees what would leave, and decides.
import { attributesOf } from '#cli/attributes.ts'
import { showAnswer, showPreview, type Previewed } from '#cli/commands/consents.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

const PATH = '/v1/consent-requests'
const SHOWN = ['requestId', 'state', 'requestedAt', 'sentence']

export async function consentRequest(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(PATH, {
    streamId: input.needed('stream'), purposes: input.list('purpose'), attributes: attributesOf(input), until: input.text('until'), keep: input.text('keep'), offerId: input.text('offer'), transforms: input.list('transform'),
  }))
}

export async function consentRequests(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get(PATH), SHOWN)
}

export async function consentPreview(input: Input, io: Io): Promise<void> {
  const client = await io.client(), request = await client.get<Previewed>(pathOf(input))
  if (io.isJson) return io.show(request)
  showPreview(io, request)
}

export async function consentAccept(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  showAnswer(io, await client.post(`${pathOf(input)}/accept`, {
    purposes: input.list('purpose'), attributes: input.list('attributes'), until: input.text('until'), keep: input.text('keep'), language: input.text('language'), transforms: input.list('transform'),
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
