// A spec made ready: packed bytes → packed bytes. One object for all who may have the same, so that they share what it makes.
import { together } from '#gateway/transforms/cells.ts'
import { placing } from '#gateway/transforms/places.ts'
import type { NumberOp, PlaceOp, ValueOp } from '#gateway/transforms/op.ts'
import type { Renaming } from '#gateway/transforms/pseudonyms.ts'
import type { Kept } from '#gateway/transforms/spec.ts'
import { rewritten, type Packed } from '#semantic-models/packed.ts'
import { timeText } from '#semantic-models/text.ts'

export const MASKED = '***'
const MS_PER_SECOND = 1_000

type Json = unknown
interface Member { type?: string, value?: Json, object?: Json, observedAt?: string }
/** Undefined for a value that it is not made for: that is left out. */
type Change = (value: Json) => Json

export class Transform {
  /** Empty: every message; else the first one in each window of so many milliseconds. */
  readonly sampleMs: readonly number[]
  readonly #changes: ReadonlyMap<string, Change>
  readonly #timeMs: readonly number[]
  /** The instant that was truncated last: a message tells it several times. */
  #lastTime = ''
  #lastTruncated = ''

  constructor({ values, timeSeconds, sampleSeconds }: Kept, renaming: Renaming) {
    this.#changes = new Map([...values].map(([name, ops]) => [name, changeOf(ops, renaming)]))
    this.#timeMs = timeSeconds.map(seconds => seconds * MS_PER_SECOND)
    this.sampleMs = sampleSeconds.map(seconds => seconds * MS_PER_SECOND)
  }

  /** What may be known of a message's content. */
  of(content: Packed): Packed {
    return rewritten(content, head => this.#timeMs.length === 0 ? head : this.#headOf(head), (part, name) => this.#partOf(part, name))
  }

  /** Whether a message is the first in a window when the one before it came at `before`. */
  isFirst(before: number, timestamp: number): boolean {
    return this.sampleMs.length === 0 || this.sampleMs.some(ms => Math.floor(before / ms) !== Math.floor(timestamp / ms))
  }

  #headOf(head: string): string {
    const members = JSON.parse(`${head}}`) as Record<string, Json>
    return JSON.stringify(mapValues(members, member => this.#timed(member))).slice(0, -1)
  }

  /** `,"name":{…}`; undefined where it must be left out. */
  #partOf(part: string, name: string): string | undefined {
    const change = this.#changes.get(name)
    if (change === undefined && this.#timeMs.length === 0) return part
    const member = this.#timed((JSON.parse(`{${part.slice(1)}}`) as Record<string, Json>)[name]) as Member
    if (change !== undefined && !changeMember(member, change)) return undefined
    return `,${JSON.stringify({ [name]: member }).slice(1, -1)}`
  }

  /** Every instant that is told: when it was observed, and values that are times. */
  #timed(json: Json): Json {
    if (this.#timeMs.length === 0 || typeof json !== 'object' || json === null) return json
    const member = json as Member & { value?: { '@type'?: string, '@value'?: string } }
    if (member.observedAt !== undefined) member.observedAt = this.#truncated(member.observedAt)
    if (member.value?.['@type'] === 'DateTime') member.value['@value'] = this.#truncated(String(member.value['@value']))
    return member
  }

  /** Of several, what all of them make the same of as of the instant itself. */
  #truncated(text: string): string {
    if (text === this.#lastTime) return this.#lastTruncated
    const instant = Date.parse(text)
    this.#lastTime = text
    return this.#lastTruncated = timeText(Math.max(...this.#timeMs.map(ms => instant - instant % ms)))
  }
}

/** False where the value is of another kind than the operation. */
function changeMember(member: Member, change: Change): boolean {
  const key = 'object' in member ? 'object' : 'value', changed = change(member[key])
  member[key] = changed
  return changed !== undefined
}

/** `ops`: all on one kind of values, see `weakest`. */
function changeOf(ops: readonly ValueOp[], renaming: Renaming): Change {
  switch (ops[0]?.name) {
    case 'round': case 'bucket': return numbers(ops as readonly NumberOp[])
    case 'grid': case 'h3': return placing(ops as readonly PlaceOp[])
    case 'mask': return value => typeof value === 'string' ? MASKED : undefined
    case 'pseudonymise': return value => typeof value === 'string' ? renaming(value) : undefined
    case 'pass': return value => value
    default: return () => undefined
  }
}

/** Of one number, or of one in each phase. */
function numbers(ops: readonly NumberOp[]): Change {
  const ofOne = (value: Json): number | undefined => typeof value === 'number' ? together(ops, value) : undefined
  return value => {
    if (typeof value !== 'object' || value === null) return ofOne(value)
    const changed = mapValues(value as Record<string, Json>, ofOne)
    return Object.values(changed).every(each => each !== undefined) ? changed : undefined
  }
}

function mapValues(members: Readonly<Record<string, Json>>, map: (value: Json) => Json): Record<string, Json> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, map(value)]))
}
