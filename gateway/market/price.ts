// What usage costs. The only arithmetic on prices there is: integers, rounded once where a rule says so.
import type { Offer, Unit } from '#gateway/market/offers.ts'

export interface Usage {
  readonly messages: number
  /** Of content, as it was handed over. */
  readonly bytes: number
  readonly seconds: number
  readonly periods: number
}

export interface Shares { readonly platform: bigint, readonly owner: bigint }

type Priced = Pick<Offer, 'price' | 'unit'>

/** Which quantity a unit counts, and how many of them are one unit. */
const UNITS: Record<Unit, { readonly counts: keyof Usage, readonly size: bigint }> = {
  message: { counts: 'messages', size: 1n },
  kB: { counts: 'bytes', size: 1_000n },
  second: { counts: 'seconds', size: 1n },
  period: { counts: 'periods', size: 1n },
}

/** Micro-units, rounded up once over all of the usage. */
export function priceOf({ price, unit }: Priced, usage: Usage): bigint {
  const { counts, size } = UNITS[unit]
  return (price * BigInt(usage[counts]) + size - 1n) / size
}

/** The greatest quantity of what the unit counts whose price is within an amount. */
export function affordable({ price, unit }: Priced, amount: bigint): number {
  if (price === 0n) return Number.MAX_SAFE_INTEGER
  const quantity = amount * UNITS[unit].size / price
  return quantity > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : Number(quantity)
}

/** Two usages together. */
export function sumOf(one: Usage, other: Usage): Usage {
  return {
    messages: one.messages + other.messages, bytes: one.bytes + other.bytes, seconds: one.seconds + other.seconds,
    periods: one.periods + other.periods,
  }
}

/** The platform's share is rounded down, the rest is the owner's. */
export function split(amount: bigint, platformPercent: number): Shares {
  const platform = amount * BigInt(platformPercent) / 100n
  return { platform, owner: amount - platform }
}
