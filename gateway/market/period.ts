// Billing periods: ISO 8601 durations of one kind, such as P1M, P2W, P1D or PT1H, counted in UTC.
import { GatewayError } from '#gateway/errors.ts'

interface Period { readonly count: number, readonly unit: 'Y' | 'M' | 'W' | 'D' | 'H' }

const HOUR_MS = 3_600_000
const LENGTHS_MS = { W: 7 * 24 * HOUR_MS, D: 24 * HOUR_MS, H: HOUR_MS } as const

/** Throws BAD_REQUEST for what is no such duration. */
export function parsePeriod(text: string): Period {
  const [, days, dayUnit, hours] = /^P(?:([1-9]\d{0,2})([YMWD])|T([1-9]\d{0,2})H)$/.exec(text) ?? []
  if (days !== undefined) return { count: Number(days), unit: dayUnit as Period['unit'] }
  if (hours !== undefined) return { count: Number(hours), unit: 'H' }
  throw new GatewayError('BAD_REQUEST', `${JSON.stringify(text.slice(0, 40))} is no period: write P1M, P1W, P1D, P1Y or PT1H, with any number.`)
}

/** When a period that begins at `start` (milliseconds) ends. A month that is too short ends on its last day. */
export function endOfPeriod(start: number, text: string): number {
  const { count, unit } = parsePeriod(text)
  if (unit !== 'M' && unit !== 'Y') return start + count * LENGTHS_MS[unit]
  const date = new Date(start), day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + count * (unit === 'Y' ? 12 : 1))
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  return date.setUTCDate(Math.min(day, lastDay))
}
