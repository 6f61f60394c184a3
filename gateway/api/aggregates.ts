// Aggregates: what a subscriber has made of many readings, of which it sees none by itself.
import { timeText, type Call } from '#gateway/api/handler.ts'
import type { Made } from '#gateway/aggregates/aggregates.ts'
import { wishOf, type NewAggregate } from '#gateway/aggregates/aggregate.ts'
import { normalPurpose } from '#gateway/consent/purposes/purposes.ts'

export function createAggregate({ services, party, body }: Call<NewAggregate>) {
  return aggregateView(services.aggregates.create(party.id, { ...body, purpose: normalPurpose(body.purpose) }))
}

export function listAggregates({ services, party }: Call) { return services.aggregates.list(party.id).map(aggregateView) }

export function removeAggregate({ services, party, parameters }: Call<undefined, { aggregateId: string }>) {
  return aggregateView(services.aggregates.remove(party.id, parameters.aggregateId))
}

function aggregateView({ aggregate, stream, windows, last }: Made) {
  return { aggregateId: aggregate.id, streamId: stream.id, ...wishOf(aggregate), createdAt: timeText(aggregate.createdAt), windows, last }
}
