// The safe part of value templates: a path and a few filters. They are parsed, and nothing is ever evaluated.
import { isRecord, numberOf, numberOfText, own } from '#adapters/json.ts'
import { remembering } from '#adapters/name.ts'

/** Longer templates are refused unread. */
export const TEMPLATE_LENGTH_MAX = 256
/** Steps into the payload. */
export const PATH_STEPS_MAX = 16
export const DECIMALS_MAX = 10

export interface Template {
  /** Undefined: the whole payload, as text. Else where the value stands in the payload's JSON; empty: the JSON itself. */
  readonly path: readonly (string | number)[] | undefined
  /** Filters that change a number, in their order. */
  readonly numeric: readonly ('float' | 'int' | { readonly round: number })[]
  /** A default was given: what is no number is then no fault (what is missing never is). Its value is never used, as nobody measured it. */
  readonly isForgiving: boolean
}

/** What stands where there is no template. */
export const WHOLE: Template = { path: undefined, numeric: [], isForgiving: false }

const ROOT = /^value(_json)?(?![A-Za-z0-9_])/
const STEP = /^(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*(?:'([^'\\]*)'|"([^"\\]*)"|(\d{1,6}))\s*\])/
const ARGUMENT = /^\s*(?:-?\d{1,15}(?:\.\d{1,15})?|'[^'\\]*'|"[^"\\]*"|[Nn]one|true|false|True|False)?\s*$/
const FILTER = /^\s*\|\s*(float|int|round|is_defined|default)\s*(?:\(([^()]*)\))?\s*/

/** `{{ value_json.a['b'][0] | float | round(1) }}` → its parts; undefined: anything else, however harmless it looks. */
export const parseTemplate = remembering(parse)

function parse(text: string): Template | undefined {
  const inner = text.length <= TEMPLATE_LENGTH_MAX ? innerOf(text.trim()) : undefined, root = inner === undefined ? null : ROOT.exec(inner)
  if (inner === undefined || !root) return undefined
  const path: (string | number)[] = []
  let rest = inner.slice(root[0].length)
  for (let step = STEP.exec(rest); step; step = STEP.exec(rest)) {
    path.push(step[4] === undefined ? step[1] ?? step[2] ?? step[3]! : Number(step[4]))
    rest = rest.slice(step[0].length)
  }
  if (path.length > PATH_STEPS_MAX || root[1] === undefined && path.length > 0) return undefined
  const filters = filtersOf(rest)
  return filters && { path: root[1] === undefined ? undefined : path, ...filters }
}

/** What stands between the braces, which may carry a hyphen. */
function innerOf(text: string): string | undefined {
  if (!text.startsWith('{{') || !text.endsWith('}}')) return undefined
  return text.slice(2, -2).replace(/^-/, '').replace(/-$/, '').trim()
}

function filtersOf(text: string): Pick<Template, 'numeric' | 'isForgiving'> | undefined {
  const numeric: Template['numeric'][number][] = []
  let rest = text.trim(), isForgiving = false
  while (rest !== '') {
    const [whole, name, argument] = FILTER.exec(rest) ?? []
    if (whole === undefined || argument !== undefined && !ARGUMENT.test(argument)) return undefined
    if (name === 'round') {
      const decimals = Number(argument?.trim() || '0')
      if (!Number.isInteger(decimals) || decimals < 0 || decimals > DECIMALS_MAX) return undefined
      numeric.push({ round: decimals })
    } else if (name === 'float' || name === 'int') {
      numeric.push(name)
      isForgiving ||= argument !== undefined && argument.trim() !== ''
    } else isForgiving ||= name === 'default'
    rest = rest.slice(whole.length)
  }
  return { numeric, isForgiving }
}

/** The value that a path leads to; undefined where there is none. Only what the payload itself holds can be reached. */
export function valueAt(json: unknown, path: readonly (string | number)[]): unknown {
  let value = json
  for (const step of path) {
    if (Array.isArray(value)) value = typeof step === 'number' ? (value as unknown[])[step] : undefined
    else value = isRecord(value) ? own(value, String(step)) : undefined
  }
  return value
}

/** A number, or a text that is one, through the template's filters. */
export function numberBy({ numeric }: Template, raw: unknown): number | undefined {
  const value = numberOf(raw) ?? (typeof raw === 'string' ? numberOfText(raw.trim()) : undefined)
  return value === undefined ? undefined : numeric.reduce<number>(filtered, value) + 0
}

function filtered(value: number, filter: Template['numeric'][number]): number {
  if (filter === 'float') return value
  return filter === 'int' ? Math.trunc(value) : rounded(value, filter.round)
}

/** By way of its shortest decimal, so that 1.005 rounds as it is written. */
function rounded(value: number, decimals: number): number {
  const scaled = Number(`${value}e${decimals}`)
  return Number.isFinite(scaled) ? Number(`${Math.sign(scaled) * Math.round(Math.abs(scaled))}e-${decimals}`) : value
}
