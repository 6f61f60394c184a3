// The last line of the demo: the books of the run, which must balance.

export interface DemoSummary {
  readonly received: number
  readonly delivered: number
  readonly dropped: Readonly<Record<string, number>>
  readonly failed: number
  readonly inFlight: number
  readonly deliveries: number
  readonly dialects: readonly string[]
  readonly models: readonly string[]
  readonly streams: number
  /** Messages of the withdrawn stream that the gateway received after the withdrawal took effect, and the city got all the same. */
  readonly withdrawal: { readonly deliveredAfter: number }
  /** By currency, six places. */
  readonly billed: Readonly<Record<string, string>>
  readonly ledgerSum: Readonly<Record<string, string>>
}

/** What is wrong with the books; nothing when they balance. */
export function faultsOf(summary: DemoSummary): readonly string[] {
  const dropped = Object.values(summary.dropped).reduce((sum, count) => sum + count, 0)
  const faults: string[] = []
  if (summary.received !== summary.delivered + dropped + summary.failed + summary.inFlight) faults.push('received is not delivered + dropped + failed + in flight')
  if (summary.failed > 0) faults.push(`${summary.failed} envelopes failed`)
  if (summary.withdrawal.deliveredAfter > 0) faults.push(`${summary.withdrawal.deliveredAfter} messages were delivered after the withdrawal`)
  for (const [currency, sum] of Object.entries(summary.ledgerSum)) if (Number(sum) !== 0) faults.push(`the ledger sums to ${sum} ${currency}`)
  return faults
}
