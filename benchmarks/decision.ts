// What one decision costs while the gateway knows more and more consents: what the data path asks of each message and subscriber, and nothing else.
//   npm run bench -- --only decision
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { consentsIn } from '#benchmarks/pipelines/sluice-data.ts'
import type { Consents } from '#gateway/consent/consents.ts'
import { recipientsOf } from '#gateway/decision/ground.ts'
import { Plans } from '#gateway/decision/plans.ts'
import { Devices } from '#gateway/devices/devices.ts'
import { Sources } from '#gateway/devices/sources.ts'
import { Streams, type Stream } from '#gateway/devices/streams.ts'
import { Subjects } from '#gateway/devices/subjects.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { Agreements } from '#gateway/market/agreements.ts'
import { Ledger } from '#gateway/market/ledger.ts'
import { Offers } from '#gateway/market/offers.ts'
import { Groups } from '#gateway/parties/groups.ts'
import { Parties } from '#gateway/parties/parties.ts'
import { secretOf } from '#gateway/parties/sealed-value.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { consent } from '#gateway/pipeline/consent.ts'
import { price } from '#gateway/pipeline/price.ts'
import { openState } from '#gateway/state/database.ts'
import { Pseudonyms } from '#gateway/transforms/pseudonyms.ts'
import { Transforms } from '#gateway/transforms/transforms.ts'
import type { Observation } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'

/** Of so many consents the gateway knows: on one stream and, in another order each time, on all; the ratio is that to the near end. */
export interface DecisionCost {
  readonly consents: number
  readonly streams: number
  readonly nanoseconds: number
  readonly ratio: number
  readonly spreadNanoseconds: number
  /** To give one more consent and to withdraw it, each until it is in effect; the disk does not wait. */
  readonly changeMicroseconds: number
  /** By the change of one consent. */
  readonly plansCompiledAnew: number
}

const POINTS = [1, 100, 10_000, 100_000], PER_STREAM = 100
const ROUNDS = 41, DECISIONS = 200_000, CHANGES = 200
const PURPOSE = 'dpv:PublicBenefit', NARROWER = 'dpv:CombatClimateChange', ATTRIBUTES = ['temperature']
const MODEL = modelOf('IndoorEnvironmentObserved')!, MASK = MODEL.maskOf(['temperature', 'relativeHumidity'])

interface Asked { readonly stream: Stream, readonly agreementId: string }
interface Point { readonly count: number, readonly directory: string, readonly database: DatabaseSync, readonly consents: Consents, readonly plans: Plans, readonly asked: readonly Asked[] }

export function decisionCosts(say: (text: string) => void): readonly DecisionCost[] {
  const points = POINTS.map(count => {
    say(`decision: giving ${count} consents`)
    return prepare(count)
  })
  try {
    return measured(points)
  } finally {
    for (const { database, directory } of points) {
      database.close()
      rmSync(directory, { recursive: true, force: true })
    }
  }
}

/** All points in turn, round by round; the first round warms up. */
function measured(points: readonly Point[]): readonly DecisionCost[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => points.map(point => ({ one: timed(point, point.asked.slice(0, 1)), spread: timed(point, shuffled(point.asked)) }))).slice(1)
  return points.map((point, n) => ({
    consents: point.count, streams: point.asked.length, nanoseconds: rounded(median(rounds.map(round => round[n]!.one))),
    ratio: rounded(median(rounds.map(round => round[n]!.one / round[0]!.one))), spreadNanoseconds: rounded(median(rounds.map(round => round[n]!.spread))), ...changed(point),
  }))
}

/** Nanoseconds of CPU for a decision. */
function timed({ plans }: Point, asked: readonly Asked[]): number {
  const before = process.cpuUsage(), timestamp = Date.now() + 60_000
  let left = 0
  for (let n = 0, at = 0; n < DECISIONS; n++, at = at + 1 === asked.length ? 0 : at + 1) {
    const { stream, agreementId } = asked[at]!, plan = plans.of(stream)
    if ((consent(plan, MASK) ?? price(plan, MASK)) !== undefined) continue
    const outlet = plan.outlets.get(agreementId)
    if (outlet && timestamp >= outlet.since && (outlet.mask & MASK) !== 0) left++
  }
  if (left !== DECISIONS) throw new Error(`${DECISIONS - left} of ${DECISIONS} were refused`)
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1_000 / DECISIONS
}

function changed({ consents, plans, asked }: Point): Pick<DecisionCost, 'changeMicroseconds' | 'plansCompiledAnew'> {
  const [{ stream }] = asked as [Asked], before = asked.map(each => plans.of(each.stream)), times: number[] = []
  for (let n = 0; n < CHANGES; n++) {
    const begin = performance.now(), { grant } = consents.grant({ ownerId: stream.ownerId, streamId: stream.id, recipient: 'any', purposes: [PURPOSE], attributes: ATTRIBUTES })
    plans.of(stream)
    consents.withdraw(stream.ownerId, grant.id)
    plans.of(stream)
    times.push((performance.now() - begin) * 1_000 / 2)
  }
  return { changeMicroseconds: rounded(median(times)), plansCompiledAnew: asked.filter((each, n) => plans.of(each.stream) !== before[n]).length }
}

/** A gateway's rooms, up to the decision. On each stream one consent covers an agreement; the others are for somebody else. */
function prepare(count: number): Point {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-decision-')), database = openState(directory), clock = systemClock
  database.exec('PRAGMA synchronous = OFF')
  const vault = new Vault(directory), parties = new Parties(database, clock, vault), sources = new Sources(database, clock), devices = new Devices(database, clock, sources)
  const streams = new Streams(database, clock, ownerId => parties.get(ownerId)!.address!), review = (streamId: string): void => plans.invalidate(streams.get(streamId)!)
  const consents = consentsIn(directory, database, review), offers = new Offers(database, clock), ledger = new Ledger(database, clock)
  const agreements = new Agreements({ database, clock, offers, ledger, onChange: review })
  const transforms = new Transforms(new Pseudonyms(secretOf('pseudonyms', database, vault)))
  const plans = new Plans({ transforms, consents, agreements, streams, devices, subjects: new Subjects(database, clock, sources), recipients: recipientsOf(parties, new Groups(database, clock, parties)), clock })
  const owner = parties.add({ role: 'owner', name: 'Owner' }).party, city = parties.add({ role: 'subscriber', name: 'City' }).party, { source } = sources.pair(owner.id, { name: 'home' })
  const asked = Array.from({ length: Math.ceil(count / PER_STREAM) }, (_, n): Asked => {
    const stream = streams.find(source, devices.find(source, 'zigbee2mqtt', `device ${n}`)!, { model: MODEL, entity: { mask: MASK } } as unknown as Observation)
    for (let k = 0; k < Math.min(PER_STREAM, count - n * PER_STREAM); k++) {
      consents.grant({ ownerId: owner.id, streamId: stream.id, recipient: k === 0 ? city.id : `sub_somebody${k}`, purposes: [PURPOSE], attributes: ATTRIBUTES })
    }
    const offer = offers.create(owner.id, { streamId: stream.id, price: 0n, unit: 'message', currency: 'EUR', attributes: ATTRIBUTES })
    return { stream, agreementId: agreements.agree(city.id, { offerId: offer.id, purpose: NARROWER }).id }
  })
  return { count, directory, database, consents, plans, asked }
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  const mixed = [...items]
  for (let n = mixed.length - 1; n > 0; n--) {
    const other = Math.floor(Math.random() * (n + 1))
    ;[mixed[n], mixed[other]] = [mixed[other]!, mixed[n]!]
  }
  return mixed
}

const median = (figures: readonly number[]): number => [...figures].sort((a, b) => a - b)[figures.length >> 1]!
const rounded = (figure: number): number => Number(figure.toPrecision(3))

export function decisionLine({ consents, nanoseconds, ratio, streams, spreadNanoseconds, changeMicroseconds }: DecisionCost): string {
  return `decision, ${consents} ${consents === 1 ? 'consent' : 'consents'}: ${nanoseconds} ns (× ${ratio}); over ${streams} streams at random ${spreadNanoseconds} ns; a change ${changeMicroseconds} µs`
}
