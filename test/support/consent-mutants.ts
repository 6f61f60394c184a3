// The engine of the decisions with a fault planted into its source: each mutant is loaded beside the real one, from the same files.
import assert from 'node:assert/strict'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type * as ground from '#gateway/decision/ground.ts'
import type * as standing from '#gateway/decision/standing.ts'
import type { Engine } from '#test/support/consent-worlds.ts'

/** What is wrong, in which file, and what stands there instead of what. */
export interface Mutant { readonly fault: string, readonly file: string, readonly text: string, readonly instead: string }

const FILES = ['consent/grant.ts', 'consent/purposes/purpose-set.ts', 'decision/rule.ts', 'decision/ground.ts', 'decision/standing.ts']
const GROUND = 'decision/ground.ts', STANDING = 'decision/standing.ts', RULE = 'decision/rule.ts', GRANT = 'consent/grant.ts', SET = 'consent/purposes/purpose-set.ts'
const mutant = (fault: string, file: string, text: string, instead: string): Mutant => ({ fault, file, text, instead })

export const MUTANTS: readonly Mutant[] = [
  mutant('a prohibition loses', STANDING, 'if (isRuleInForce(rule, now)) return Infinity', 'if (isRuleInForce(rule, now)) continue'),
  mutant('a prohibition is of its own attributes only where all of them are asked for', STANDING, '(mask & request.mask) !== 0', '(mask & request.mask) === mask'),
  mutant('a prohibition on a narrower purpose passes the broader one', STANDING, 'purposes.meets(request.purposes)', 'purposes.covers(request.purposes)'),
  mutant('what a prohibition kept back leaves when it has ended', STANDING, 'until = Math.max(until, rule.end)', 'until = 0'),
  mutant('a prohibition begins too late', STANDING, 'if (now < rule.start || rule.end', 'if (now <= rule.start || rule.end'),
  mutant('where a recipient is not known, a prohibition by country passes it', STANDING, 'countries === undefined || request.country === undefined || countries.has', 'countries === undefined || request.country !== undefined && countries.has'),
  mutant('a prohibition of handing on forbids everything', STANDING, '(grant.onward !== true || request.isOnward) && ', ''),
  mutant('a prohibition of a group that is not known means nobody', GROUND, ' || !recipients.hasGroup(recipient)', ''),
  mutant('a kind that is not known permits', RULE, 'isProhibition = kind !== undefined', "isProhibition = kind === 'prohibition'"),
  mutant('a forbidden attribute that is not known forbids nothing', RULE, 'isProhibition && !isKnown ? ALL : mask', 'mask'),
  mutant('a permission covers what is broader', SET, '((e & ~a) | (f & ~b) | (g & ~c) | (h & ~d)) === 0', '((a & ~e) | (b & ~f) | (c & ~g) | (d & ~h)) === 0'),
  mutant('a permission covers whatever has something in common with it', SET, '((e & ~a) | (f & ~b) | (g & ~c) | (h & ~d)) === 0', '((e & a) | (f & b) | (g & c) | (h & d)) !== 0'),
  mutant('only 96 of the 128 bits are looked at', SET, ' | (h & ~d)) === 0', ') === 0'),
  mutant('purposes of others are all alike', SET, ' && other.#others.isSubsetOf(this.#others)', ''),
  mutant('a purpose that is not known is covered', SET, 'this.isKnown && other.isKnown && ((e', '((e'),
  mutant('a purpose that is not known meets nothing', SET, '!this.isKnown || !other.isKnown || this.#isEverything', 'this.#isEverything'),
  mutant('it ends an instant too late', GRANT, 'now >= until', 'now > until'),
  mutant('it never ends', GRANT, "last === 'expired' || (until !== undefined && now >= until) ? 'expired' : 'given'", "'given'"),
  mutant('what was withdrawn is given', GRANT, "if (withdrawnAt !== undefined) return 'withdrawn'", ''),
  mutant('it begins at once', RULE, 'grantedAt, notBefore = -Infinity } = grant', 'grantedAt } = grant, notBefore = -Infinity'),
  mutant('what came before it was given leaves', RULE, 'since: Math.max(grantedAt, notBefore)', 'since: 0'),
  mutant('a group that is not known has everybody in it', GROUND, 'const since = recipients.memberSince(groupId, partyId)', 'const since = recipients.memberSince(groupId, partyId) ?? 0'),
  mutant('who joined a group gets what came before', STANDING, 'Math.max(meantSince, rule.since,', 'Math.max(rule.since,'),
  mutant('the country is not asked for', STANDING, 'if (isElsewhere || (request', 'if ((request'),
  mutant('who moved gets what came before', STANDING, 'rule.countries ? request.country?.since ?? Infinity : 0', '0'),
  mutant('handing on is not asked for', STANDING, '(request.isOnward && grant.onward !== true) || ', ''),
  mutant('the owner decides for the household', STANDING, 'partyIds.map(subject', 'partyIds.slice(0, 1).map(subject'),
  mutant('one of the household is enough', STANDING, 'covers = partyIds.map(subject => coverOf(request, subject, ground))', "covers = partyIds.map(subject => coverOf(request, subject, ground)).filter((cover, n, all) => typeof cover !== 'string' || all.every(each => typeof each === 'string'))"),
  mutant('of the household the first to have agreed counts', STANDING, '...found.map(cover => cover.since))', 'found[0]!.since)'),
  mutant('what was there before somebody was taken out leaves', STANDING, 'since: Math.max(since, forbidden', 'since: Math.max(forbidden'),
  mutant('special data are for anybody', GROUND, 'if (isSpecial) return', ''),
  mutant('special data are for what is narrower', STANDING, ' || (isSpecial && !stated.has(request.purpose))', ''),
  mutant('special data need not be said in so many words', RULE, 'explicit ? purposes.filter', 'purposes ? purposes.filter'),
  mutant('special data are for any purpose', RULE, 'purposes.filter(purpose => purpose !== ANY_PURPOSE)', 'purposes'),
  mutant('a part of what is asked for is enough', STANDING, '(mask & request.mask) === request.mask', '(mask & request.mask) !== 0'),
  mutant('an attribute that is not known is passed over', STANDING, '!isKnown || forbidden', 'forbidden'),
  mutant('an agreement that has ended goes on', STANDING, "if (agreement.endedAt !== undefined) return 'NO_AGREEMENT'", ''),
  mutant('a budget that is spent goes on', STANDING, "agreement.exhaustedAt !== undefined ? 'SUSPENDED' : covered", 'covered'),
]

let loaded = 0

/** The engine as its files say, but for the mutant's fault. Throws where the text to be changed is not there exactly once. */
export async function mutated({ fault, file, text, instead }: Mutant): Promise<Engine> {
  const mark = `?mutant=${++loaded}`, isOurs = (url: string): boolean => url.endsWith(mark)
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context), isEngine = FILES.some(name => resolved.url.endsWith(`/gateway/${name}`))
      return isEngine && isOurs(context.parentURL ?? '') ? { ...resolved, url: resolved.url + mark } : resolved
    },
    load: (url, context, next) => {
      if (!isOurs(url)) return next(url, context)
      const path = fileURLToPath(url.slice(0, -mark.length)), source = readFileSync(path, 'utf8'), isPlace = path.endsWith(`/gateway/${file}`)
      if (isPlace) assert.equal(source.split(text).length, 2, `${fault}: ${file} has this once: ${text}`)
      return { format: 'module', source: stripTypeScriptTypes(isPlace ? source.replace(text, () => instead) : source), shortCircuit: true }
    },
  })
  try {
    const at = (name: string): string => new URL(`../../gateway/${name}${mark}`, import.meta.url).href
    const [{ groundOf }, { standing: decide }] = await Promise.all([import(at(GROUND)) as Promise<typeof ground>, import(at(STANDING)) as Promise<typeof standing>])
    return { groundOf, standing: decide }
  } finally {
    hooks.deregister()
  }
}
