// What a consent says of how exact its attributes may be: `temperature=round:0.5`, `*=time:900`. Parsed, checked against the model, and joined.
import { GatewayError } from '#gateway/errors.ts'
import { cutEachOther, revealsNoMore, secondsRevealNoMore, strongest, strongestSeconds, weakest, weakestSeconds } from '#gateway/transforms/lattice.ts'
import { opText, parseOp, PASS, type Op, type Sample, type Truncate, type ValueOp } from '#gateway/transforms/op.ts'
import { valueKindOf, type ValueKind } from '#semantic-models/value-kinds.ts'
import type { Model } from '#semantic-models/model.ts'

/** In one consent. */
export const TRANSFORMS_MAX = 64
/** Of one of them. */
export const TRANSFORM_CHARS_MAX = 512
/** Every attribute: the time is told once for all of a message. */
const ALL = '*'

/** What becomes of each attribute, and of the message's time. */
export interface Spec {
  /** Attributes that are not here pass. */
  readonly values: ReadonlyMap<string, ValueOp>
  /** Truncated to so many. */
  readonly timeSeconds: number | undefined
  /** One message in each so many. */
  readonly sampleSeconds: number | undefined
}

/** What several of them reveal together: what must be known to do any of them. */
export interface Kept {
  readonly values: ReadonlyMap<string, readonly ValueOp[]>
  /** None: the time as it is. */
  readonly timeSeconds: readonly number[]
  /** None: every message. */
  readonly sampleSeconds: readonly number[]
}

export const NOTHING_SAID: Spec = { values: new Map(), timeSeconds: undefined, sampleSeconds: undefined }

const FIT: Readonly<Record<ValueKind, readonly Op['name'][]>> = {
  number: ['round', 'bucket'], text: ['mask', 'pseudonymise'], link: ['pseudonymise'], place: ['grid', 'h3'], instant: [],
}

/** Throws BAD_REQUEST for what is not known, does not fit its attribute, or is about an attribute that is not let out. */
export function parseSpec(texts: readonly string[], model: Model, attributes: readonly string[]): Spec {
  if (texts.length > TRANSFORMS_MAX) throw new GatewayError('BAD_REQUEST', `Say ${TRANSFORMS_MAX} transforms at most.`)
  return texts.reduce((spec, text) => {
    const { attribute, op } = parsed(text), problem = misfit(attribute, op, model, attributes), joined = problem === undefined ? added(spec, attribute, op) : undefined
    if (problem !== undefined) throw refused(text, problem)
    if (joined === undefined) throw refused(text, `it has no common coarser form with what is said of ${attribute} before, ${opText(spec.values.get(attribute)!)}`)
    return joined
  }, NOTHING_SAID)
}

/** Equal texts are one spec: a stream with a thousand consents has a few of them. */
const byTexts = new Map<string, Spec | undefined>(), known = new WeakMap<readonly string[], { readonly spec: Spec | undefined }>()
const SPECS_KNOWN_MAX = 10_000

/** The spec of a consent that was given: undefined where it is not understood, and nothing may leave by it. */
export function specOf(texts: readonly string[] | undefined): Spec | undefined {
  if (texts === undefined) return NOTHING_SAID
  let found = known.get(texts)
  if (!found) known.set(texts, found = { spec: interned(texts) })
  return found.spec
}

function interned(texts: readonly string[]): Spec | undefined {
  const key = texts.join()
  if (byTexts.size >= SPECS_KNOWN_MAX) byTexts.clear()
  if (!byTexts.has(key)) byTexts.set(key, joined(texts))
  return byTexts.get(key)
}

function joined(texts: readonly string[]): Spec | undefined {
  let spec: Spec | undefined = NOTHING_SAID
  for (const text of texts) {
    const { attribute, op } = split(text)
    spec = spec && (typeof op === 'string' ? undefined : added(spec, attribute, op))
  }
  return spec
}

export function saysNothing({ values, timeSeconds, sampleSeconds }: Spec): boolean { return values.size === 0 && timeSeconds === undefined && sampleSeconds === undefined }

/** Equal specs have equal texts; what passes is left out. */
export function specTexts({ values, timeSeconds, sampleSeconds }: Spec): readonly string[] {
  const own = [...values].map(([attribute, op]) => `${attribute}=${opText(op)}`).sort()
  const time = timeSeconds === undefined ? [] : [`${ALL}=time:${timeSeconds}`], sample = sampleSeconds === undefined ? [] : [`${ALL}=sample:${sampleSeconds}`]
  return [...own, ...time, ...sample]
}

export const attributesDropped = ({ values }: Spec): readonly string[] => [...values].filter(([, { name }]) => name === 'drop').map(([attribute]) => attribute)

/** Whether a message by the first spec reveals no more than by the second, attribute by attribute and in time. */
export function specRevealsNoMore(one: Spec, other: Spec): boolean {
  const names = new Set([...one.values.keys(), ...other.values.keys()])
  return [...names].every(name => revealsNoMore(opOf(one, name), opOf(other, name)))
    && isNoFiner(one.timeSeconds, other.timeSeconds) && isNoFiner(one.sampleSeconds, other.sampleSeconds)
}

/** What reveals no more than either: of two who both have to agree. */
export function strongestOf(one: Spec, other: Spec): Spec {
  if (saysNothing(one)) return other
  return withValues(one, other, strongest, strongestSeconds)
}

/** Of two that each suffice, the one that reveals less where that can be said, else the first. */
export function strictestOf(one: Spec, other: Spec): Spec {
  return one === other ? one : withValues(one, other, (own, its) => revealsNoMore(its, own) ? its : own, (own, its) => secondsRevealNoMore(its, own) ? its : own)
}

/** An attribute that has to be kept as it is to do both, though neither lets it out as it is. */
export function keptWholeFor(one: Spec, other: Spec): string | undefined {
  return [...one.values.keys()].find(name => cutEachOther(opOf(one, name), opOf(other, name)))
}

/** What must be known to do any of them. An attribute is left out of those that do not let it out. */
export function weakestOf(specs: readonly { readonly spec: Spec, readonly attributes: readonly string[] }[]): Kept {
  const said = new Map<string, Set<ValueOp>>()
  for (const { spec, attributes } of specs) {
    for (const name of attributes) {
      const ops = said.get(name), op = opOf(spec, name)
      if (ops) ops.add(op)
      else said.set(name, new Set([op]))
    }
  }
  const values = [...said].map(([name, ops]) => [name, weakest([...ops])] as const).filter(([, ops]) => ops.every(({ name }) => name !== 'pass'))
  return {
    values: new Map(values), timeSeconds: weakestOfAll(specs.map(({ spec }) => spec.timeSeconds)), sampleSeconds: weakestOfAll(specs.map(({ spec }) => spec.sampleSeconds)),
  }
}

export const opOf = ({ values }: Spec, attribute: string): ValueOp => values.get(attribute) ?? PASS

function parsed(text: string): { readonly attribute: string, readonly op: Op } {
  const { attribute, op } = split(text)
  if (typeof op === 'string') throw refused(text, op)
  return { attribute, op }
}

function split(text: string): { readonly attribute: string, readonly op: Op | string } {
  const [attribute = '', ...rest] = text.split('=')
  if (text.length > TRANSFORM_CHARS_MAX || attribute === '' || rest.length !== 1) return { attribute, op: 'write ATTRIBUTE=OPERATION, such as temperature=round:0.5' }
  return { attribute, op: parseOp(rest[0]!) }
}

/** What does not fit; undefined where all does. */
function misfit(attribute: string, op: Op, model: Model, attributes: readonly string[]): string | undefined {
  const isOfMessage = op.name === 'time' || op.name === 'sample'
  if (attribute === ALL) return isOfMessage ? undefined : `${ALL} stands for all of a message, and only its time and how often it comes are one for all: name the attribute`
  if (!attributes.includes(attribute)) return `${attribute} is not among the attributes that go out`
  if (isOfMessage || op.name === 'pass' || op.name === 'drop') return undefined
  const kind = valueKindOf(model, attribute), fitting = FIT[kind]
  return fitting.includes(op.name) ? undefined : `${attribute} is ${kind === 'instant' ? 'an' : 'a'} ${kind}: ${[...fitting, 'pass', 'drop'].join(', ')} can be asked for, and time and sample`
}

/** Undefined where nothing is left that both allow. */
function added(spec: Spec, attribute: string, op: Op): Spec | undefined {
  if (op.name === 'time' || op.name === 'sample') return withSeconds(spec, op)
  const values = new Map(spec.values), before = opOf(spec, attribute), joined = strongest(before, op)
  const isNothing = joined.name === 'drop' && op.name !== 'drop' && before.name !== 'drop'
  if (isNothing || typeof parseOp(opText(joined)) === 'string') return undefined
  if (joined.name !== 'pass') values.set(attribute, joined)
  return { ...spec, values }
}

function withSeconds(spec: Spec, { name, seconds }: Truncate | Sample): Spec {
  const key = name === 'time' ? 'timeSeconds' : 'sampleSeconds', before = spec[key]
  return { ...spec, [key]: before === undefined ? seconds : strongestSeconds(before, seconds) }
}

function withValues(one: Spec, other: Spec, ofValues: (own: ValueOp, its: ValueOp) => ValueOp, ofSeconds: (own: number, its: number) => number): Spec {
  const values = new Map<string, ValueOp>()
  for (const name of new Set([...one.values.keys(), ...other.values.keys()])) {
    const op = ofValues(opOf(one, name), opOf(other, name))
    if (op.name !== 'pass') values.set(name, op)
  }
  const seconds = (own: number | undefined, its: number | undefined) => own === undefined ? its : its === undefined ? own : ofSeconds(own, its)
  return { values, timeSeconds: seconds(one.timeSeconds, other.timeSeconds), sampleSeconds: seconds(one.sampleSeconds, other.sampleSeconds) }
}

function isNoFiner(one: number | undefined, other: number | undefined): boolean {
  return other === undefined || (one !== undefined && secondsRevealNoMore(one, other))
}

function weakestOfAll(seconds: readonly (number | undefined)[]): readonly number[] {
  return seconds.every(each => each !== undefined) ? weakestSeconds([...new Set(seconds)]) : []
}

function refused(text: string, why: string): GatewayError { return new GatewayError('BAD_REQUEST', `Transform ${JSON.stringify(text.slice(0, 80))}: ${why}.`) }
