// Streams: who may know of which, and what they are told of it.
import type { Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError, notFound } from '#gateway/errors.ts'
import { formatAmount } from '#gateway/market/amount.ts'
import type { Offer } from '#gateway/market/offers.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { UnknownAttribute } from '#semantic-models/model.ts'

export function listStreams({ services, party, parameters }: Call<undefined, { mine: boolean }>) {
  const shown = parameters.mine ? mine(services, party) : [...services.streams.all()].filter(stream => isVisible(services, party, stream))
  return shown.map(stream => streamView(services, party, stream))
}

function mine({ streams, agreements, subjects }: Services, { id, role }: Party): readonly Stream[] {
  if (role === 'owner') return [...streams.all()].filter(({ ownerId, sourceId }) => ownerId === id || subjects.sourcesOf(id).has(sourceId))
  const agreed = new Set(agreements.list(id).map(({ offer }) => offer.streamId))
  return [...agreed].flatMap(streamId => streams.get(streamId) ?? [])
}

/** To its owner and whoever else it tells about, to operators, to all while an offer stands, and to whoever has made an agreement on it. */
export function isVisible({ offers, agreements, subjects }: Services, { id, role }: Party, stream: Stream): boolean {
  return stream.ownerId === id || subjects.sourcesOf(id).has(stream.sourceId) || role === 'operator' || offers.on(stream.id).length > 0 || agreements.ofSubscriber(id, stream.id).length > 0
}

function streamView({ streams, devices, offers }: Services, party: Party, stream: Stream) {
  const isOwn = stream.ownerId === party.id
  return {
    streamId: stream.id, type: stream.model.type, attributes: streams.attributesOf(stream),
    sourceId: isOwn ? stream.sourceId : undefined, device: isOwn ? devices.get(stream.deviceId)?.key : undefined,
    offers: offers.on(stream.id).map(terms),
  }
}

/** What an offer says to those who might agree to it. */
export function terms({ id, price, unit, period, currency, purposes, attributes, transforms }: Offer) {
  return { offerId: id, price: formatAmount(price), unit, period, currency, purposes, attributes, transforms }
}

/** The stream of this id if the party owns it. Throws NOT_FOUND. */
export function ownStream({ streams }: Services, { id }: Party, streamId: string): Stream {
  const stream = streams.get(streamId)
  if (stream?.ownerId !== id) throw notFound('stream')
  return stream
}

/** The stream of this id if it tells about the party: its owner, or a subject of its source. Throws NOT_FOUND. */
export function subjectsStream({ streams, subjects }: Services, { id }: Party, streamId: string): Stream {
  const stream = streams.get(streamId)
  if (!stream || !subjects.of(stream).partyIds.includes(id)) throw notFound('stream')
  return stream
}

/** `all` is what is known of the stream at this moment; names must be those of its model. Throws BAD_REQUEST. */
export function attributesIn({ streams }: Services, stream: Stream, wish: 'all' | readonly string[]): readonly string[] {
  try {
    return stream.model.attributesIn(wish === 'all' ? stream.mask : stream.model.maskOf(wish))
  } catch (error) {
    if (!(error instanceof UnknownAttribute)) throw error
    throw new GatewayError('BAD_REQUEST', `${error.message} Seen in this stream so far: ${streams.attributesOf(stream).join(', ')}.`)
  }
}
