// What a grant exposes, as a figure that grows with what is let out, how exactly, to how many, for how much and for how long. It says which of
// two grants exposes more, not how likely harm is. Pure.
import { isGroupId } from '#gateway/parties/groups.ts'

export interface Exposure {
  readonly attributes: readonly string[]
  /** How much is left of those that a transform makes less exact, from 0 to 1: see `extentOf`. */
  readonly extents?: ReadonlyMap<string, number>
  /** Of the stream's type: what some models tell of is about people. */
  readonly type: string
  /** The id of a party or of a group, or `any`. */
  readonly recipient: string
  readonly purposes: readonly string[]
  /** How long it may be kept, in hours; undefined: nothing was said. */
  readonly keepHours?: number | undefined
  /** How long it holds, in milliseconds; undefined: until withdrawn. */
  readonly lastsMs?: number | undefined
  /** Of what is let out, from 0 (nothing of it can be told) to 1 (as it was measured). Left out: 1. */
  readonly precision?: number
}

export interface Factor { readonly factor: string, readonly points: number, readonly because: string }
export interface Risk { readonly score: number, readonly level: 'low' | 'medium' | 'high', readonly factors: readonly Factor[] }

/** Points of an attribute; others have one. Where somebody is, and whether somebody is there, says most. */
const POINTS: Readonly<Record<string, number>> = { location: 8, peopleCount: 6, occupancy: 6, textValue: 6, totalActivePower: 5, activePower: 5, totalConsumption: 4, refDevice: 4, co2: 3, LAeq: 3, illuminance: 2 }
const ANYBODY_FACTOR = 4, GROUP_FACTOR = 2, HOURS_OF_A_YEAR = 8_760, MS_OF_A_YEAR = 365 * 86_400_000
const MEDIUM_FROM = 10, HIGH_FROM = 30

export function riskOf({ attributes, extents = new Map(), type, recipient, purposes, keepHours, lastsMs, precision = 1 }: Exposure): Risk {
  const exposed = attributes.reduce((sum, name) => sum + (POINTS[name] ?? 1) * within(extents.get(name) ?? 1), 0) * within(precision), isAnybody = recipient === 'any'
  const isExact = precision === 1 && attributes.every(name => !extents.has(name)), years = keepHours === undefined ? 2 : Math.min(2, keepHours / HOURS_OF_A_YEAR), lasting = lastsMs === undefined ? 2 : Math.min(2, lastsMs / MS_OF_A_YEAR)
  const spread = isAnybody ? ANYBODY_FACTOR : isGroupId(recipient) ? GROUP_FACTOR : 1
  const factors: Factor[] = [
    { factor: 'data', points: exposed, because: `${attributes.length} of what ${type} tells${isExact ? '' : ', not as exact as it was measured'}` },
    { factor: 'recipients', points: exposed * (spread - 1), because: isAnybody ? 'anybody who agrees to an offer may have it' : spread > 1 ? 'whoever is in the group' : 'one recipient, whom you name' },
    { factor: 'purposes', points: Math.max(0, purposes.length - 1), because: purposes.length === 1 ? 'one purpose' : `${purposes.length} purposes` },
    { factor: 'keeping', points: exposed * years / 2, because: keepHours === undefined ? 'nothing says how long it may be kept: add --keep' : `kept for ${keepHours} hours` },
    { factor: 'duration', points: lasting, because: lastsMs === undefined ? 'it holds until you withdraw it: --until ends it by itself' : 'it ends by itself' },
  ]
  const score = Math.round(10 * factors.reduce((sum, { points }) => sum + points, 0)) / 10
  return { score, level: score >= HIGH_FROM ? 'high' : score >= MEDIUM_FROM ? 'medium' : 'low', factors: factors.map(each => ({ ...each, points: Math.round(10 * each.points) / 10 })) }
}

function within(extent: number): number { return Math.min(1, Math.max(0, extent)) }
