// offer: posted prices.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { attributesOf } from '#cli/attributes.ts'

const SHOWN = ['offerId', 'state', 'price', 'currency', 'unit', 'period', 'purposes', 'attributes', 'transforms', 'streamId']

export async function offerCreate(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/offers', {
    streamId: input.needed('stream'), price: input.needed('price'), unit: input.needed('unit'), period: input.text('period'),
    currency: input.needed('currency'), purposes: input.list('purpose'), attributes: attributesOf(input), transforms: input.list('transform'),
  }))
}

export async function offerList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/offers'), SHOWN)
}

export async function offerWithdraw(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post(`/v1/offers/${encodeURIComponent(input.needed('OFFER'))}/withdraw`))
}
