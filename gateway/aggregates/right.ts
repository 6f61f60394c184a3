// By what a stream may be counted in an aggregate at this moment, decided where it is decided what leaves at all: the stream's plan.
import type { Plan } from '#gateway/decision/plans.ts'
import type { Outlet } from '#gateway/decision/standing.ts'
import { isExtreme, type Aggregate } from '#gateway/aggregates/aggregate.ts'
import { coarser } from '#gateway/transforms/cells.ts'
import { budgetOf, mayCount } from '#gateway/transforms/counted.ts'
import { opText, PASS, type NumberOp } from '#gateway/transforms/op.ts'
import { opOf } from '#gateway/transforms/spec.ts'

const MS_PER_SECOND = 1_000

export interface Right {
  readonly agreementId: string
  readonly consentId: string
  /** What came earlier is not counted. */
  readonly since: number
  /** How exact a reading is that is counted; left out: as it is. */
  readonly of?: NumberOp
  /** Of each so many milliseconds the first reading. */
  readonly sampleMs?: number
  /** Each release, with noise, takes from what a day may tell of them; left out: they may be told as they are. */
  readonly epsilon?: number
  /** What would change what was counted before: all of it, as a text. */
  readonly text: string
}

/** Of the agreements that may do, the first by which it may be counted. */
export function rightIn({ outlets }: Plan, agreementIds: readonly string[], aggregate: Aggregate): Right | undefined {
  for (const agreementId of agreementIds) {
    const outlet = outlets.get(agreementId), right = outlet && rightBy(agreementId, outlet, aggregate)
    if (right) return right
  }
  return undefined
}

/**
 * What may be told may be counted, no more exact. What may only be counted may not be an extreme, which is one reading; and by windows that do
 * not end where the consent's times may be told, nothing is.
 */
function rightBy(agreementId: string, { consentId, since, mask, spec }: Outlet, aggregate: Aggregate): Right | undefined {
  const op = spec ? opOf(spec, aggregate.attribute) : PASS, rule = op.name === 'aggregate' ? op : undefined, of = rule ? rule.of : op
  const { timeSeconds = 1, sampleSeconds } = spec ?? {}
  if ((mask & aggregate.bit) === 0 || (rule && (isExtreme(aggregate) || !mayCount(rule, aggregate)))) return undefined
  if (aggregate.seconds % timeSeconds !== 0 || (of && of.name !== 'pass' && of.name !== 'round' && of.name !== 'bucket')) return undefined
  return {
    agreementId, consentId, since, text: [agreementId, consentId, since, opText(op), sampleSeconds].join(' '),
    ...(of && of.name !== 'pass' && { of }), ...(sampleSeconds !== undefined && { sampleMs: sampleSeconds * MS_PER_SECOND }),
    ...(rule && aggregate.epsilon !== undefined && { epsilon: budgetOf(rule) }),
  }
}

/** As exact as a reading may be that is counted. */
export function countable({ of }: Right, value: number): number { return of === undefined ? value : coarser(of, value) }
