// How long a recipient may keep what it received: an ISO 8601 duration, in whole hours.
import { GatewayError } from '#gateway/errors.ts'

export const KEEP_HOURS_MAX = 100 * 365 * 24

const KEEP = /^P(?=.)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=.)(?:(\d{1,6})H)?)?$/
const HOURS = [365 * 24, 30 * 24, 7 * 24, 24, 1] as const

/** A month has 30 days here, and a year 365. Throws BAD_REQUEST for what is no duration of 1 hour to 100 years. */
export function hoursOf(keep: string): number {
  const counts = KEEP.exec(keep)?.slice(1) ?? [], hours = counts.reduce((sum, count, index) => sum + Number(count ?? 0) * HOURS[index]!, 0)
  if (hours >= 1 && hours <= KEEP_HOURS_MAX) return hours
  throw new GatewayError('BAD_REQUEST', `${JSON.stringify(keep.slice(0, 40))} says not how long to keep: write P30D, P1Y or PT12H, an hour at least and 100 years at most.`)
}
