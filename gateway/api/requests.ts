// Requests: a subscriber asks for a consent; the owner reads in a sentence what for, sees what would leave, and answers.
import { inFuture } from '#gateway/api/consents.ts'
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { attributesIn, isVisible } from '#gateway/api/streams.ts'
import type { Request } from '#gateway/consent/fold.ts'
import { stateOf } from '#gateway/consent/grant.ts'
import { isOpen, type NewRequest } from '#gateway/consent/requests.ts'
import { sentenceOf } from '#gateway/consent/records/sentence.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { notFound } from '#gateway/errors.ts'
import { formatAmount } from '#gateway/market/amount.ts'
import type { Offer } from '#gateway/market/offers.ts'
import type { Party } from '#gateway/parties/parties.ts'
import type { Form } from '#gateway/publish/previews.ts'
import { attributesDropped, parseSpec, specOf, specTexts, strongestOf } from '#gateway/transforms/spec.ts'

interface Wish {
  readonly streamId: string
  readonly purposes: readonly string[]
  readonly attributes: 'all' | readonly string[]
  readonly until?: string
  readonly keep?: string
  readonly offerId?: string
  readonly transforms?: readonly string[]
}

interface Narrower {
  readonly purposes?: readonly string[]
  readonly attributes?: readonly string[]
  readonly transforms?: readonly string[]
  readonly until?: string
  readonly keep?: string
  readonly language?: string
}

export function requestConsent({ services, party, body }: Call<Wish>) {
  const { streamId, purposes, attributes, until, keep, offerId, transforms } = body, { consents, streams, parties, previews, clock } = services
  const stream = streams.get(streamId), owner = stream && parties.get(stream.ownerId)
  if (!stream || !owner || !isVisible(services, party, stream)) throw notFound('stream')
  if (offerId !== undefined && offerOf(services, stream, offerId) === undefined) throw notFound('offer')
  const request = consents.request({
    ownerId: owner.id, recipient: party.id, streamId, purposes, ...exactly(attributesIn(services, stream, attributes), transforms, stream),
    ...(until !== undefined && { until: inFuture(until, clock.now()) }), ...(keep !== undefined && { keep }), ...(offerId !== undefined && { offerId }),
  })
  previews.watch(stream, owner)
  return requestView(services, party, request)
}

export function listRequests({ services, party }: Call) {
  return services.consents.requests.list(party.id).map(request => requestView(services, party, request))
}

export function showRequest({ services, party, parameters }: Call<undefined, { requestId: string }>) {
  const { consents, streams, previews } = services, request = consents.requests.get(parameters.requestId)
  if (!request || (request.ownerId !== party.id && request.recipient !== party.id)) throw notFound('request')
  const stream = streams.get(request.streamId), isOwn = request.ownerId === party.id
  const preview = isOwn && stream && isOpen(request) ? previews.of(stream, party, request.attributes, formOf(services, stream, request)) : undefined
  return { ...requestView(services, party, request), preview }
}

export function acceptRequest({ services, party, parameters, body }: Call<Narrower | undefined, { requestId: string }>) {
  const { consents, records, clock, streams } = services, { until, transforms, ...rest } = body ?? {}, { requestId } = parameters
  const request = consents.requests.ofOwner(party.id, requestId), stream = streams.get(request.streamId), spec = stream && parseSpec(transforms ?? [], stream.model, request.attributes)
  const { grant } = consents.accept(party.id, requestId, { ...rest, ...(spec && { transforms: specTexts(spec) }), ...(until !== undefined && { until: inFuture(until, clock.now()) }) })
  forgetPreview(services, grant.streamId)
  return { consentId: grant.id, state: stateOf(grant, clock.now()), receipt: records.receipt(grant.id) }
}

/** What goes out at all, and how exact: what is dropped is not asked for. */
function exactly(wished: readonly string[], transforms: readonly string[] = [], { model }: Stream): Pick<NewRequest, 'attributes' | 'transforms'> {
  const spec = parseSpec(transforms, model, wished), dropped = attributesDropped(spec)
  return { attributes: wished.filter(name => !dropped.includes(name)), transforms: specTexts(spec) }
}

/** As exact as both the request and the offer that it names would have it. */
function formOf(services: Services, stream: Stream, { transforms, offerId, recipient }: Request): Form | undefined {
  const asked = specOf(transforms), offered = specOf(offerOf(services, stream, offerId)?.transforms)
  return asked && offered && { spec: strongestOf(asked, offered), recipientId: recipient }
}

export function refuseRequest(call: Call<undefined, { requestId: string }>) { return decline(call, 'refused') }
export function deferRequest(call: Call<undefined, { requestId: string }>) { return decline(call, 'deferred') }

function decline({ services, party, parameters }: Call<undefined, { requestId: string }>, as: 'refused' | 'deferred') {
  const request = services.consents.decline(party.id, parameters.requestId, as)
  if (as === 'refused') forgetPreview(services, request.streamId)
  return requestView(services, party, request)
}

/** Unless somebody else waits for an answer about the same stream. */
function forgetPreview({ consents, streams, previews }: Services, streamId: string): void {
  const stream = streams.get(streamId)
  if (stream && !consents.requests.list(stream.ownerId).some(request => request.streamId === streamId && isOpen(request))) previews.forget(stream)
}

function requestView(services: Services, party: Party, request: Request) {
  const { id, state, ownerId, streamId, recipient, purposes, attributes, transforms, until, keep, offerId, requestedAt, answeredAt } = request
  return {
    requestId: id, state, sentence: sentence(services, request, party.id === ownerId), streamId, requester: recipient, purposes, attributes, transforms,
    until: timeText(until), keep, offerId, requestedAt: timeText(requestedAt), answeredAt: timeText(answeredAt),
  }
}

/** The owner reads which device it is, by the name that they gave it. */
function sentence(services: Services, request: Request, isOwn: boolean): string {
  const { parties, streams, devices, notices } = services, requester = parties.get(request.recipient), stream = streams.get(request.streamId)
  const device = isOwn && stream ? devices.get(stream.deviceId) : undefined, offer = stream && (offerOf(services, stream, request.offerId) ?? fittingOffer(services, stream, request))
  return sentenceOf({
    terms: request, name: requester?.name, country: requester?.country, type: stream?.model.type, device: device?.settings.name ?? device?.key,
    price: offer && priceText(offer), storageCountry: notices.current(request.ownerId).facts.storageCountry, isAsked: true,
  })
}

function offerOf({ offers }: Services, { id }: Stream, offerId: string | undefined): Offer | undefined { return offers.on(id).find(offer => offer.id === offerId) }

/** An offer that stands, of no more than what is asked for and for one of the purposes. */
function fittingOffer({ offers }: Services, { id }: Stream, { attributes, purposes }: Request): Offer | undefined {
  return offers.on(id).find(offer => offer.attributes.every(name => attributes.includes(name)) && (offer.purposes.length === 0 || offer.purposes.some(purpose => purposes.includes(purpose))))
}

function priceText({ price, currency, unit, period }: Offer): string { return price === 0n ? 'nothing' : `${formatAmount(price)} ${currency} per ${period ?? unit}` }
