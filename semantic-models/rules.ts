// The rules as data: read, checked against their schemas when loaded, and typed. What is wrong is named by file and field.
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { Quantity } from '#adapters/quantity.ts'
import type { Role } from '#adapters/reading.ts'
import schemas from '#semantic-models/schemas/rules.schema.json' with { type: 'json' }
import models from '#semantic-models/rules/models.json' with { type: 'json' }
import quantities from '#semantic-models/rules/quantities.json' with { type: 'json' }
import targets from '#semantic-models/rules/targets.json' with { type: 'json' }
import units from '#semantic-models/rules/units.json' with { type: 'json' }

/** canonical = (value + add) × mul ÷ div; 1 where the spelling means the canonical unit itself. */
export type Factor = 1 | { readonly add?: number, readonly mul: number, readonly div: number }

export interface UnitRule {
  readonly id: string
  /** UN/CEFACT Recommendation 20. */
  readonly code: string
  readonly ucum: string
  readonly spellings: Readonly<Record<string, Factor>>
  /** The one unit whose spelling vendors cannot agree on: its case does not count. */
  readonly anyCase?: boolean
  /** Spellings that mean something else in a dialect, or only there mean this. */
  readonly notIn?: Readonly<Record<string, readonly string[]>>
  readonly onlyIn?: Readonly<Record<string, readonly string[]>>
}

export interface QuantityRules {
  /** The units (by id) in which a number quantity may come: more than one where mass and fraction are both kept. */
  readonly units: Readonly<Record<string, readonly string[]>>
  /** The words that a text quantity may be. */
  readonly words: Readonly<Record<string, readonly string[]>>
}

/** Where the value of a static attribute comes from when it is not the same for all: the device, the reading, or the target's own `static`. */
export type StaticSource = 'placement' | 'category' | 'target' | 'quantity' | 'unitCode' | 'periodStart' | 'periodEnd'

export interface StaticRule {
  readonly attribute: string
  readonly value?: string
  readonly from?: StaticSource
  /** The words of a setting that the published schema knows; others are left out. */
  readonly words?: readonly string[]
}

export interface ModelRule {
  readonly type: string
  /** The Smart Data Models subject, whose context comes first. */
  readonly subject: string
  /** The member that says when: a term of the subject's context, or none. */
  readonly time: 'dateObserved' | 'timeInstant' | 'observationDateTime' | 'none'
  /** One string in the entity; `list`: the published schema wants an array, so the key-values view writes one. */
  readonly refDevice: 'one' | 'list' | 'none'
  readonly attributes: readonly string[]
  readonly static: readonly StaticRule[]
  /** Relationships that the owner sets. */
  readonly links: readonly 'refParkingSite'[]
  /** The period travels where it is known, or always (without one: from = to). */
  readonly period?: 'known' | 'always'
}

/** Whether a reading has a phase: `none`, or `some`; `first` takes that of L1 for all, `only` that of a device which has no other. */
export type PhaseRule = 'none' | 'some' | 'first' | 'only'

export interface WhenRule {
  readonly role?: Role
  readonly placement?: 'indoor' | 'outdoor'
  readonly phases?: 1 | 3
  readonly phase?: PhaseRule
  readonly whole?: boolean
  readonly height?: boolean
}

/** What becomes of a quantity: an attribute of a model, or a refusal with its reason. The first row that fits counts. */
export type TargetRule = { readonly quantity: Quantity, readonly when?: WhenRule } & (AttributeRule | { readonly refuse: string })

export interface AttributeRule {
  readonly model: string
  readonly attribute: string
  /** [numerator, denominator] behind the unit's own factor, a power of ten; what is scaled is a fraction, C62. */
  readonly scale?: readonly [number, number]
  readonly min?: number
  readonly max?: number
  readonly integer?: boolean
  readonly shape?: 'phases'
  /** The numbers that words become. */
  readonly numbers?: Readonly<Record<string, number>>
  /** Static attributes that go with this one: readings that differ in them make entities of their own. */
  readonly static?: Readonly<Record<string, string>>
  /** A fill level computed from the distance to the content. */
  readonly fill?: boolean
}

export interface Rules {
  readonly units: readonly UnitRule[]
  readonly quantities: QuantityRules
  readonly models: readonly ModelRule[]
  readonly targets: readonly TargetRule[]
}

/** A rule that does not fit: `where` is the file and the JSON pointer of the field. */
export class RuleError extends Error {
  readonly where: string
  constructor(where: string, message: string) {
    super(`${where}: ${message}`)
    this.name = 'RuleError'
    this.where = where
  }
}

/** Checks rules that someone wrote. Throws RuleError with the first fault. That the schema itself is one is for a test, not for each start. */
export function checkRules(rules: { units: unknown, quantities: unknown, models: unknown, targets: unknown }): Rules {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, meta: false, validateSchema: false })
  for (const name of ['units', 'quantities', 'models', 'targets'] as const) {
    const validate = ajv.compile({ $ref: `#/$defs/${name}`, $defs: schemas.$defs })
    if (!validate(rules[name])) throw faultOf(`rules/${name}.json`, validate.errors?.[0])
  }
  return rules as Rules
}

function faultOf(file: string, error: ErrorObject | undefined): RuleError {
  const extra: unknown = error?.params['additionalProperty']
  const what = error?.message ?? 'is wrong'
  return new RuleError(`${file}#${error?.instancePath ?? ''}`, typeof extra === 'string' ? `${what}: ${extra}` : what)
}

export const RULES: Rules = checkRules({ units, quantities, models, targets })
