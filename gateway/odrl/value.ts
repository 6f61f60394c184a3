// Values that constraints compare. Two that cannot be compared satisfy no operator, not even `neq`.
import type { Term } from '#gateway/odrl/graph.ts'
import { RDF, shortName, XSD } from '#gateway/odrl/terms.ts'

export type Value =
  | { readonly kind: 'iri' | 'text', readonly text: string }
  | { readonly kind: 'truth', readonly truth: boolean }
  | { readonly kind: 'number', readonly number: Decimal }
  /** Nanoseconds since 1970, or of a duration. Without a time zone it is one of the instants from `from` to `to`. */
  | { readonly kind: 'instant' | 'duration', readonly from: bigint, readonly to: bigint }

/** digits × 10^-scale, exactly. */
interface Decimal { readonly digits: bigint, readonly scale: number }

const NUMBERS = new Set(['integer', 'decimal', 'double', 'float', 'long', 'int', 'short', 'byte', 'nonNegativeInteger', 'positiveInteger', 'nonPositiveInteger', 'negativeInteger', 'unsignedLong', 'unsignedInt', 'unsignedShort', 'unsignedByte'].map(name => XSD + name))
const TEXTS = new Set([`${XSD}string`, `${RDF}langString`, `${XSD}token`, `${XSD}normalizedString`, `${XSD}language`])
const NUMBER = /^([+-]?)(?=[.\d])(\d{0,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,3}))?$/
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/
const DURATION = /^(-?)P(?=.)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,9}))?S)?)?$/
/** How long a year and a month are depends on when they begin. */
const YEAR_DAYS = [365n, 366n] as const, MONTH_DAYS = [28n, 31n] as const
const SECOND = 1_000_000_000n
/** A time without a zone lies within so much of the same time in UTC (XML Schema part 2, §3.2.7.4). */
const NO_ZONE = 14n * 3_600n * SECOND

/** Throws an Error that says what is wrong with it. */
export function valueOf(term: Term): Value {
  if (term.kind === 'node') return { kind: 'iri', text: term.id }
  const { datatype, value } = term
  if (TEXTS.has(datatype)) return { kind: 'text', text: value }
  if (datatype === `${XSD}anyURI`) return { kind: 'iri', text: value }
  const read = NUMBERS.has(datatype) ? numberOf(value) : READERS[datatype]?.(value)
  if (read !== undefined) return read
  throw new Error(datatype in READERS || NUMBERS.has(datatype) ? `${JSON.stringify(value.slice(0, 60))} is no ${shortName(datatype)}` : `the datatype ${shortName(datatype)} is not known`)
}

const READERS: Readonly<Record<string, (text: string) => Value | undefined>> = {
  [`${XSD}dateTime`]: text => text.includes('T') ? instantOf(text, NO_ZONE) : undefined,
  [`${XSD}dateTimeStamp`]: text => text.includes('T') && /Z|[+-]\d\d:\d\d$/.test(text) ? instantOf(text, 0n) : undefined,
  // A date stands for its first instant, in UTC where it has no zone: policies with dates are written so.
  [`${XSD}date`]: text => text.includes('T') ? undefined : instantOf(text, 0n),
  [`${XSD}boolean`]: text => /^(true|false|1|0)$/.test(text) ? { kind: 'truth', truth: text === 'true' || text === '1' } : undefined,
  [`${XSD}duration`]: durationOf,
  [`${XSD}dayTimeDuration`]: text => /^[^YM]*(T.*)?$/.test(text) ? durationOf(text) : undefined,
}

function numberOf(text: string): Value | undefined {
  const parts = NUMBER.exec(text)
  if (!parts) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts, digits = BigInt(`${whole}${fraction}` || '0')
  return { kind: 'number', number: { digits: sign === '-' ? -digits : digits, scale: fraction.length - Number(exponent) } }
}

function instantOf(text: string, withoutZone: bigint): Value | undefined {
  const parts = INSTANT.exec(text)
  if (!parts) return undefined
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(part => Number(part ?? 0)) as [number, number, number, number, number, number]
  const at = new Date(0)
  at.setUTCFullYear(year, month - 1, day)
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) return undefined
  const offset = offsetOf(parts[8])
  if (offset === undefined) return undefined
  const seconds = BigInt(at.getTime() / 1_000 + hour * 3_600 + minute * 60 + second - offset)
  const instant = seconds * SECOND + BigInt((parts[7] ?? '').padEnd(9, '0')), slack = parts[8] === undefined ? withoutZone : 0n
  return { kind: 'instant', from: instant - slack, to: instant + slack }
}

/** In seconds. */
function offsetOf(zone = 'Z'): number | undefined {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  if (minutes > 14 * 60 || Number(zone.slice(4)) > 59) return undefined
  return (zone.startsWith('-') ? -minutes : minutes) * 60
}

function durationOf(text: string): Value | undefined {
  const parts = DURATION.exec(text)
  if (!parts) return undefined
  const [years, months, days, hours, minutes, seconds] = parts.slice(2, 8).map(part => BigInt(part ?? 0)) as [bigint, bigint, bigint, bigint, bigint, bigint]
  const [shortest, longest] = [0, 1].map(end => {
    const allDays = years * YEAR_DAYS[end]! + months * MONTH_DAYS[end]! + days
    return (((allDays * 24n + hours) * 60n + minutes) * 60n + seconds) * SECOND + BigInt((parts[8] ?? '').padEnd(9, '0'))
  }) as [bigint, bigint]
  return parts[1] === '-' ? { kind: 'duration', from: -longest, to: -shortest } : { kind: 'duration', from: shortest, to: longest }
}

export type Order = 'less' | 'equal' | 'greater'

/** The order of two values, as far as it is known; `different` for those that are equal or not and nothing else. */
export function compare(left: Value, right: Value): Order | 'different' | undefined {
  if (left.kind === 'number' && right.kind === 'number') return sign(aligned(left.number, right.number), aligned(right.number, left.number))
  if (left.kind === 'truth' && right.kind === 'truth') return left.truth === right.truth ? 'equal' : 'different'
  if ('text' in left && 'text' in right && left.kind === right.kind) return left.text === right.text ? 'equal' : 'different'
  if (!('from' in left && 'from' in right) || left.kind !== right.kind) return undefined
  if (left.to < right.from) return 'less'
  if (left.from > right.to) return 'greater'
  return left.from === left.to && right.from === right.to ? 'equal' : undefined
}

function sign(left: bigint, right: bigint): Order { return left < right ? 'less' : left > right ? 'greater' : 'equal' }

function aligned({ digits, scale }: Decimal, other: Decimal): bigint {
  return digits * 10n ** BigInt(Math.max(scale, other.scale) - scale)
}

/** Undefined where it cannot be compared. */
export function tryValue(term: Term): Value | undefined {
  try { return valueOf(term) } catch { return undefined }
}
