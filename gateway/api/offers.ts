// Offers: an owner posts a price on a stream of theirs.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { attributesIn, ownStream, terms } from '#gateway/api/streams.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError } from '#gateway/errors.ts'
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import { parseAmount } from '#gateway/market/amount.ts'
import type { Offer } from '#gateway/market/offers.ts'
import { attributesDropped, parseSpec, specTexts } from '#gateway/transforms/spec.ts'

interface NewOffer {
  readonly streamId: string
  readonly price: string
  readonly unit: Offer['unit']
  readonly period?: string
  readonly currency: string
  readonly purposes?: readonly string[]
  readonly attributes?: 'all' | readonly string[]
  readonly transforms?: readonly string[]
}

export function createOffer({ services, party, body }: Call<NewOffer>) {
  const { streamId, price, unit, period, currency, purposes = [], attributes, transforms = [] } = body
  const isConsistent = (unit === 'period') === (period !== undefined)
  if (!isConsistent) throw new GatewayError('BAD_REQUEST', 'The unit `period` needs a `period` such as P1M, and no other unit takes one.')
  const stream = ownStream(services, party, streamId), wished = attributesIn(services, stream, attributes ?? offeredByDefault(services, stream))
  const spec = parseSpec(transforms, stream.model, wished), dropped = attributesDropped(spec)
  const offer = services.offers.create(party.id, {
    streamId, price: parseAmount(price), unit, period, currency, purposes: normalPurposes(purposes),
    attributes: wished.filter(name => !dropped.includes(name)), transforms: specTexts(spec),
  })
  return { offerId: offer.id }
}

export function listOffers({ services, party }: Call) {
  return services.offers.list(party.id).map(offerView)
}

export function withdrawOffer({ services, party, parameters }: Call<undefined, { offerId: string }>) {
  return offerView(services.offers.withdraw(party.id, parameters.offerId))
}

/** What is known of a stream, but for where and which the device is. What people do is never offered by default. Throws BAD_REQUEST. */
function offeredByDefault({ streams }: Services, stream: Stream): readonly string[] {
  const known = streams.attributesOf(stream)
  if (!known.includes('textValue')) return known.filter(name => !['location', 'refDevice'].includes(name))
  throw new GatewayError('BAD_REQUEST', `What this stream tells (${stream.quantity}) is personal and never offered by default: name its attributes.`)
}

function offerView(offer: Offer) {
  const { streamId, createdAt, withdrawnAt } = offer
  const state = withdrawnAt === undefined ? 'standing' : 'withdrawn'
  return { ...terms(offer), state, streamId, createdAt: timeText(createdAt), withdrawnAt: timeText(withdrawnAt) }
}
