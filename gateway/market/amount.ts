// Money: a decimal text outside, micro-units in a bigint inside. No float ever holds an amount.
import { GatewayError } from '#gateway/errors.ts'

const DECIMALS = 6
/** 10^12 of a currency, far below what SQLite's 64 bits hold. */
export const AMOUNT_MAX = 10n ** 18n

/** `0.001` → 1000n. Throws BAD_REQUEST for what is no non-negative decimal with at most six places. */
export function parseAmount(text: string): bigint {
  const [, whole, fraction = ''] = /^(\d{1,13})(?:\.(\d{1,6}))?$/.exec(text) ?? []
  const micro = whole === undefined ? undefined : BigInt(whole + fraction.padEnd(DECIMALS, '0'))
  if (micro === undefined || micro > AMOUNT_MAX) throw new GatewayError('BAD_REQUEST', `${JSON.stringify(text.slice(0, 40))} is no amount: write it as 12.34, with at most six decimal places.`)
  return micro
}

/** 1000n → `0.001000` */
export function formatAmount(micro: bigint): string {
  const digits = String(micro < 0n ? -micro : micro).padStart(DECIMALS + 1, '0')
  return `${micro < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`
}
