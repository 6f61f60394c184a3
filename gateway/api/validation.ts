// Requests are checked against the document itself: its schemas are compiled as they stand, by pointer.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { document, type Operation, type Schema } from '#gateway/api/document.ts'

const DOCUMENT = 'openapi'

/** Compiles the document's schemas. Bodies are taken as they are; what comes as text in a URL is read as the type that its schema names. */
export class Validation {
  readonly #bodies = compiler({ coerceTypes: false })
  readonly #texts = compiler({ coerceTypes: true })

  constructor() { this.#bodies.addVocabulary(Object.keys(document)).addSchema(document, DOCUMENT) }

  /** The check of what a pointer of the document names: `#/components/schemas/Party`. */
  schemaAt(pointer: string): ValidateFunction {
    const validate = this.#bodies.getSchema(`${DOCUMENT}${pointer}`)
    if (!validate) throw new Error(`The document has nothing at ${pointer}`)
    return validate
  }

  /** The check of an operation's parameters that stand in `place`. What is not named is refused. */
  parametersOf({ parameters, takesQueryKey }: Operation, place: 'path' | 'query'): ValidateFunction {
    const here = parameters.filter(parameter => parameter.in === place)
    const properties: Record<string, Schema> = Object.fromEntries(here.map(({ name, schema }) => [name, schema]))
    if (place === 'query' && takesQueryKey) properties['apiKey'] = { type: 'string' }
    const required = here.filter(parameter => parameter.required).map(({ name }) => name)
    return this.#texts.compile({ type: 'object', additionalProperties: false, properties, required })
  }
}

/** That the schemas are schemas is for a test, not for each start: it takes a tenth of it. */
function compiler({ coerceTypes }: { coerceTypes: boolean }): Ajv2020 {
  const isTrusted = { meta: false, validateSchema: false }
  return new Ajv2020({ strict: true, allowUnionTypes: true, verbose: true, useDefaults: true, coerceTypes, formats: fullFormats, ...isTrusted })
}

/** One fault as a sentence that says what to do about it. */
export function faultText(errors: readonly ErrorObject[], what: 'body' | 'path' | 'query'): string {
  // Of several alternatives the one that was meant is the one that went deepest; among equals the first.
  const fault = errors.reduce((deepest, error) => error.instancePath.length > deepest.instancePath.length ? error : deepest)
  const name = fault.instancePath.slice(1).replaceAll('/', '.')
  const subject = name || (what === 'body' ? 'The body' : `The ${what}`)
  const { description } = fault.parentSchema as { description?: string }
  const isAboutNames = fault.keyword === 'required' || fault.keyword === 'additionalProperties'
  return `${subject} ${ruleText(fault)}.${description && !isAboutNames ? ` ${description}` : ''}`
}

function ruleText({ keyword, params, message, parentSchema }: ErrorObject): string {
  const given = params as Readonly<Record<string, unknown>>
  if (keyword === 'required') return `lacks \`${String(given['missingProperty'])}\``
  if (keyword === 'additionalProperties') return `has \`${shown(given['additionalProperty'])}\`, which is not known here${known(parentSchema as Schema)}`
  if (keyword === 'enum') return `must be one of ${(given['allowedValues'] as readonly unknown[]).join(', ')}`
  if (keyword === 'minProperties') return `must name at least one of ${namesIn(parentSchema as Schema).join(', ')}`
  if (keyword === 'pattern') return 'is not of the form that is wanted'
  return message ?? 'is wrong'
}

function known(schema: Schema): string {
  const names = namesIn(schema)
  return names.length > 0 ? `; known are ${names.join(', ')}` : ''
}

function namesIn({ properties }: Schema): readonly string[] { return Object.keys(properties ?? {}).filter(name => name !== 'apiKey') }

const NAME_LENGTH_MAX = 64
/** A name that a stranger chose is shown short and without control characters. */
function shown(name: unknown): string { return String(name).replace(/[\p{Cc}\p{Cs}]/gu, '?').slice(0, NAME_LENGTH_MAX) }
