// Local time: people, traffic and some devices live by the clock on the wall, not by UTC.

export interface LocalTime {
  /** Hours since local midnight, with fraction: 0 to just under 24. */
  readonly hour: number
  /** Number of the local day: whole days since 1970-01-01. */
  readonly day: number
  readonly isWeekend: boolean
}

const DAY_MS = 86_400_000
/** No zone changes its offset but at a multiple of this. */
const OFFSET_STEP_MS = 900_000

/** Steps of one zone that are remembered: a few days. */
const REMEMBERED_STEPS_MAX = 500

const formats = new Map<string, Intl.DateTimeFormat>()
const offsets = new Map<string, Map<number, number>>()

export function localTime(zone: string, ms: number): LocalTime {
  const local = ms + offsetMs(zone, ms)
  const day = Math.floor(local / DAY_MS)
  const weekday = (day + 4) % 7 // 1970-01-01 was a Thursday; Sunday is 0
  return { hour: (local - day * DAY_MS) / 3_600_000, day, isWeekend: weekday === 0 || weekday === 6 }
}

/** Local date and time without an offset, to the second: `2026-05-04T12:15:30`. */
export function localIso(zone: string, ms: number): string {
  return new Date(ms + offsetMs(zone, ms)).toISOString().slice(0, 19)
}

/** Formatting is slow beside all else here, so what was measured is kept for a while. */
function offsetMs(zone: string, ms: number): number {
  const step = Math.floor(ms / OFFSET_STEP_MS)
  let known = offsets.get(zone)
  if (!known || known.size >= REMEMBERED_STEPS_MAX) offsets.set(zone, known = new Map<number, number>())
  let offset = known.get(step)
  if (offset === undefined) known.set(step, offset = measuredOffsetMs(zone, step * OFFSET_STEP_MS))
  return offset
}

function measuredOffsetMs(zone: string, ms: number): number {
  let format = formats.get(zone)
  if (!format) formats.set(zone, format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }))
  const text = format.formatToParts(ms).find(part => part.type === 'timeZoneName')?.value ?? 'GMT'
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
