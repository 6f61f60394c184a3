// What usage costs. The only arithmetic on money there is: integers, rounded once where a rule says so.
import type { Offer } from '#gateway/market/offers.ts'

export interface Usage {
  readonly messages: number
  /** Of content, as it was handed over. */
  readonly bytes: number
  readonly seconds: number
  readonly periods: number
}

const BYTES_PER_KB = 1_000n

/** Micro-units. Kilobytes are summed and their price rounded up once. */
export function priceOf({ price, unit }: Pick<Offer, 'price' | 'unit'>, usage: Usage): bigint {
  if (unit === 'message') return price * BigInt(usage.messages)
  if (unit === 'second') return price * BigInt(usage.seconds)
  if (unit === 'period') return price * BigInt(usage.periods)
  return (price * BigInt(usage.bytes) + BYTES_PER_KB - 1n) / BYTES_PER_KB
}

/** The platform's share is rounded down, the rest is the owner's. */
export function split(amount: bigint, platformPercent: number): { platform: bigint, owner: bigint } {
  const platform = amount * BigInt(platformPercent) / 100n
  return { platform, owner: amount - platform }
}
