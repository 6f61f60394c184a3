// Money: a decimal text outside, micro-units in a bigint inside. No float ever holds an amount.
import { GatewayError } from '#gateway/errors.ts'

const PLACES = 6
/** Less than 10^12 of a currency: fits SQLite's 64 bits nine times. */
export const AMOUNT_MAX = 10n ** 18n - 1n
const AMOUNT = /^(\d{1,12})(?:\.(\d{1,6}))?$/

/** `0.001` → 1000n micro-units. Throws BAD_REQUEST for what is no decimal with at most 12 digits before the point and 6 behind it. */
export function parseAmount(text: string): bigint {
  const [, whole, fraction = ''] = AMOUNT.exec(text) ?? []
  if (whole === undefined) {
    const shown = JSON.stringify(text.slice(0, 40))
    throw new GatewayError('BAD_REQUEST', `${shown} is no amount: write it as 12.34, with at most six decimal places.`)
  }
  return BigInt(whole + fraction.padEnd(PLACES, '0'))
}

/** 1000n → `0.001000` */
export function formatAmount(micro: bigint): string {
  const digits = String(micro < 0n ? -micro : micro).padStart(PLACES + 1, '0')
  return `${micro < 0n ? '-' : ''}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`
}
