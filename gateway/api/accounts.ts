// What was metered, and the books. Both are brought up to this moment before they are read.
import type { Call } from '#gateway/api/handler.ts'
import { formatAmount } from '#gateway/market/amount.ts'

export function usage({ services, party }: Call) {
  services.meter.sealOf(party.id)
  const reports = services.meter.usage(party.id)
  return { agreements: reports.map(({ agreementId, streamId, messages, amount, currency }) => ({ agreementId, streamId, messages, amount: formatAmount(amount), currency })) }
}

export function ledger({ services }: Call) {
  services.meter.seal()
  const balances = services.ledger.balances().map(({ account, currency, amount }) => ({ account, currency, amount: formatAmount(amount) }))
  const sum = Object.fromEntries(Object.entries(services.ledger.sums()).map(([currency, amount]) => [currency, formatAmount(amount)]))
  return { entries: services.ledger.entries(), balances, sum }
}
