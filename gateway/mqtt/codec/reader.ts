// Walks through one packet, field by field. What is missing, too long or not text is malformed.
import type { Frame } from '#gateway/mqtt/frames.ts'
import { NOT_FORWARDED, PROPERTY_RULES, type Carrier, type Properties, type PropertyRule } from '#gateway/mqtt/codec/properties.ts'
import { malformed, REASON, Violation } from '#gateway/mqtt/codec/reason.ts'
import { isText } from '#gateway/mqtt/text.ts'

const RULES: readonly (PropertyRule | undefined)[] = Array.from({ length: 256 }, (_, id) => PROPERTY_RULES.find(rule => rule.id === id))
/** Four bytes of seven bits. */
const VARIABLE_SHIFT_MAX = 21

export class PacketReader {
  readonly #bytes: Buffer
  #end: number
  #at: number

  constructor({ bytes, body, end }: Frame) {
    this.#bytes = bytes
    this.#at = body
    this.#end = end
  }

  get isAtEnd(): boolean { return this.#at === this.#end }

  byte(): number {
    if (this.#at === this.#end) throw malformed()
    return this.#bytes[this.#at++]!
  }

  word(): number { return (this.byte() << 8) | this.byte() }
  long(): number { return this.word() * 0x10000 + this.word() }

  variable(): number {
    let value = 0
    for (let shift = 0; shift <= VARIABLE_SHIFT_MAX; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80 && (byte > 0 || shift === 0)) return value // in as few bytes as it takes [MQTT5-1.5.5-1]
      if (byte === 0) break
    }
    throw malformed()
  }

  /** Bytes behind a length of two bytes, as a view. */
  raw(): Buffer {
    const start = this.#skip()
    return this.#bytes.subarray(start, this.#at)
  }

  text(): string { return this.#textFrom(this.#skip()) }

  /** A text whose bytes are as `rule` wants them: they are looked at where they lie. */
  topic(rule: (bytes: Uint8Array, start: number, end: number) => boolean): string {
    const start = this.#skip(), text = this.#textFrom(start)
    if (!rule(this.#bytes, start, this.#at)) throw new Violation('bad-topic', REASON.MALFORMED)
    return text
  }

  /** All that is left, as a view. */
  rest(): Buffer {
    const start = this.#at
    this.#at = this.#end
    return this.#bytes.subarray(start, this.#end)
  }

  finish(): void {
    if (!this.isAtEnd) throw malformed()
  }

  /** All are read before any is judged: what is malformed comes before what is not allowed. `fault`: the code of the latter. */
  properties(carrier: Carrier, fault: number = REASON.PROTOCOL_ERROR): Properties | undefined {
    const length = this.variable()
    if (length === 0) return undefined
    const outer = this.#end, end = this.#at + length
    if (end > outer) throw malformed()
    this.#end = end
    const properties: Properties = {}, forwarded: Buffer[] | undefined = carrier === 'PUBLISH' || carrier === 'WILL' ? [] : undefined
    let isAllowed = true
    while (this.#at < end) isAllowed = this.#property(properties, carrier, forwarded) && isAllowed
    this.#end = outer
    if (forwarded && forwarded.length > 0) properties.forwarded = Buffer.concat(forwarded)
    if (!isAllowed) throw new Violation('malformed', fault)
    return properties
  }

  #property(properties: Properties, carrier: Carrier, forwarded: Buffer[] | undefined): boolean {
    const start = this.#at, rule = RULES[this.byte()]
    if (!rule) throw malformed()
    const value = this.#value(rule), isNew = properties[rule.name] === undefined, { range } = rule
    if (rule.isList) ((properties[rule.name] ??= [] as never) as unknown[]).push(value)
    else (properties as Record<string, unknown>)[rule.name] = value
    if (!NOT_FORWARDED.has(rule.name)) forwarded?.push(this.#bytes.subarray(start, this.#at))
    const isInRange = !range || ((value as number) >= range[0] && (value as number) <= range[1])
    return (isNew || rule.isList === true) && isInRange && rule.carriers.includes(carrier)
  }

  #value({ kind }: PropertyRule): unknown {
    switch (kind) {
      case 'byte': return this.byte()
      case 'word': return this.word()
      case 'long': return this.long()
      case 'variable': return this.variable()
      case 'text': return this.text()
      case 'binary': return this.raw()
      case 'pair': return [this.text(), this.text()]
    }
  }

  #textFrom(start: number): string {
    if (!isText(this.#bytes, start, this.#at)) throw new Violation('bad-text', REASON.MALFORMED)
    return this.#bytes.toString('utf8', start, this.#at)
  }

  /** Steps over a length and as many bytes; answers where these begin. */
  #skip(): number {
    const length = this.word(), start = this.#at
    if (start + length > this.#end) throw malformed()
    this.#at = start + length
    return start
  }
}
