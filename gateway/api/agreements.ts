// Agreements: a subscriber takes an offer, for a purpose and with a budget.
import type { Call } from '#gateway/api/handler.ts'
import type { Services } from '#gateway/api/services.ts'
import { normalPurpose } from '#gateway/consent/purposes/purposes.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { formatAmount, parseAmount } from '#gateway/market/amount.ts'
import { accounts } from '#gateway/market/ledger.ts'
import { isOutlet } from '#gateway/decision/standing.ts'
import { specTexts } from '#gateway/transforms/spec.ts'

interface NewAgreement { readonly offerId: string, readonly purpose: string, readonly budget?: string, readonly onward?: boolean }

export function agree({ services, party, body: { offerId, purpose, budget, onward } }: Call<NewAgreement>) {
  const wish = { offerId, purpose: normalPurpose(purpose), budget: budget === undefined ? undefined : parseAmount(budget), isOnward: onward }
  const agreement = services.agreements.agree(party.id, wish)
  return { agreementId: agreement.id, state: services.plans.stateOf(agreement) }
}

export function listAgreements({ services, party }: Call) {
  services.meter.sealOf(party.id)
  return services.agreements.list(party.id).map(agreement => agreementView(services, agreement))
}

export function endAgreement({ services, party, parameters }: Call<undefined, { agreementId: string }>) {
  return agreementView(services, services.agreements.end(party.id, parameters.agreementId))
}

/** What is left of the budget is what the books hold in reserve for it. */
function agreementView({ plans, ledger }: Services, agreement: Agreement) {
  const { id, offer: { id: offerId, streamId, currency }, purpose, budget, isOnward } = agreement
  const left = ledger.balance(accounts.reserved(id), currency), now = plans.standingOf(agreement), spec = isOutlet(now) ? now.spec : undefined
  return { agreementId: id, offerId, streamId, purpose, state: plans.stateOf(agreement), budget: formatAmount(budget), left: formatAmount(left), currency, onward: isOnward, transforms: spec && specTexts(spec) }
}
