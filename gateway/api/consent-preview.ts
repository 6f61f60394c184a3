// A consent before it is given: in a sentence, with what it would let out of the readings of today, and what that exposes. Nothing is changed by it.
import { grantWish, type NewConsent } from '#gateway/api/consents.ts'
import type { Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import type { NewGrant } from '#gateway/consent/consents.ts'
import { hoursOf } from '#gateway/consent/keep.ts'
import { normalPurposes } from '#gateway/consent/purposes/purposes.ts'
import { sentenceOf } from '#gateway/consent/records/sentence.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { GatewayError } from '#gateway/errors.ts'
import { riskOf, type Risk } from '#gateway/rights/risk.ts'
import { extentOf, secondsExtent } from '#gateway/transforms/extent.ts'
import { specOf, type Spec } from '#gateway/transforms/spec.ts'

export function previewConsent(call: Call<NewConsent>) {
  if (call.body.kind === 'prohibition') throw new GatewayError('BAD_REQUEST', 'A prohibition exposes nothing: there is no risk in it to look at.')
  const wish = grantWish(call), { services, party } = call, { streamId, recipient, purposes, attributes, transforms } = wish, stream = services.streams.get(streamId)!, spec = specOf(transforms)!
  // Of a stream of somebody else's that tells about the party as well, its owner alone sees the readings.
  const preview = stream.ownerId === party.id ? services.previews.of(stream, party, attributes, { spec, recipientId: recipient }) : undefined
  return { streamId, recipient, purposes, attributes, transforms, sentence: sentence(services, stream, wish), preview, risk: risk(services, stream, wish, spec) }
}

function sentence({ parties, groups, devices, notices }: Services, stream: Stream, { ownerId, recipient, purposes, attributes, transforms, until, keep }: NewGrant): string {
  const party = parties.get(recipient), group = groups.get(recipient), device = stream.ownerId === ownerId ? devices.get(stream.deviceId) : undefined
  const terms = {
    streamId: stream.id, recipient, purposes: normalPurposes(purposes), attributes, ...(transforms && { transforms }), ...(until !== undefined && { until }), ...(keep !== undefined && { keep }),
  }
  return sentenceOf({
    terms, name: party?.name ?? (group && `Whoever is in ${group.name}`), country: party?.country, type: stream.model.type, device: device?.settings.name ?? device?.key,
    storageCountry: notices.current(ownerId).facts.storageCountry, isAsked: false,
  })
}

function risk({ clock }: Services, { model }: Stream, { recipient, purposes, attributes, until, keep }: NewGrant, { values, timeSeconds, sampleSeconds }: Spec): Risk {
  const extents = new Map([...values].map(([name, op]) => [name, extentOf(op)])), precision = Math.min(secondsExtent(timeSeconds), secondsExtent(sampleSeconds))
  const lastsMs = until === undefined ? undefined : until - clock.now(), keepHours = keep === undefined ? undefined : hoursOf(keep)
  return riskOf({ attributes, extents, precision, recipient, purposes, type: model.type, lastsMs, keepHours })
}
