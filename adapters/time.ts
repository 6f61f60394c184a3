// Times as devices write them → milliseconds since 1970, UTC. Strict parsers of our own: Date.parse guesses, and not everywhere alike.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR

/** A device may be that far ahead of the gateway; a later time is a broken clock and counts as absent. */
export const CLOCK_AHEAD_MS_MAX = DAY

/** Years outside are clocks that were never set: 1970 after a boot, year 0001 in JSON made by Go. */
const FIRST_MS = Date.UTC(2000, 0, 1), END_MS = Date.UTC(2101, 0, 1)

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:?\d\d)$/
const LOCAL = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?$/
const ZONES_MAX = 1000

/** The offset of a zone on the day before and the day after a day; alike on all days but some. */
interface ZoneDay { readonly format: Intl.DateTimeFormat, day: number, before: number, after: number }

const zones = new Map<string, ZoneDay>()

/**
 * RFC 3339 with a zone (the offset's colon may be missing, as strftime's %z leaves it). Decimals of a second are cut to three.
 * Undefined: another form, no such day (30 February), hour 24, a leap second, or an implausible year.
 */
export function parseInstant(text: unknown): number | undefined {
  const match = typeof text === 'string' ? INSTANT.exec(text) : null
  const wall = match ? wallClock(match) : undefined
  const offset = match ? offsetOf(match[8]!) : undefined
  return wall === undefined || offset === undefined ? undefined : plausible(wall - offset)
}

/**
 * `YYYY-MM-DDThh:mm:ss` as the clocks of an IANA zone show it. In the hour that comes twice in autumn it is the first (RFC 5545 §3.3.5),
 * unless the second is the one nearer to the arrival; in the hour that is left out in spring the clock is taken not to have been put
 * forward yet. Undefined: another form, an unknown zone, or an implausible year.
 */
export function parseLocal(text: unknown, zone: string, receivedAt: number): number | undefined {
  const match = typeof text === 'string' ? LOCAL.exec(text) : null
  const wall = match ? wallClock(match) : undefined
  const known = wall === undefined ? undefined : zoneOf(zone)
  if (wall === undefined || !known) return undefined
  const { before, after } = offsetsAround(known, wall)
  if (before === after) return plausible(wall - before)
  return plausible(resolveChange(known.format, wall, before, after, receivedAt))
}

/** The days around one whose clocks are asked for: sources may be some hours ahead or behind. */
const STEADY_DAYS = [-2, -1, 0, 1] as const

/**
 * The offset of a zone about now, and from when to when, as its clocks show it, `parseLocal` takes that and no other. From = to where the
 * clocks are about to be changed, or there is no such zone.
 */
export function steadyOffset(zone: string, now: number): { readonly offset: number, readonly from: number, readonly to: number } {
  const known = zoneOf(zone), today = Math.floor(now / DAY), offset = known ? offsetsAround(known, today * DAY).before : NaN
  const isSteady = known && STEADY_DAYS.every(days => {
    const { before, after } = offsetsAround(known, (today + days) * DAY)
    return before === offset && after === offset
  })
  return isSteady ? { offset, from: (today + STEADY_DAYS[0]) * DAY, to: (today + STEADY_DAYS.at(-1)! + 1) * DAY } : { offset: 0, from: 0, to: 0 }
}

/** Seconds since 1970, with decimals cut to three. */
export function instantOfSeconds(seconds: number): number | undefined {
  // By way of whole microseconds: 1685372667.017 * 1000 may come out a hair below the millisecond that was meant.
  return plausible(Math.floor(Math.round(seconds * 1e6) / 1000))
}

/** Milliseconds within the years 2000 to 2100, undefined otherwise. */
export function plausible(ms: number): number | undefined {
  return ms >= FIRST_MS && ms < END_MS ? Math.floor(ms) : undefined
}

/** A device's time, or undefined (so that the arrival counts) where it has none, was never set, or runs more than a day ahead. */
export function plausibleInstant(ms: number | undefined, receivedAt: number): number | undefined {
  return ms === undefined || ms > receivedAt + CLOCK_AHEAD_MS_MAX ? undefined : plausible(ms)
}

/** The fields of a match as if they were UTC; undefined where a calendar or a clock has no such fields. */
function wallClock(match: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  if (hour > 23 || minute > 59 || second > 59 || month < 1 || month > 12 || day < 1) return undefined
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'))
}

/** `Z`, `+02:00`, `-0530` → milliseconds. */
function offsetOf(text: string): number | undefined {
  if (text.length === 1) return 0
  const hours = Number(text.slice(1, 3)), minutes = Number(text.slice(-2))
  if (hours > 23 || minutes > 59) return undefined
  return (text.startsWith('-') ? -1 : 1) * (hours * HOUR + minutes * MINUTE)
}

/**
 * Offsets change at most once within three days, so a day whose neighbours agree has one offset. Remembered, as nearly all messages are of
 * today.
 */
function offsetsAround(zone: ZoneDay, wall: number): { readonly before: number, readonly after: number } {
  const day = Math.floor(wall / DAY)
  if (zone.day !== day) {
    zone.before = offsetAt(zone.format, (day - 1) * DAY)
    zone.after = offsetAt(zone.format, (day + 2) * DAY)
    zone.day = day
  }
  return zone
}

function resolveChange(format: Intl.DateTimeFormat, wall: number, before: number, after: number, receivedAt: number): number {
  const first = wall - before, second = wall - after
  const isFirst = offsetAt(format, first) === before, isSecond = offsetAt(format, second) === after
  if (isFirst && isSecond) return Math.abs(receivedAt - second) < (second - first) / 2 ? second : first
  return isSecond ? second : first
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  const name = format.formatToParts(ms).find(part => part.type === 'timeZoneName')!.value
  return name === 'GMT' ? 0 : offsetOf(name.slice('GMT'.length)) ?? 0
}

function zoneOf(zone: string): ZoneDay | undefined {
  const known = zones.get(zone)
  if (known) return known
  const format = formatOf(zone)
  if (!format) return undefined
  if (zones.size >= ZONES_MAX) zones.clear()
  const made = { format, day: NaN, before: 0, after: 0 }
  zones.set(zone, made)
  return made
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
  } catch {
    return undefined
  }
}
