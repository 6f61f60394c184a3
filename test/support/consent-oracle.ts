// What may leave, said slowly: the numbered rules of the consent model, one after the other, as they are written and not as the gateway computes
// them. No masks, no closures, no plans. Used by tests only.
import { DPV_PURPOSES } from '#gateway/consent/purposes/dpv-purposes.ts'

/** A grant or a prohibition, as an owner says it. */
export interface Said {
  readonly id: string
  readonly ownerId: string
  readonly kind?: string
  readonly recipient: string
  readonly countries?: readonly string[]
  readonly onward?: boolean
  readonly explicit?: boolean
  readonly purposes: readonly string[]
  readonly attributes: readonly string[]
  readonly grantedAt: number
  readonly notBefore?: number
  readonly until?: number
  readonly withdrawnAt?: number
}

export interface World {
  readonly said: readonly Said[]
  /** Whom the stream tells about; the time is when the last of those that it tells about no more was taken out. */
  readonly subjects: readonly string[]
  readonly subjectsSince: number
  readonly isSpecial: boolean
  /** The attributes that the stream's model has. */
  readonly attributes: readonly string[]
  /** Group → party → since when. A group that is not in it is not known. */
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Party → where it is, and since when. */
  readonly countries: ReadonlyMap<string, { readonly country: string, readonly since: number }>
}

export interface Wanted {
  readonly partyId: string
  readonly purpose: string
  readonly attributes: readonly string[]
  readonly isOnward: boolean
  readonly hasEnded: boolean
  readonly isSpent: boolean
}

export interface Came { readonly at: number, readonly attributes: readonly string[] }

/** The attributes of a message that may leave to somebody at this instant; mostly none. */
export function mayLeave(world: World, wanted: Wanted, message: Came, now: number): readonly string[] {
  const nothing: readonly string[] = []
  // Nobody receives without an agreement that stands.
  if (wanted.hasEnded || wanted.isSpent) return nothing
  // Rule 1: what is not known is denied.
  if (!wanted.attributes.every(name => world.attributes.includes(name))) return nothing
  if (!isKnown(wanted.purpose)) return nothing
  // What was there before somebody who never consented was taken out stays where it is.
  if (message.at < world.subjectsSince) return nothing
  // Rule 2: a prohibition wins, and what came before it ended stays where it is.
  for (const said of world.said) {
    if (said.kind === undefined || !world.subjects.includes(said.ownerId)) continue
    if (isForbiddenBy(said, world, wanted) && stoodSince(said, message.at, now)) return nothing
  }
  // Rules 1 and 5: each subject has to have granted it, all of it.
  for (const subject of world.subjects) {
    if (!world.said.some(said => said.ownerId === subject && isGrantedBy(said, world, wanted, message.at, now))) return nothing
  }
  // Rule 7: what is not listed is absent.
  return message.attributes.filter(name => wanted.attributes.includes(name))
}

/** Whether a prohibition was in force at any instant from `then` to now. */
function stoodSince(said: Said, then: number, now: number): boolean {
  const begin = said.notBefore ?? -Infinity
  if (now < begin) return false
  if (said.withdrawnAt === undefined && (said.until === undefined || now < said.until)) return true
  const end = Math.min(said.withdrawnAt ?? Infinity, said.until ?? Infinity)
  return end > begin && then < end
}

function isForbiddenBy(said: Said, world: World, wanted: Wanted): boolean {
  // Rule 4, the other way round: in doubt it is meant.
  if (said.recipient.startsWith('grp_')) {
    const members = world.groups.get(said.recipient)
    if (members !== undefined && !members.has(wanted.partyId)) return false
  } else if (said.recipient !== 'any' && said.recipient !== wanted.partyId) return false
  const place = world.countries.get(wanted.partyId)
  if (said.countries !== undefined && place !== undefined && !isAmong(place.country, said.countries)) return false
  if (said.onward === true && !wanted.isOnward) return false
  // Rule 3: by the hierarchy, up and down.
  if (!said.purposes.some(purpose => haveInCommon(purpose, wanted.purpose))) return false
  const isStrange = said.attributes.some(name => !world.attributes.includes(name))
  return isStrange || said.attributes.some(name => wanted.attributes.includes(name))
}

function isGrantedBy(said: Said, world: World, wanted: Wanted, then: number, now: number): boolean {
  if (said.kind !== undefined) return false
  // Rule 6: in force at this instant, and as the message came.
  if (said.withdrawnAt !== undefined) return false
  if (said.until !== undefined && now >= said.until) return false
  if (said.notBefore !== undefined && (now < said.notBefore || then < said.notBefore)) return false
  if (then < said.grantedAt) return false
  // Rule 4: recipient, country, onward sharing.
  if (said.recipient.startsWith('grp_')) {
    const since = world.groups.get(said.recipient)?.get(wanted.partyId)
    if (since === undefined || then < since) return false
  } else if (said.recipient !== 'any' && said.recipient !== wanted.partyId) return false
  if (said.countries !== undefined) {
    const place = world.countries.get(wanted.partyId)
    if (place === undefined || then < place.since || !isAmong(place.country, said.countries)) return false
  }
  if (wanted.isOnward && said.onward !== true) return false
  // Rule 3: a narrower purpose is covered, a broader one is not; and one that nobody knows spoils the grant that names it.
  if (!said.purposes.every(isKnown)) return false
  if (!said.purposes.some(purpose => broaderOf(wanted.purpose).includes(purpose))) return false
  // Special categories: who and what for are named, in so many words.
  if (world.isSpecial) {
    if (said.recipient !== wanted.partyId || said.explicit !== true) return false
    if (wanted.purpose === 'dpv:Purpose' || !said.purposes.includes(wanted.purpose)) return false
  }
  return wanted.attributes.every(name => said.attributes.includes(name))
}

/** Of the Union as many as the worlds here have; of the area that is not of the Union, as well. */
const IN_UNION = ['BE', 'NL', 'RE'], ONLY_IN_AREA = ['NO']

/** Whether a country is one of these, or in one of these groups. */
function isAmong(country: string, named: readonly string[]): boolean {
  if (named.includes(country)) return true
  if (named.includes('EU') && IN_UNION.includes(country)) return true
  return named.includes('EEA') && (IN_UNION.includes(country) || ONLY_IN_AREA.includes(country))
}

function isKnown(purpose: string): boolean {
  return !purpose.startsWith('dpv:') || Object.hasOwn(DPV_PURPOSES, purpose.slice(4))
}

const found = new Map<string, readonly string[]>()

/** A purpose and all that are broader. (Searched once for each: it is asked millions of times.) */
export function broaderOf(purpose: string): readonly string[] {
  let all = found.get(purpose)
  if (all === undefined) {
    const list = [purpose]
    for (let n = 0; n < list.length; n++) {
      const broader = list[n]!.startsWith('dpv:') ? DPV_PURPOSES[list[n]!.slice(4)] ?? '' : ''
      for (const term of broader.split(' ')) if (term !== '' && !list.includes(`dpv:${term}`)) list.push(`dpv:${term}`)
    }
    found.set(purpose, all = list)
  }
  return all
}

const ALL = Object.keys(DPV_PURPOSES).map(term => `dpv:${term}`)
const inCommon = new Map<string, boolean>()

/** Whether something is a purpose of both. Everything is of dpv:Purpose, and what is not known may be anything. */
function haveInCommon(one: string, other: string): boolean {
  if (one === other || one === 'dpv:Purpose' || other === 'dpv:Purpose' || !isKnown(one) || !isKnown(other)) return true
  const key = `${one} ${other}`
  let answer = inCommon.get(key)
  if (answer === undefined) inCommon.set(key, answer = ALL.some(term => broaderOf(term).includes(one) && broaderOf(term).includes(other)))
  return answer
}
