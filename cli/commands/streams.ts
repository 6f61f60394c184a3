// streams: what there is to subscribe to.
import { printable } from '#cli/columns.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

interface Stream {
  readonly streamId: string
  readonly type: string
  readonly attributes: readonly string[]
  readonly device?: string
  readonly offers: readonly Offer[]
}
interface Offer {
  /** How exact it is at most. */
  readonly transforms?: readonly string[]
  readonly offerId: string
  readonly price: string
  readonly unit: string
  readonly period?: string
  readonly currency: string
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
}

export async function streams(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const found = await client.get<readonly Stream[]>(input.flag('mine') ? '/v1/streams?mine=true' : '/v1/streams')
  if (io.isJson) io.show(found)
  else io.print(found.length > 0 ? found.map(described).join('\n\n') : '(none)')
}

function described({ streamId, type, attributes, device, offers }: Stream): string {
  const about = [type, device, attributes.join(', ')].filter(part => part !== undefined)
  return [streamId, `  ${about.map(printable).join(' · ')}`, ...offers.map(offer => `  ${printable(terms(offer))}`)].join('\n')
}

function terms({ offerId, price, unit, period, currency, purposes, attributes, transforms = [] }: Offer): string {
  return `${offerId}  ${price} ${currency} per ${period ?? unit}  for ${purposes.join(', ') || 'any purpose'}: ${attributes.join(', ')}${transforms.length > 0 ? ` (${transforms.join(', ')})` : ''}`
}
