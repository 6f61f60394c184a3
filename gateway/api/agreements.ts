// Agreements: a subscriber takes an offer, for a purpose and with a budget.
import type { Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { parsePurpose } from '#gateway/consent/purposes.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { formatAmount, parseAmount } from '#gateway/market/amount.ts'

interface NewAgreement { readonly offerId: string, readonly purpose: string, readonly budget?: string }

export function agree({ services, party, body: { offerId, purpose, budget } }: Call<NewAgreement>) {
  const agreement = services.agreements.agree(party.id, { offerId, purpose: parsePurpose(purpose), budget: budget === undefined ? undefined : parseAmount(budget) })
  return { agreementId: agreement.id, state: services.plans.stateOf(agreement) }
}

export function listAgreements({ services, party }: Call) {
  services.meter.seal()
  const left = leftOf(services, party.id)
  return services.agreements.list(party.id).map(agreement => agreementView(services, agreement, left))
}

export function endAgreement({ services, party, parameters }: Call<undefined, { agreementId: string }>) {
  services.meter.seal()
  return agreementView(services, services.agreements.end(party.id, parameters.agreementId), leftOf(services, party.id))
}

function agreementView({ plans }: Services, agreement: Agreement, left: ReadonlyMap<string, bigint>) {
  const { id, offer, purpose, budget, endedAt } = agreement
  return {
    agreementId: id, offerId: offer.id, streamId: offer.streamId, purpose, state: plans.stateOf(agreement), budget: formatAmount(budget),
    left: formatAmount(endedAt === undefined ? left.get(id) ?? budget : 0n), currency: offer.currency,
  }
}

function leftOf({ meter }: Services, subscriberId: string): ReadonlyMap<string, bigint> {
  return new Map(meter.usage(subscriberId).map(({ agreementId, left }) => [agreementId, left]))
}
