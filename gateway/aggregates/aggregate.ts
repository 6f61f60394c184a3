// What a recipient wants made of many readings, as it was checked once: over which window, of how many at least, how exact.
import { GatewayError } from '#gateway/errors.ts'
import { CONTRIBUTORS_DEFAULT, CONTRIBUTORS_MAX, CONTRIBUTORS_MIN, EPSILON_MAX, MICRO, WINDOW_SECONDS_MAX, type Count } from '#gateway/transforms/counted.ts'
import { decimalOf, decimalText, wholeRatio, type Decimal } from '#gateway/transforms/decimal.ts'
import type { Model } from '#semantic-models/model.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { valueKindOf } from '#semantic-models/value-kinds.ts'

export const FUNCTIONS = ['mean', 'sum', 'count', 'min', 'max'] as const
export type AggregateFunction = (typeof FUNCTIONS)[number]

/** Of what may be counted at all, in steps to both sides of zero. */
export const STEPS_MAX = 2 ** 52
/** What contributors bring where there is no noise, whatever the step: by steps of the recipient's choice it could count who is above which value. */
export const FINE_STEP = decimalOf(0.000001)
/** Where none is named: a thousandth. */
const STEP_DEFAULT = 0.001
/** Digits of a number that a recipient writes: a double gives them back. */
const DIGITS_MAX = 15

export interface NewAggregate {
  readonly type: string
  readonly attribute: string
  readonly function: AggregateFunction
  /** Seconds. */
  readonly window: number
  readonly contributors?: number
  readonly purpose: string
  /** Results are multiples of it. */
  readonly step?: number
  /** What is below the one or above the other is taken to be that. */
  readonly range?: readonly [number, number]
  /** By noise of this much: what one window may tell of a contributor. */
  readonly epsilon?: number
}

/** Clamped to these, in steps. */
export interface Range { readonly low: number, readonly high: number }

export interface Aggregate extends Count {
  readonly id: string
  readonly recipientId: string
  readonly model: Model
  readonly attribute: string
  /** Of the attribute, in a mask. */
  readonly bit: number
  readonly function: AggregateFunction
  readonly purpose: string
  readonly step: Decimal
  readonly range?: Range
  /** In millionths. */
  readonly epsilon?: number
  readonly createdAt: number
}

/** An extreme is the reading of one. */
export const isExtreme = ({ function: name }: Pick<Aggregate, 'function'>): boolean => name === 'min' || name === 'max'

/** Throws BAD_REQUEST with what to do. */
export function aggregateOf(wish: NewAggregate, named: Pick<Aggregate, 'id' | 'recipientId' | 'createdAt'>): Aggregate {
  const { window: seconds, contributors = CONTRIBUTORS_DEFAULT, epsilon, purpose } = wish, model = modelIn(wish), step = stepOf(wish)
  const range = wish.range && rangeIn(wish.range, step), noise = epsilon === undefined ? undefined : Math.round(epsilon * MICRO)
  check(Number.isInteger(seconds) && seconds >= 1 && seconds <= WINDOW_SECONDS_MAX, `A window has 1 to ${WINDOW_SECONDS_MAX} seconds.`)
  check(Number.isInteger(contributors) && contributors >= CONTRIBUTORS_MIN && contributors <= CONTRIBUTORS_MAX, `An aggregate is made of ${CONTRIBUTORS_MIN} to ${CONTRIBUTORS_MAX} contributors at least.`)
  check(noise === undefined || (noise >= 1 && noise <= EPSILON_MAX), `An epsilon is more than 0 and no more than ${EPSILON_MAX / MICRO}, with six decimals.`)
  check((noise === undefined) === (range === undefined), 'Noise needs a range, which bounds what one contributor can change; without noise there is none.')
  check(noise === undefined || !isExtreme(wish), 'Noise is for mean, sum and count: an extreme can change by all there is.')
  return {
    ...named, model, attribute: wish.attribute, bit: model.bitOf(wish.attribute)!, function: wish.function, seconds, contributors, purpose, step,
    ...(range && { range }), ...(noise !== undefined && { epsilon: noise }),
  }
}

/** As it was wished for. */
export function wishOf({ model, attribute, function: name, seconds, contributors, purpose, step, range, epsilon }: Aggregate): NewAggregate {
  const stepNumber = Number(decimalText(step)), times = (count: number) => Number((count * stepNumber).toPrecision(DIGITS_MAX))
  return {
    type: model.type, attribute, function: name, window: seconds, contributors, purpose, step: stepNumber,
    ...(range && { range: [times(range.low), times(range.high)] as const }), ...(epsilon !== undefined && { epsilon: epsilon / MICRO }),
  }
}

function modelIn({ type, attribute }: NewAggregate): Model {
  const model = modelOf(type)
  if (!model) throw refused(`There is no type ${type}.`)
  check(model.type !== 'DeviceMeasurement', 'A DeviceMeasurement may tell anything, and not all of it can be added up: name a type of its own.')
  check(model.bitOf(attribute) !== undefined, `${type} has no attribute ${attribute}: it has ${model.attributes.join(', ')}.`)
  check(valueKindOf(model, attribute) === 'number', `${attribute} is no number, and only numbers are counted.`)
  return model
}

function stepOf(wish: NewAggregate): Decimal {
  const { step = STEP_DEFAULT } = wish, decimal = decimalOf(step)
  check(step > 0 && decimal.places <= 9 && isWritten(decimal), 'A step is a number above 0, with nine decimals at most.')
  check(!isExtreme(wish) || wish.step !== undefined, 'An extreme is the reading of one: say with a step how exact it may be.')
  return decimal
}

function rangeIn([low, high]: readonly [number, number], step: Decimal): Range {
  const [from, to] = [low, high].map(end => wholeRatio(decimalOf(end), step))
  check(from !== undefined && to !== undefined, 'The ends of a range are multiples of the step.')
  check(from! < to! && -from! <= STEPS_MAX && to! <= STEPS_MAX, 'A range rises, and has its ends within 2^52 steps of zero.')
  return { low: Number(from), high: Number(to) }
}

const isWritten = ({ digits }: Decimal): boolean => digits.toString().replace('-', '').length <= DIGITS_MAX

function check(isMet: boolean, otherwise: string): void { if (!isMet) throw refused(otherwise) }
function refused(text: string): GatewayError { return new GatewayError('BAD_REQUEST', text) }
