// Random policies and messages, and the compiled engine asked about them beside the oracle.
import type { Grant } from '#gateway/consent/grant.ts'
import type * as ground from '#gateway/decision/ground.ts'
import type * as standing from '#gateway/decision/standing.ts'
import type { Agreement } from '#gateway/market/agreement.ts'
import { modelOf } from '#semantic-models/registry.ts'
import { mayLeave, type Came, type Said, type Wanted, type World } from '#test/support/consent-oracle.ts'
import { diceOf, type Dice } from '#test/support/mqtt-mutants.ts'

/** What decides, or a mutant of it. */
export interface Engine { readonly groundOf: typeof ground.groundOf, readonly standing: typeof standing.standing }

export interface Difference { readonly world: World, readonly wanted: Wanted, readonly message: Came, readonly now: number, readonly expected: readonly string[], readonly found: readonly string[] }

/** Of all that was asked: how often something left, and the first time that the two did not agree. */
export interface Outcome { readonly pairs: number, readonly left: number, readonly difference: Difference | undefined }

const MODEL = modelOf('IndoorEnvironmentObserved')!
const NAMES = ['temperature', 'relativeHumidity', 'illuminance'], STRANGE = 'aura'
const OWNERS = ['own_1', 'own_2', 'own_3'], PARTIES = ['sub_1', 'sub_2'], GROUPS = ['grp_1', 'grp_2'], GONE = 'grp_gone'
const COUNTRIES = ['BE', 'NL', 'US', 'NO', 'RE', 'SJ'], NAMED = ['BE', 'NL', 'US', 'EU', 'EEA', 'XX']
/** Near and far in the hierarchy, with a common descendant, beside it, of others, not known; from the first of the vocabulary to the last. */
const PURPOSES = [
  'dpv:Purpose', 'dpv:Marketing', 'dpv:Advertising', 'dpv:TargetedAdvertising', 'dpv:PersonalisedAdvertising', 'dpv:Personalisation', 'dpv:PublicBenefit', 'dpv:CombatClimateChange',
  'dpv:ResearchAndDevelopment', 'dpv:CommercialResearch', 'dpv:CommercialPurpose', 'dpv:AcademicResearch', 'dpv:ServiceProvision', 'dpv:VendorSelectionAssessment', 'dpv:VendorManagement', 'urn:example:a', 'urn:example:b', 'dpv:NotYetKnown',
]
/** What is granted is broad more often, and what is asked for narrow. */
const BROAD = ['dpv:Purpose', 'dpv:Marketing', 'dpv:PublicBenefit', 'dpv:ResearchAndDevelopment', 'urn:example:a'], NARROW = ['dpv:PersonalisedAdvertising', 'dpv:CombatClimateChange', 'dpv:CommercialResearch', 'urn:example:a']
/** Few instants, so that ends and beginnings fall on them exactly. */
const INSTANTS = 12
const REQUESTS_PER_WORLD = 4

/** Asks so many pairs, and stops at the first difference. */
export function compare(engine: Engine, pairs: number, seed: number): Outcome {
  const dice = diceOf(seed)
  let asked = 0, left = 0
  while (asked < pairs) {
    const world = anyWorld(dice), now = dice(INSTANTS)
    const scene = sceneOf(world, now), decided = engine.groundOf(world.said as readonly Grant[], scene)
    for (let n = 0; n < REQUESTS_PER_WORLD && asked < pairs; n++, asked++) {
      const wanted = anyWanted(dice), message = { at: Math.min(now, dice(INSTANTS)), attributes: some(dice, NAMES) }
      const expected = mayLeave(world, wanted, message, now), found = leaving(engine, decided, wanted, message)
      if (expected.length > 0) left++
      if (expected.join() !== found.join()) return { pairs: asked, left, difference: { world, wanted, message, now, expected, found } }
    }
  }
  return { pairs: asked, left, difference: undefined }
}

/** As a session lets a message out. */
function leaving({ standing }: Engine, decided: ground.Ground, wanted: Wanted, { at, attributes }: Came): readonly string[] {
  const outlet = standing(agreementOf(wanted), decided), mask = MODEL.maskOf(attributes)
  return typeof outlet === 'object' && at >= outlet.since ? MODEL.attributesIn(outlet.mask & mask) : []
}

export function agreementOf({ partyId, purpose, attributes, isOnward, hasEnded, isSpent }: Wanted): Agreement {
  return {
    id: 'agr_1', offer: { attributes } as unknown as Agreement['offer'], subscriberId: partyId, purpose, budget: 0n, startedAt: 0,
    ...(isOnward && { isOnward }), ...(hasEnded && { endedAt: 1 }), ...(isSpent && { exhaustedAt: 1 }),
  }
}

function sceneOf({ subjects, subjectsSince, isSpecial, groups, countries }: World, now: number): ground.Scene {
  return {
    model: MODEL, now, isSpecial, subjects: { partyIds: subjects, since: subjectsSince },
    recipients: { countryOf: id => countries.get(id), hasGroup: id => groups.has(id), memberSince: (id, partyId) => groups.get(id)?.get(partyId) },
  }
}

function anyWorld(dice: Dice): World {
  const subjects = OWNERS.slice(0, oneIn(dice, 3) ? 1 + dice(3) : 1)
  return {
    said: Array.from({ length: 1 + dice(5) }, (_, n) => anySaid(dice, n, subjects)), subjects, subjectsSince: oneIn(dice, 8) ? dice(INSTANTS) : 0, isSpecial: oneIn(dice, 6), attributes: MODEL.attributes,
    groups: new Map(GROUPS.map(id => [id, new Map(some(dice, PARTIES).map(party => [party, oneIn(dice, 3) ? dice(INSTANTS) : 0]))])),
    countries: new Map(some(dice, PARTIES).map(party => [party, { country: one(dice, COUNTRIES), since: oneIn(dice, 3) ? dice(INSTANTS) : 0 }])),
  }
}

/** Most permissions are wide and most prohibitions narrow, so that often enough something leaves. */
function anySaid(dice: Dice, n: number, subjects: readonly string[]): Said {
  const isProhibition = oneIn(dice, 8), ownerId = n < subjects.length ? subjects[n]! : oneIn(dice, 12) ? one(dice, OWNERS) : one(dice, subjects)
  return {
    id: `grant_${n}`, ownerId, ...(isProhibition && { kind: oneIn(dice, 12) ? 'duty' : 'prohibition' }),
    recipient: one(dice, oneIn(dice, 10) ? [GONE] : [...PARTIES, ...GROUPS, PARTIES[0]!, 'any', 'any']), ...(oneIn(dice, 6) && { countries: some(dice, NAMED) }), ...(oneIn(dice, 3) && { onward: true }),
    ...(oneIn(dice, 2) && { explicit: true }), purposes: Array.from({ length: 1 + dice(3) }, () => anyPurpose(dice, isProhibition ? NARROW : BROAD)),
    attributes: oneIn(dice, 30) ? [...some(dice, NAMES), STRANGE] : isProhibition ? [one(dice, NAMES)] : oneIn(dice, 4) ? some(dice, NAMES) : NAMES, grantedAt: oneIn(dice, 3) ? dice(INSTANTS) : 0,
    ...(oneIn(dice, 5) && { notBefore: dice(INSTANTS) }), ...(oneIn(dice, 5) && { until: 1 + dice(INSTANTS) }), ...(oneIn(dice, 10) && { withdrawnAt: dice(INSTANTS) }),
  }
}

function anyWanted(dice: Dice): Wanted {
  return {
    partyId: one(dice, PARTIES), purpose: anyPurpose(dice, NARROW), attributes: oneIn(dice, 40) ? [...NAMES, STRANGE] : some(dice, NAMES),
    isOnward: oneIn(dice, 5), hasEnded: oneIn(dice, 40), isSpent: oneIn(dice, 40),
  }
}

function anyPurpose(dice: Dice, often: readonly string[]): string {
  return one(dice, oneIn(dice, 60) ? PURPOSES : oneIn(dice, 3) ? PURPOSES.slice(0, -1) : often)
}

const oneIn = (dice: Dice, count: number): boolean => dice(count) === 0
const one = <T>(dice: Dice, items: readonly T[]): T => items[dice(items.length)]!

/** At least one of them, in their order. */
function some(dice: Dice, items: readonly string[]): readonly string[] {
  const bits = 1 + dice(2 ** items.length - 1)
  return items.filter((_, n) => (bits >> n & 1) === 1)
}
