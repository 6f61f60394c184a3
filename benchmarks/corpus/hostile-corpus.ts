// The corpus that the mapper, the kernel and the benchmarks are measured by: messages of many shapes, clean or as hostile as the field is:
// keys in any order, keys too many or too few, white space, escapes, duplicates, odd numbers, wrong types, other shapes, and what is no JSON.
import { CARRIER, Figure, SHAPES, type Shape, type Tree } from '#benchmarks/corpus/corpus-shapes.ts'
import { Random } from '#benchmarks/corpus/random.ts'

/** What stands where the sequence number goes: nine digits, as any of them has. */
export const SEQUENCE_PLACE = '100000000'
/** Not where it is part of a longer number. */
const WHOLE_PLACE = new RegExp(`(?<![\\d.])${SEQUENCE_PLACE}(?![\\d.])`)

export interface CorpusDevice { readonly name: string, readonly shape: Shape, readonly topic: string }
export interface CorpusMessage {
  readonly device: number
  readonly topic: string
  readonly payload: Buffer
  /** Offset of SEQUENCE_PLACE in the payload; −1 where it has none, or is no JSON. */
  readonly sequenceAt: number
}
export interface Corpus { readonly devices: readonly CorpusDevice[], readonly messages: readonly CorpusMessage[] }

export interface CorpusOptions {
  readonly seed: number
  readonly shapes?: readonly Shape[]
  readonly devicesPerShape: number
  readonly messagesPerDevice: number
  readonly isHostile: boolean
  /** Milliseconds since 1970, where a message tells a time. */
  readonly at: number
}

/** Shares of the messages that are hostile in one way each. */
const SHARES = {
  shuffled: 0.3, extra: 0.2, missing: 0.15, spaced: 0.1, escaped: 0.05, escapedKey: 0.01, duplicate: 0.01, odd: 0.07, wrong: 0.02,
  foreign: 0.03, deep: 0.001, invalid: 0.01,
}
const DEVICES_WITH_OWN_ORDER = 0.5

/** All messages, a round of all devices at a time. */
export function makeCorpus({ seed, shapes = SHAPES, devicesPerShape, messagesPerDevice, isHostile, at }: CorpusOptions): Corpus {
  const random = new Random(seed), messages: CorpusMessage[] = []
  const devices = Array.from({ length: devicesPerShape * shapes.length }, (_, n): CorpusDevice => {
    const shape = shapes[n % shapes.length]!, name = `${shape.name}-${Math.floor(n / shapes.length)}`
    return { name, shape, topic: shape.topic(name) }
  })
  const orders = devices.map(() => random.chance(DEVICES_WITH_OWN_ORDER) ? random.below(2 ** 31) : undefined)
  for (let round = 0; round < messagesPerDevice; round++) {
    for (const [device, { name, shape, topic }] of devices.entries()) {
      const payload = isHostile ? hostile(random, name, shape, shapes, at, orders[device]) : Buffer.from(new Writer(random).text(shape.tree(name, at)))
      messages.push({ device, topic, payload, sequenceAt: payload.toString('latin1').search(WHOLE_PLACE) })
    }
  }
  return { devices, messages }
}

function hostile(random: Random, name: string, shape: Shape, shapes: readonly Shape[], at: number, order: number | undefined): Buffer {
  const foreign = random.chance(SHARES.foreign) ? shapes.filter(({ dialect }) => dialect !== shape.dialect) : []
  const tree = (foreign.length > 0 ? random.pick(foreign) : shape).tree(name, at)
  const text = new HostileWriter(random, order, tree).text(tree)
  return random.chance(SHARES.invalid) ? random.pick(SPOILERS)(text, random) : Buffer.from(text)
}

type Members = [name: string, value: Tree][]
const isObject = (tree: Tree): tree is { readonly [name: string]: Tree } =>
  typeof tree === 'object' && !Array.isArray(tree) && !(tree instanceof Figure)

class Writer {
  protected readonly random: Random
  constructor(random: Random) { this.random = random }

  text(tree: Tree): string {
    if (tree === CARRIER) return SEQUENCE_PLACE
    if (tree instanceof Figure) return this.figure(tree)
    if (typeof tree === 'string') return this.string(tree)
    if (Array.isArray(tree)) return `[${(tree as readonly Tree[]).map(item => this.text(item)).join(`,${this.space()}`)}${this.space()}]`
    if (isObject(tree)) return `{${this.members(tree).join(`,${this.space()}`)}${this.space()}}`
    return JSON.stringify(tree)
  }

  protected members(tree: { readonly [name: string]: Tree }): string[] { return Object.entries(tree).map(member => this.member(...member)) }
  protected member(name: string, value: Tree): string { return `${this.space()}${this.key(name)}:${this.space()}${this.text(value)}` }
  protected figure(figure: Figure): string { return figure.lexeme(this.random) }
  protected string(text: string): string { return JSON.stringify(text) }
  protected key(name: string): string { return JSON.stringify(name) }
  protected space(): string { return '' }
}

/** What befalls one message: chosen when it begins, since most of it befalls one figure or one key only. */
class HostileWriter extends Writer {
  readonly #order: number | undefined
  readonly #isSpaced: boolean
  readonly #isEscaped: boolean
  readonly #hasEscapedKey: boolean
  #extra: string | undefined
  readonly #missing: number
  readonly #odd: number
  readonly #wrong: number
  readonly #duplicate: number
  #figures = 0

  constructor(random: Random, order: number | undefined, tree: Tree) {
    super(random)
    const figures = countFigures(tree), one = (share: number): number => random.chance(share) ? random.below(figures) : -1
    this.#order = random.chance(SHARES.shuffled) ? random.below(2 ** 31) : order
    this.#isSpaced = random.chance(SHARES.spaced)
    this.#isEscaped = random.chance(SHARES.escaped)
    this.#hasEscapedKey = random.chance(SHARES.escapedKey)
    this.#extra = random.chance(SHARES.deep) ? deep(random.pick([20, 50])) : random.chance(SHARES.extra) ? random.pick(EXTRAS) : undefined
    this.#missing = one(SHARES.missing)
    this.#odd = one(SHARES.odd)
    this.#wrong = one(SHARES.wrong)
    this.#duplicate = one(SHARES.duplicate)
  }

  protected override members(tree: { readonly [name: string]: Tree }): string[] {
    const entries: Members = Object.entries(tree), written: string[] = [], extra = this.#extra
    this.#extra = undefined // for the outermost object only
    for (const [name, value] of this.#order === undefined ? entries : new Random(this.#order).shuffled(entries)) {
      const number = this.#figures
      if (value instanceof Figure && number === this.#missing) { this.#figures++; continue }
      if (value instanceof Figure && number === this.#duplicate) written.push(`${JSON.stringify(name)}:17`)
      written.push(this.member(name, value))
    }
    if (extra !== undefined) written.splice(this.random.below(written.length + 1), 0, extra)
    return written
  }

  protected override figure(figure: Figure): string {
    const number = this.#figures++, lexeme = super.figure(figure)
    if (number === this.#wrong) return this.random.pick(WRONG)
    return number === this.#odd ? this.random.pick(ODD)(lexeme, this.random) : lexeme
  }

  protected override string(text: string): string { return this.#isEscaped ? escaped(text) : JSON.stringify(text) }
  protected override key(name: string): string { return this.#hasEscapedKey && this.random.chance(0.3) ? escaped(name) : JSON.stringify(name) }
  protected override space(): string { return this.#isSpaced ? this.random.pick(['', ' ', '  ', '\n', '\t', '\r\n']) : '' }
}

function countFigures(tree: Tree): number {
  if (tree instanceof Figure) return 1
  return typeof tree === 'object' ? Object.values(tree).reduce((sum: number, each: Tree) => sum + countFigures(each), 0) : 0
}

/** Each character as \uXXXX, or in the short form where it has one. */
function escaped(text: string): string {
  return `"${Array.from({ length: text.length }, (_, i) => text[i] === '/' ? '\\/' : `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
}

function deep(levels: number): string { return `"nested":${'['.repeat(levels)}1${']'.repeat(levels)}` }

/** Members that mean nothing in any dialect, and that a careless reader stumbles over. */
const EXTRAS = [
  '"__proto__":{"temperature":1}', '"constructor":1', '"toString":"x"', '"hasOwnProperty":false', '"übung":"größer als sonst"', '"温度计":1',
  '"note":"a \\"quoted\\" word, a \\\\ and a \\u00e9"',
  '"":0', '"nothing":null', '"list":[1,[2,[3,{"a":[]}]],{}]', '"meta":{"a":{"b":{"c":[true,false,null]}}}',
  '"emoji":"\u{1f321}\\ud83c\\udf21"', '"long":"' + 'x'.repeat(200) + '"', '"__defineGetter__":[]',
]

/** Numbers as other printers print them; each is what JSON.parse says it is. */
const ODD: readonly ((lexeme: string, random: Random) => string)[] = [
  lexeme => `${lexeme}e0`, lexeme => `${lexeme}E+00`, lexeme => Number(lexeme).toExponential(),
  lexeme => String(Math.fround(Number(lexeme))), () => '-0', () => '0.0', () => '-0.0e5',
  lexeme => `${lexeme.includes('.') ? lexeme : `${lexeme}.0`}${'0'.repeat(20)}`,
  lexeme => `${lexeme.includes('.') ? lexeme : `${lexeme}.0`}00000000000000000001`, () => '1e-400',
  (_, random) => `${random.below(100)}.${String(random.below(2 ** 31)).padStart(12, '7')}`,
]
const WRONG = ['null', 'true', '"n/a"', '{}', '[]', '1e400', '-1e400']

/** What is no JSON, or no text at all. */
const SPOILERS: readonly ((text: string, random: Random) => Buffer)[] = [
  (text, random) => Buffer.from(text.slice(0, random.below(text.length))), text => Buffer.from(text.slice(0, -1)),
  text => Buffer.from(`${text}}`), text => Buffer.from(`${text}${text}`), text => Buffer.from(`\u{feff}${text}`),
  text => Buffer.from(text.replace(/"/g, "'")), text => Buffer.from(text.replace(':', ':+')), text => Buffer.from(text.replace(/:\d/, ':0$&').replace(':0:', ':0')), text => Buffer.from(text.replace(/\d(?=[,}])/, '$&.')),
  text => Buffer.from(text.replace(/[}\]]$/,
  ',$&')), text => Buffer.from(text.replace(/"([a-zA-Z])/, '"\u0001$1')), text => Buffer.from(text.replace(/"([a-zA-Z])/, '"\\x$1')), text => Buffer.from(text.replace(/,/, ',,')),
  text => Buffer.concat([Buffer.from(text.slice(0, 2)), Buffer.from([0xc3, 0x28]), Buffer.from(text.slice(2))]), text => Buffer.concat(
    [Buffer.from(text.slice(0, 2)), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from(text.slice(2))]
  ),
  text => Buffer.from(`/* */${text}`), () => Buffer.alloc(0), text => Buffer.from(text, 'utf16le'), () => Buffer.from('NaN'),
  text => Buffer.from(text.replace(/:/, ' ')),
]
