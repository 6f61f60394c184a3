// A grant, compiled: names have become bits and sets, once in its life.
import { endOf, type Grant } from '#gateway/consent/grant.ts'
import { ANY_PURPOSE, PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import { countriesIn } from '#gateway/parties/countries.ts'
import { NOTHING_SAID, specOf, type Spec } from '#gateway/transforms/spec.ts'
import type { Model } from '#semantic-models/model.ts'

export interface Rule {
  readonly grant: Grant
  readonly isProhibition: boolean
  /** Attributes. One that the model does not know is permitted to nobody, and forbidden it forbids them all. */
  readonly mask: number
  readonly purposes: PurposeSet
  /** One by one: no groups. */
  readonly countries: ReadonlySet<string> | undefined
  /** The purposes that it names itself, where it may let special categories of data out for them. */
  readonly stated: ReadonlySet<string>
  /** How exact they may be. */
  readonly spec: Spec
  /** In force from the one instant on until before the other. (That it was given a moment ago, by a clock that was set back since, is no matter.) */
  readonly start: number
  readonly end: number
  /** What came earlier does not leave by it. */
  readonly since: number
}

const ALL = 0x7fffffff

const compiled = new WeakMap<Grant, Rule>()

/** A grant never changes (its withdrawal makes another object), and it is of one stream: so its rule is made once. */
export function ruleOf(grant: Grant, model: Model): Rule {
  let rule = compiled.get(grant)
  if (!rule) compiled.set(grant, rule = compile(grant, model))
  return rule
}

/** The mask of the attributes that the model knows, and whether those are all. */
export function maskIn(model: Model, names: readonly string[]): { readonly mask: number, readonly isKnown: boolean } {
  let mask = 0, isKnown = true
  for (const name of names) {
    const bit = model.bitOf(name)
    if (bit === undefined) isKnown = false
    else mask |= bit
  }
  return { mask, isKnown }
}

function compile(grant: Grant, model: Model): Rule {
  const { kind, attributes, purposes, countries, explicit, grantedAt, notBefore = -Infinity } = grant
  const { mask, isKnown } = maskIn(model, attributes), isProhibition = kind !== undefined, spec = isProhibition ? NOTHING_SAID : specOf(grant.transforms)
  return {
    grant, isProhibition, mask: isProhibition && !isKnown ? ALL : mask, purposes: new PurposeSet(purposes),
    countries: countries && new Set(countries.flatMap(countriesIn)), stated: new Set(explicit ? purposes.filter(purpose => purpose !== ANY_PURPOSE) : []),
    spec: spec ?? NOTHING_SAID,
    start: spec ? notBefore : Infinity /* nobody knows how exact: never */, end: endOf(grant), since: Math.max(grantedAt, notBefore),
  }
}
