// A SenML pack → its records, each resolved: base values applied, times absolute (RFC 8428 §4.6).
import { isRecord, numberOf, own, type JsonRecord } from '#adapters/json.ts'
import type { Refusal } from '#adapters/reading.ts'
import { instantOfSeconds, plausibleInstant } from '#adapters/time.ts'

/** Smaller times are seconds from now (§4.5.3). */
export const RELATIVE_SECONDS_END = 2 ** 28

/** The version of RFC 8428, and the same with the secondary units of RFC 8798 (RFC 9100 §2). Lower ones are drafts that read alike. */
export const VERSION = 10
export const VERSION_WITH_SECONDARY_UNITS = 26

/** Longer names are refused: they would be the keys of devices. */
export const NAME_LENGTH_MAX = 255

/** One resolved record. */
export interface SenmlRecord {
  /** Base name and name. */
  readonly name: string
  /** True where the record has no name but the base name: then the name is the device's. */
  readonly isBaseName: boolean
  readonly unit: string
  readonly value: number | string | boolean
  /** Milliseconds UTC; undefined: now, or a time that cannot be. */
  readonly time: number | undefined
  /** `[3].v` */
  readonly field: string
}

export interface Resolved {
  readonly records: readonly SenmlRecord[]
  /** Records that are wrong by themselves. */
  readonly refused: readonly Refusal[]
}

interface Base { bn: string, bt: number, bu: string, bv: number }

const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/
const VALUES = ['v', 'vs', 'vb', 'vd'] as const

/** The pack is refused where its structure, a base field, its version or a field that must be understood makes the rest uncertain. */
export function resolve(pack: unknown, receivedAt: number): Resolved | Refusal {
  if (!Array.isArray(pack) || pack.length === 0) return bad('', 'A SenML pack is an array of records.')
  const base: Base = { bn: '', bt: 0, bu: '', bv: 0 }, records: SenmlRecord[] = [], refused: Refusal[] = []
  for (const [index, record] of (pack as unknown[]).entries()) {
    if (!isRecord(record)) return bad(`[${index}]`, 'A SenML record is an object.')
    const wrong = applyBase(record, base, index)
    if (wrong) return wrong
    const resolved = resolveRecord(record, base, `[${index}]`, receivedAt)
    if (resolved === undefined) continue
    if ('code' in resolved) refused.push(resolved)
    else records.push(resolved)
  }
  return { records, refused }
}

/** Base fields hold from their record on (§4.1). `bs`, the base of sums, is not used: see `resolveRecord`. */
function applyBase(record: JsonRecord, base: Base, index: number): Refusal | undefined {
  for (const key of Object.keys(record)) {
    const value = record[key], field = `[${index}].${key}`
    if (key.endsWith('_')) return bad(field, 'A field that must be understood is not known here (RFC 8428 §4.4).')
    if (key === 'bn' || key === 'bu') {
      if (typeof value !== 'string') return bad(field, 'Not a text.')
      base[key] = value
    } else if (key === 'bt' || key === 'bv') {
      const number = numberOf(value)
      if (number === undefined) return bad(field, 'Not a finite number.')
      base[key] = number
    } else if (key === 'bver' && !isKnownVersion(value)) return bad(field, 'This version of SenML is not known here.')
  }
  return undefined
}

function isKnownVersion(version: unknown): boolean {
  if (typeof version !== 'number' || !Number.isInteger(version)) return false
  return version > 0 && version <= VERSION || version === VERSION_WITH_SECONDARY_UNITS
}

/**
 * Undefined: a record without a value, such as one that only sets base fields. A sum (`s`) is the value's integral over time, which is no
 * quantity.
 */
function resolveRecord(record: JsonRecord, { bn, bt, bu, bv }: Base, place: string, receivedAt: number): SenmlRecord | Refusal | undefined {
  const kinds = VALUES.filter(key => Object.hasOwn(record, key)), kind = kinds[0]
  if (kind === undefined) return undefined
  if (kinds.length > 1) return bad(place, 'A record has one value.')
  const n = own(record, 'n') ?? '', u = own(record, 'u') ?? bu, t = own(record, 't') ?? 0
  if (typeof n !== 'string' || !isName(bn + n)) return bad(`${place}.n`, 'Not a name of SenML.')
  if (typeof u !== 'string') return bad(`${place}.u`, 'Not a text.')
  const seconds = numberOf(t), value = valueOf(kind, record[kind], bv)
  if (seconds === undefined) return bad(`${place}.t`, 'Not a finite number.')
  if (value === undefined) return bad(`${place}.${kind}`, 'Not a value of this kind.')
  return { name: bn + n, isBaseName: n === '', unit: u, value, time: timeOf(bt + seconds, receivedAt), field: `${place}.${kind}` }
}

function isName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && NAME.test(name)
}

function valueOf(kind: typeof VALUES[number], raw: unknown, bv: number): number | string | boolean | undefined {
  if (kind === 'vb') return typeof raw === 'boolean' ? raw : undefined
  if (kind !== 'v') return typeof raw === 'string' ? raw : undefined
  const value = numberOf(raw)
  return value === undefined || bv === 0 ? value : numberOf(decimalSum(bv, value))
}

/** As decimals are added: 20.1 + 0.2 is 20.3. */
function decimalSum(a: number, b: number): number {
  const decimals = Math.max(decimalsOf(a), decimalsOf(b))
  return decimals <= DECIMALS_MAX ? Number((a + b).toFixed(decimals)) : a + b
}

/** `toFixed` gives no more. */
const DECIMALS_MAX = 100

function decimalsOf(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  return Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - Number(exponent))
}

/** 0 is now (§4.5.3): the arrival, which has no time of its own. */
function timeOf(seconds: number, receivedAt: number): number | undefined {
  if (seconds === 0) return undefined
  return plausibleInstant(instantOfSeconds(Math.abs(seconds) < RELATIVE_SECONDS_END ? receivedAt / 1000 + seconds : seconds), receivedAt)
}

function bad(field: string, detail: string): Refusal {
  return { code: 'BAD_PAYLOAD', field, detail }
}
