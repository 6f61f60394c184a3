// The time that a device itself put into its payload.
import { numberOf, type JsonRecord } from '#adapters/json.ts'
import { foldName } from '#adapters/name.ts'
import { instantOfSeconds, parseInstant, parseLocal, plausible, plausibleInstant } from '#adapters/time.ts'

/** Names (folded) under which decoders put the time of the measurement. */
export const TIME_NAMES: ReadonlySet<string> = new Set(['time', 'timestamp', 'datetime', 'measuredat'])
/** Numbers from here on are milliseconds since 1970, smaller ones seconds (it is the year 5138 in seconds). */
const EPOCH_MS_MIN = 1e11

/** With a zone, in the source's zone, or counted from 1970. */
export function deviceTimeOf(record: JsonRecord, timezone: string | undefined, receivedAt: number): number | undefined {
  for (const name of Object.keys(record)) {
    if (!TIME_NAMES.has(foldName(name))) continue
    const time = plausibleInstant(timeOf(record[name], timezone, receivedAt), receivedAt)
    if (time !== undefined) return time
  }
  return undefined
}

function timeOf(raw: unknown, timezone: string | undefined, receivedAt: number): number | undefined {
  const number = numberOf(raw)
  if (number !== undefined) return number >= EPOCH_MS_MIN ? plausible(number) : instantOfSeconds(number)
  return parseInstant(raw) ?? (timezone === undefined ? undefined : parseLocal(raw, timezone, receivedAt))
}
