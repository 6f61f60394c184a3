// What an owner lets out of a number only as one of many: counted in an aggregate over a window, with a least number of contributors, and with
// noise where they say how much may be learned of them in a day. `round:0.5+aggregate:900|5+dp:0.5`.

/** `Of`: how exact a reading is that is counted. */
export interface Counted<Of> {
  readonly name: 'aggregate'
  /** Left out: as it is. */
  readonly of?: Of
  /** Windows are of so many, or of a multiple. */
  readonly seconds: number
  /** So many at least, of whom none shares a source with another. */
  readonly contributors: number
  /** In millionths: what the figures of a day, all of them with noise, may tell of a subject. Left out: they need no noise. */
  readonly epsilon?: number
}

/** Fewer are no crowd: two would know each other's. */
export const CONTRIBUTORS_MIN = 3
/** Where none is named. */
export const CONTRIBUTORS_DEFAULT = 5
export const CONTRIBUTORS_MAX = 1_000
export const MICRO = 1_000_000
/** Ten, in millionths: above that noise hides nothing. */
export const EPSILON_MAX = 10 * MICRO
/** What figures with noise may tell in a day where nothing is said of noise: they could be asked for without end. */
export const EPSILON_DEFAULT = 1 * MICRO
/** A year. */
export const WINDOW_SECONDS_MAX = 31_536_000

const AGGREGATE = /^aggregate:([1-9]\d{0,8})(?:\|([1-9]\d{0,8}))?$/, NOISE = /^dp:(\d{1,2}(?:\.\d{1,6})?)$/

export const isCounted = (text: string): boolean => /(^|\+)(aggregate|dp)(:|\+|$)/.test(text)

/** Undefined where it is not one. `ofText`: reads what stands in front. */
export function parseCounted<Of>(text: string, ofText: (text: string) => Of | undefined): Counted<Of> | undefined {
  const parts = text.split('+'), front = parts[0] !== undefined && !isCounted(parts[0]) ? parts.shift() : undefined, of = front === undefined ? undefined : ofText(front)
  const [, seconds, contributors] = AGGREGATE.exec(parts[0] ?? '') ?? [], [, noise] = NOISE.exec(parts.at(-1) ?? '') ?? []
  const isWhole = parts.length > 0 && parts.length === Number(seconds !== undefined) + Number(noise !== undefined) && (of !== undefined || front === undefined)
  return isWhole ? checked({
    name: 'aggregate', ...(of !== undefined && { of }), seconds: Number(seconds ?? 1), contributors: Number(contributors ?? CONTRIBUTORS_DEFAULT),
    ...(noise !== undefined && { epsilon: Math.round(Number(noise) * MICRO) }),
  }) : undefined
}

/** What `dp` alone means is written as that. */
export function countedText<Of>({ of, seconds, contributors, epsilon }: Counted<Of>, textOf: (of: Of) => string): string {
  const front = of === undefined ? [] : [textOf(of)], noise = epsilon === undefined ? [] : [`dp:${epsilon / MICRO}`]
  const isPlain = epsilon !== undefined && seconds === 1 && contributors === CONTRIBUTORS_DEFAULT
  return [...front, ...(isPlain ? [] : [`aggregate:${seconds}|${contributors}`]), ...noise].join('+')
}

/** Whether whatever counts by the first rule could count by the other: longer windows made of whole ones, more contributors, less to be learned. */
export function countsNoMore(one: Counted<unknown>, other: Counted<unknown>): boolean {
  const isFinerNowhere = one.seconds % other.seconds === 0 && one.contributors >= other.contributors
  return isFinerNowhere && (isExact(other) || !isExact(one)) && budgetOf(one) <= budgetOf(other)
}

/** What is made of many: over a window, of so many at least, with noise or without. */
export interface Count { readonly seconds: number, readonly contributors: number, readonly epsilon?: number | undefined }

export function mayCount(rule: Counted<unknown>, { seconds, contributors, epsilon }: Count): boolean {
  const isNoiseEnough = epsilon === undefined ? isExact(rule) : epsilon <= budgetOf(rule)
  return seconds % rule.seconds === 0 && contributors >= rule.contributors && isNoiseEnough
}

/** What figures with noise may tell in a day, in millionths. */
export function budgetOf({ epsilon = EPSILON_DEFAULT }: Counted<unknown>): number { return epsilon }

/** The rule that lets the most be counted of all that count no more than either; undefined where its windows would be longer than any. */
export function countedByBoth<Of>(one: Counted<Of>, other: Counted<Of>, of: Of | undefined): Counted<Of> | undefined {
  return checked({
    name: 'aggregate', ...(of !== undefined && { of }), seconds: one.seconds / divisorOf(one.seconds, other.seconds) * other.seconds,
    contributors: Math.max(one.contributors, other.contributors), ...(!(isExact(one) && isExact(other)) && { epsilon: Math.min(budgetOf(one), budgetOf(other)) }),
  })
}

function checked<Of>(counted: Counted<Of>): Counted<Of> | undefined {
  const { seconds, contributors, epsilon = 1 } = counted
  const isCrowd = contributors >= CONTRIBUTORS_MIN && contributors <= CONTRIBUTORS_MAX
  return isCrowd && seconds <= WINDOW_SECONDS_MAX && epsilon > 0 && epsilon <= EPSILON_MAX ? counted : undefined
}

const isExact = ({ epsilon }: Counted<unknown>): boolean => epsilon === undefined
const divisorOf = (a: number, b: number): number => b === 0 ? a : divisorOf(b, a % b)
