// Reads through the bytes of a segment: what is sound, what is damaged, and whether the end was torn off.
import { FIRST_FORMAT, blocksOf, type Format } from '#gateway/journal/format.ts'
import { isFirstFormat } from '#gateway/journal/first-format.ts'
import { HEADER_BYTES, readHeader, type Ending } from '#gateway/journal/segment-header.ts'
import type { Visit } from '#gateway/journal/record.ts'

/** Bytes of a segment that are no sound records. */
export interface Damage { readonly offset: number, readonly bytes: number }

export interface Scan {
  readonly damage: readonly Damage[]
  /** Where the last sound unit ends. */
  readonly end: number
  /** Behind it: what a write has left that was never finished. Only the newest segment may have it. */
  readonly tornBytes: number
}

/** What a scan tells. */
export interface Visitor {
  /** A sound unit begins there, whose records come next. */
  unit(offset: number): void
  readonly record: Visit
}

/**
 * Visits all sound records. Bytes that are none and have sound ones behind them are damage, and so are bytes at the end that say they are
 * whole. `base`: where `bytes` begin in their segment.
 */
export function scanUnits(bytes: Buffer, base: number, format: Format, visitor?: Visitor): Scan {
  const damage: Damage[] = []
  let at = 0
  while (at < bytes.length) {
    const end = format.sound(bytes, at, base + at)
    if (end === undefined) {
      const next = nextSound(bytes, at + 1, format, base)
      if (next === undefined) break
      damage.push({ offset: base + at, bytes: next - at })
      at = next
    } else {
      visitor?.unit(base + at)
      if (visitor) format.visit(bytes, at, end, visitor.record)
      at = end
    }
  }
  const rest = bytes.length - at, isTorn = rest > 0 && isUnfinished(bytes, at, format)
  if (rest > 0 && !isTorn) damage.push({ offset: base + at, bytes: rest })
  return { damage, end: base + at, tornBytes: isTorn ? rest : 0 }
}

/** Where the next sound unit begins, from `from` on; undefined where there is none. */
export function nextSound(bytes: Buffer, from: number, format: Format, base: number): number | undefined {
  for (let at = format.next(bytes, from); at !== -1; at = format.next(bytes, at + 1)) {
    if (format.sound(bytes, at, base + at) !== undefined) return at
  }
  return undefined
}

/** It is shorter than it says it is, or what was to be written is still zeros. */
function isUnfinished(bytes: Buffer, at: number, format: Format): boolean {
  return bytes.length - at < format.unitBytes || (format.endOf(bytes, at) ?? 0) > bytes.length || bytes.subarray(at).every(byte => byte === 0)
}

export interface Opening {
  readonly format: Format
  /** Of its blocks; 0 in the first format. */
  readonly marker: number
  /** Where its records begin. */
  readonly from: number
  /** Of the segment before it, where it says so. */
  readonly before: Ending | undefined
  readonly isDamaged: boolean
}

/** How to read a segment that begins with these bytes. `marker`: what another file says that its marker is, should it not say so itself. */
export function openingOf(bytes: Buffer, number: number, marker = 0): Opening | undefined {
  const header = readHeader(bytes, number)
  if (header) return { format: blocksOf(header.marker), marker: header.marker, from: HEADER_BYTES, before: header.before, isDamaged: false }
  if (marker === 0 && isFirstFormat(bytes)) return { format: FIRST_FORMAT, marker: 0, from: 0, before: undefined, isDamaged: false }
  return marker === 0 ? undefined : { format: blocksOf(marker), marker, from: HEADER_BYTES, before: undefined, isDamaged: true }
}

/** The same for a whole segment, for those who look at one by itself. */
export function scanSegment(bytes: Buffer, number: number, visitor?: Visitor): Scan {
  const opening = openingOf(bytes, number)
  if (opening) return scanUnits(bytes.subarray(opening.from), opening.from, opening.format, visitor)
  return { damage: bytes.length > 0 ? [{ offset: 0, bytes: bytes.length }] : [], end: 0, tornBytes: 0 }
}
