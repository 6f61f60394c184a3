// In which forms a stream may leave at all: what decides how exact the journal keeps it.
import { isRuleInForce, permissionsIn, type Ground } from '#gateway/decision/ground.ts'
import { NOTHING_SAID, saysNothing, strongestOf, type Spec } from '#gateway/transforms/spec.ts'

/** How exact, and of which attributes. */
export interface Form { readonly spec: Spec, readonly attributes: readonly string[] }

/** Pairs of the forms of several subjects that are told apart. Of more, all get what reveals least. */
export const PAIRS_MAX = 10_000

/** What each subject lets out by some grant in force; of several subjects, what all of them do. */
export function formsIn(ground: Ground): readonly Form[] {
  const [first = [], ...others] = ground.subjects.partyIds.map(subject => formsOf(subject, ground))
  return others.reduce(together, first)
}

function formsOf(subject: string, { permissions, now }: Ground): readonly Form[] {
  const forms: Form[] = []
  for (const rule of permissionsIn(permissions.get(subject)!)) if (isRuleInForce(rule, now)) forms.push({ spec: rule.spec, attributes: rule.grant.attributes })
  return forms.every(({ spec }) => saysNothing(spec)) && forms.length > 0 ? [{ spec: NOTHING_SAID, attributes: namesIn(forms) }] : forms
}

function together(forms: readonly Form[], own: readonly Form[]): readonly Form[] {
  if (forms.length * own.length > PAIRS_MAX) {
    const all = [...forms, ...own]
    return [{ spec: all.map(({ spec }) => spec).reduce(strongestOf), attributes: namesIn(all) }]
  }
  return forms.flatMap(one => own.map(other => ({ spec: strongestOf(one.spec, other.spec), attributes: one.attributes.filter(name => other.attributes.includes(name)) })))
}

function namesIn(forms: readonly Form[]): readonly string[] { return [...new Set(forms.flatMap(({ attributes }) => attributes))] }
