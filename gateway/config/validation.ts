// What is wrong with a layer, in sentences: each with its place and with what to do about it.
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { Fault, Layer } from '#gateway/config/layer.ts'
import { nearest } from '#gateway/config/nearest.ts'
import { schema, SETTINGS, type Described } from '#gateway/config/settings.ts'

const SHOWN_CHARS_MAX = 60

interface Sentence { readonly message: string, readonly remedy: string }
type Checked = ErrorObject<string, Record<string, unknown>>

const validate = new Ajv2020({ allErrors: true, verbose: true, meta: false, validateSchema: false }).compile(schema)

/** Each layer is checked by itself: what is wrong is wrong also where another layer wins over it. What a group lacks may be in another. */
export function faultsOf(layer: Layer): readonly Fault[] {
  if (validate(layer.written)) return layer.faults
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'required') as Checked[]
  return [...layer.faults, ...errors.map(error => faultOf(layer, error))]
}

function faultOf({ placeOf }: Layer, error: Checked): Fault {
  const above = error.instancePath.split('/').slice(1).map(word => word.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (error.keyword === 'additionalProperties') {
    const path = [...above, String(error.params['additionalProperty'])]
    return { ...placeOf(path, 'name'), path: path.join('.'), ...stranger(path) }
  }
  const said = (SENTENCES[error.keyword] ?? otherwise)(above.join('.') || 'The configuration', error)
  return { ...placeOf(above, 'value'), path: above.join('.'), ...error.data === null ? empty(above.join('.')) : said }
}

function stranger(path: readonly string[]): Sentence {
  const word = path.at(-1)!, group = path.slice(0, -1).join('.'), names = SETTINGS.map(({ name }) => name)
  const siblings = namesBelow(group), elsewhere = names.find(name => name.endsWith(`.${word}`) && !name.startsWith(`${group}.`))
  const meant = nearest(word, siblings)
  const remedy = meant !== undefined ? `Did you mean ${meant}?`
    : elsewhere !== undefined ? `It belongs in a group: ${elsewhere}.`
      : `Remove it: there are ${siblings.join(', ')}.`
  return { message: `There is no setting ${shown(path.join('.'), '')}.`, remedy }
}

/** The words that may stand in a group: `history` among those at the top. */
function namesBelow(group: string): readonly string[] {
  const depth = group === '' ? 0 : group.split('.').length
  const below = SETTINGS.filter(({ path }) => path.slice(0, depth).join('.') === group)
  return [...new Set(below.map(({ path }) => path[depth]!))]
}

function empty(name: string): Sentence {
  return { message: `${name || 'The configuration'} has no value.`, remedy: 'Give it one, or remove the line.' }
}

const KINDS: Readonly<Record<string, string>> = {
  integer: 'a whole number', number: 'a number', string: 'a text', boolean: 'true or false', array: 'a list', object: 'a group of settings',
}

const SENTENCES: Readonly<Record<string, (name: string, error: Checked) => Sentence>> = {
  type: (name, { params, data, parentSchema }) => {
    const kind = String(params['type']), isQuoted = typeof data === 'string' && /^\d+$/.test(data) && ['integer', 'number'].includes(kind)
    const remedy = isQuoted ? 'Write it without quotes.' : example(parentSchema)
    return { message: `${name} is ${shown(data)}, and must be ${KINDS[kind]}.`, remedy }
  },
  enum: (name, { params, data }) => {
    const allowed = params['allowedValues'] as readonly string[], meant = nearest(String(data), allowed)
    const message = `${name} is ${shown(data)}, and must be one of ${allowed.join(', ')}.`
    return { message, remedy: meant === undefined ? 'Choose one of them.' : `Did you mean ${meant}?` }
  },
  minimum: (name, { params, data }) => bounded(name, data, `${shown(params['limit'])} or more`, 'larger'),
  exclusiveMinimum: (name, { params, data }) => bounded(name, data, `more than ${shown(params['limit'])}`, 'larger'),
  maximum: (name, { params, data }) => bounded(name, data, `${shown(params['limit'])} or less`, 'smaller'),
  minLength: name => ({ message: `${name} is empty.`, remedy: 'Give it a value, or remove the line.' }),
  maxLength: (name, { params }) => ({ message: `${name} has more than ${shown(params['limit'])} characters.`, remedy: 'Shorten it.' }),
  maxItems: (name, { params }) => ({ message: `${name} has more than ${shown(params['limit'])} entries.`, remedy: 'Shorten it.' }),
  uniqueItems: name => ({ message: `${name} names the same twice.`, remedy: 'Keep one.' }),
  pattern: (name, { data }) => ({
    message: `${name} is ${shown(data)}, which has not the form that it needs.`, remedy: example(describedAt(name)),
  }),
}

function bounded(name: string, data: unknown, bound: string, remedy: 'larger' | 'smaller'): Sentence {
  return { message: `${name} is ${shown(data)}, and must be ${bound}.`, remedy: `Give a ${remedy} number.` }
}

function otherwise(name: string, { message = 'is wrong' }: Checked): Sentence {
  return { message: `${name} ${message}.`, remedy: 'Mend it.' }
}

function describedAt(name: string): Described | undefined {
  return SETTINGS.find(setting => name === setting.name || name.startsWith(`${setting.name}.`))?.described
}

function example(described: unknown): string {
  const { examples, default: fallback, properties } = (described ?? {}) as Described, value = examples?.[0] ?? fallback
  if (properties) return `Its settings are ${Object.keys(properties).join(', ')}, one a line.`
  return value === undefined ? 'Mend it.' : `Write it such as ${JSON.stringify(value)}.`
}

/** As JSON and not too long; a number that JSON has not as it is. */
function shown(value: unknown, quote?: ''): string {
  const text = typeof value === 'number' || quote === '' ? String(value) : JSON.stringify(value) ?? String(value)
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text
}
