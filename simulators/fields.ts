// Reading an untrusted JSON object field by field, so that every fault can be told by the name of its field.
import type { Location } from '#simulators/sun.ts'

/** What may stand in a topic and in a name without an escape. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i
/** Characters of a wrong value that a message repeats. */
const SHOWN_MAX = 60

export interface Bounds {
  readonly min: number
  readonly max: number
  readonly whole?: true
  /** What an absent field means; without it the field has to be there. */
  readonly or?: number
}

/** Reads the members of one JSON object; what is wrong is noted, and something harmless stands in for it. */
export class Fields {
  readonly #members: ReadonlyMap<string, unknown>
  readonly #path: string
  readonly #problems: string[]
  readonly #asked = new Set<string>()

  constructor(value: unknown, path: string, problems: string[]) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    this.#members = new Map(isObject ? Object.entries(value) : [])
    this.#path = path
    this.#problems = problems
    if (!isObject) problems.push(`${path || 'all of it'}: must be an object`)
  }

  number(key: string, { min, max, whole, or }: Bounds): number {
    const value = this.#take(key) ?? or
    if (typeof value === 'number' && value >= min && value <= max && (!whole || Number.isInteger(value))) return value
    this.#refuse(key, `must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`, value)
    return min
  }

  /** Without `or` it has to be there. */
  text(key: string, or?: string): string {
    const value = this.#take(key) ?? or
    if (typeof value === 'string') return value
    this.#refuse(key, 'must be a text', value)
    return or ?? ''
  }

  /** Without `or` it has to be there. */
  flag(key: string, or?: boolean): boolean {
    const value = this.#take(key) ?? or
    if (typeof value === 'boolean') return value
    this.#refuse(key, 'must be true or false', value)
    return false
  }

  name(key: string): string {
    const value = this.#take(key)
    if (typeof value === 'string' && NAME.test(value)) return value
    this.#refuse(key, 'must be a name of letters, digits, - and _', value)
    return key
  }

  oneOf<T extends string>(key: string, allowed: readonly [T, ...T[]]): T {
    const value = this.#take(key)
    const found = allowed.find(word => word === value)
    if (found === undefined) this.#refuse(key, `must be one of ${allowed.join(', ')}`, value)
    return found ?? allowed[0]
  }

  timezone(key: string): string {
    const value = this.#take(key)
    if (typeof value === 'string' && isTimezone(value)) return value
    this.#refuse(key, 'must be a time zone as Europe/Madrid', value)
    return 'UTC'
  }

  location(key: string): Location {
    const value: unknown = this.#take(key)
    const [longitude, latitude, ...more] = (Array.isArray(value) ? value : []) as unknown[]
    if (isWithin(longitude, 180) && isWithin(latitude, 90) && more.length === 0) return [longitude, latitude]
    this.#refuse(key, 'must be [longitude, latitude] in degrees', value)
    return [0, 0]
  }

  list(key: string, { isEmptyFine = false } = {}): readonly Fields[] {
    const value = this.#take(key)
    const isList = Array.isArray(value) && (isEmptyFine || value.length > 0)
    if (isList) return value.map((item, k) => new Fields(item, `${this.#at(key)}[${k}]`, this.#problems))
    this.#refuse(key, isEmptyFine ? 'must be a list' : 'must be a list with at least one member', value)
    return []
  }

  has(key: string): boolean {
    return this.#members.has(key)
  }

  /** Of no members, where it is absent. */
  object(key: string): Fields {
    return new Fields(this.#take(key) ?? {}, this.#at(key), this.#problems)
  }

  /** Notes a fault that only the caller can see. */
  wrong(key: string, fault: string): void {
    this.#problems.push(`${this.#at(key)}: ${fault}`)
  }

  /** Whatever nobody asked for is a typing error. */
  close(): void {
    for (const key of this.#members.keys()) {
      if (!this.#asked.has(key)) this.wrong(key, `is not a field of this object (${[...this.#asked].join(', ')})`)
    }
  }

  #take(key: string): unknown {
    this.#asked.add(key)
    return this.#members.get(key)
  }

  #at(key: string): string {
    return this.#path ? `${this.#path}.${key}` : key
  }

  #refuse(key: string, rule: string, value: unknown): void {
    this.wrong(key, `${rule}, ${value === undefined ? 'is missing' : `is ${JSON.stringify(value).slice(0, SHOWN_MAX)}`}`)
  }
}

function isWithin(value: unknown, most: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= most
}

function isTimezone(value: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch {
    return false
  }
}
