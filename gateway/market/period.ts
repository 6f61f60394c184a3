// Billing periods: ISO 8601 durations such as P1M, P1D or PT1H, counted in UTC.
import { GatewayError } from '#gateway/errors.ts'

export interface Period { readonly months: number, readonly milliseconds: number }

const SECOND_MS = 1_000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS, WEEK_MS = 7 * DAY_MS
const DATE = String.raw`(?:(\d{1,3})Y)?(?:(\d{1,3})M)?(?:(\d{1,3})W)?(?:(\d{1,3})D)?`
const TIME = String.raw`(?:(\d{1,3})H)?(?:(\d{1,3})M)?(?:(\d{1,3})S)?`
const DURATION = new RegExp(`^P(?=.)${DATE}(?:T(?=.)${TIME})?$`)

/** Reads an ISO 8601 duration. Throws BAD_REQUEST for what is none, or takes no time. */
export function parsePeriod(text: string): Period {
  const counts = (DURATION.exec(text) ?? []).slice(1).map(count => Number(count ?? 0))
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = counts
  const dateMs = weeks * WEEK_MS + days * DAY_MS, timeMs = hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS
  const period = { months: 12 * years + months, milliseconds: dateMs + timeMs }
  if (period.months + period.milliseconds > 0) return period
  const shown = JSON.stringify(text.slice(0, 40))
  throw new GatewayError('BAD_REQUEST', `${shown} is no period: write an ISO 8601 duration such as P1M, P1W, P1D or PT1H.`)
}

/**
 * When the last of `count` periods ends that follow each other from `anchor` on (milliseconds since 1970).
 * A month that is too short ends on its last day, and the next one is long again.
 */
export function endOfPeriods(anchor: number, { months, milliseconds }: Period, count: number): number {
  const start = new Date(anchor), month = start.getUTCMonth() + months * count
  const lastDay = new Date(Date.UTC(start.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const day = Date.UTC(start.getUTCFullYear(), month, Math.min(start.getUTCDate(), lastDay))
  const timeOfDay = anchor - Math.floor(anchor / DAY_MS) * DAY_MS
  return day + timeOfDay + milliseconds * count
}
