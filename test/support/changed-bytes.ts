// A value of a database with another byte in it.
import type { SQLInputValue } from 'node:sqlite'

/** For each of its bytes, one after the other; of a number some bits of it. */
export function* withChangedBytes(value: SQLInputValue): Iterable<SQLInputValue> {
  if (value === null) { yield 'x'; return }
  if (typeof value === 'number') { for (let bit = 1; bit <= 2 ** 40; bit *= 8) yield value % (2 * bit) < bit ? value + bit : value - bit; return }
  const bytes = Buffer.from(value as string | Uint8Array)
  for (let at = 0; at < bytes.length; at++) {
    const copy = Buffer.from(bytes)
    copy[at]! ^= 1 << at % 7
    yield typeof value === 'string' ? copy.toString() : copy
  }
}
