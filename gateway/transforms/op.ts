// One operation on the values of an attribute, or on a message's time, as an owner writes it: `round:0.5`.
import { compare, decimalOf, decimalText, type Decimal } from '#gateway/transforms/decimal.ts'

export interface Round { readonly name: 'round', readonly step: Decimal }
export interface Bucket { readonly name: 'bucket', readonly bounds: readonly Decimal[] }
export type NumberOp = Round | Bucket
/** Of a text. */
export interface Mask { readonly name: 'mask' }
/** Of a text or of what a relationship points to. */
export interface Pseudonymise { readonly name: 'pseudonymise' }
/** Of a place. */
export interface Grid { readonly name: 'grid', readonly step: Decimal }
/** Of a place, in cells of H3: see h3.ts. */
export interface H3 { readonly name: 'h3', readonly resolution: number }
export type PlaceOp = Grid | H3
export interface Drop { readonly name: 'drop' }
export interface Pass { readonly name: 'pass' }
/** Of an attribute's value. */
export type ValueOp = Pass | Drop | NumberOp | Mask | Pseudonymise | PlaceOp
/** Of the message as a whole: all attributes of one message tell the same instant. */
export interface Truncate { readonly name: 'time', readonly seconds: number }
export interface Sample { readonly name: 'sample', readonly seconds: number }
export type Op = ValueOp | Truncate | Sample

export const PASS: Pass = { name: 'pass' }, DROP: Drop = { name: 'drop' }

export const BOUNDS_MAX = 32
/** A year. */
export const SECONDS_MAX = 31_536_000
/** Degrees. */
export const GRID_MAX = 90
/** The finest cells of H3: half a metre from the middle to a corner. */
export const H3_RESOLUTION_MAX = 15
/** Digits of a number that an owner writes: a double gives them back. */
export const DIGITS_MAX = 15

const DECIMAL = /^-?\d{1,15}(\.\d{1,9})?$/, INTEGER = /^[1-9]\d{0,8}$/, RESOLUTION = /^(0|[1-9]\d?)$/
const HOW: Readonly<Record<Op['name'], string>> = {
  pass: 'pass', drop: 'drop', mask: 'mask', pseudonymise: 'pseudonymise', round: 'round:STEP, such as round:0.5', bucket: `bucket:A|B|…, 2 to ${BOUNDS_MAX} rising bounds, such as bucket:0|20|25`,
  grid: `grid:DEGREES, up to ${GRID_MAX}, such as grid:0.01`, h3: `h3:RESOLUTION, 0 (coarse) to ${H3_RESOLUTION_MAX} (fine), such as h3:7`,
  time: `time:SECONDS, up to ${SECONDS_MAX}, such as time:900`, sample: `sample:SECONDS, up to ${SECONDS_MAX}, such as sample:60`,
}

export const OP_NAMES = Object.keys(HOW) as readonly Op['name'][]

/** The operation, or what is wrong with the text. */
export function parseOp(text: string): Op | string {
  const [name = '', ...rest] = text.split(':'), argument = rest.length > 0 ? rest.join(':') : undefined
  if (!isName(name)) return `there is no operation ${JSON.stringify(name)}: it is one of ${OP_NAMES.join(', ')}`
  return opOf(name, argument) ?? `write ${HOW[name]}`
}

export function opText(op: Op): string {
  switch (op.name) {
    case 'round': case 'grid': return `${op.name}:${decimalText(op.step)}`
    case 'bucket': return `bucket:${op.bounds.map(decimalText).join('|')}`
    case 'h3': return `h3:${op.resolution}`
    case 'time': case 'sample': return `${op.name}:${op.seconds}`
    default: return op.name
  }
}

function isName(text: string): text is Op['name'] { return Object.hasOwn(HOW, text) }

function opOf(name: Op['name'], argument: string | undefined): Op | undefined {
  switch (name) {
    case 'round': case 'grid': return stepOp(name, decimalIn(argument))
    case 'h3': return argument !== undefined && RESOLUTION.test(argument) && Number(argument) <= H3_RESOLUTION_MAX ? { name, resolution: Number(argument) } : undefined
    case 'bucket': return bucketOp(argument)
    case 'time': case 'sample': return argument !== undefined && INTEGER.test(argument) && Number(argument) <= SECONDS_MAX ? { name, seconds: Number(argument) } : undefined
    default: return argument === undefined ? { name } : undefined
  }
}

function stepOp(name: 'round' | 'grid', step: Decimal | undefined): Op | undefined {
  const isStep = step !== undefined && step.digits > 0n && (name === 'round' || compare(step, decimalOf(GRID_MAX)) <= 0)
  return isStep ? { name, step } : undefined
}

function bucketOp(argument = ''): Bucket | undefined {
  const bounds = argument.split('|').map(decimalIn)
  const isRising = bounds.every((bound, n): bound is Decimal => bound !== undefined && (n === 0 || compare(bounds[n - 1]!, bound) < 0))
  return isRising && bounds.length >= 2 && bounds.length <= BOUNDS_MAX ? { name: 'bucket', bounds } : undefined
}

function decimalIn(text = ''): Decimal | undefined {
  return DECIMAL.test(text) && text.replace(/\D/g, '').length <= DIGITS_MAX ? decimalOf(Number(text)) : undefined
}
