// Windows against a slow, plain account of the same rules: whatever people do with their consents, agreements and households, and devices with their
// clocks, a figure is made of those who let it be, at that instant, and of enough of them.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { GRACE_MS } from '#gateway/aggregates/aggregates.ts'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { PURPOSE, Reader, Rooms } from '#test/support/rooms.ts'
import { TurnedClock } from '#test/support/temporary.ts'

const WINDOW_MS = 60_000, LEAST = 3, HISTORIES_MAX = 5_000
/** What an owner may say, whether that may be counted here, and what of a reading is. */
const SAYINGS: Readonly<Record<string, (value: number) => number | undefined>> = {
  'aggregate:60|3': value => value, 'aggregate:30|3': value => value, 'pass': value => value, 'round:10': value => Math.sign(value) * Math.floor((2 * Math.abs(value) + 10) / 20) * 10,
  'round:10+aggregate:20|3': value => Math.sign(value) * Math.floor((2 * Math.abs(value) + 10) / 20) * 10, 'aggregate:45|3': () => undefined, 'aggregate:60|4': () => undefined, 'aggregate:60|3+dp:1': () => undefined, 'bucket:0|20': value => value < 20 ? 0 : 20,
}

interface Home { readonly owner: Party, readonly source: Source, readonly stream: Stream }
interface Reading { readonly value: number, readonly observedAt: number, readonly by: string }
/** What is known of a stream, by hand. */
interface Account {
  readonly home: Home
  /** By subject: the grant in force, and what it says. */
  readonly grants: Map<string, { readonly id: string, readonly saying: string }>
  readonly subjects: Set<string>
  agreementId: string | undefined
  readings: Reading[]
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('read' as const), at: fc.nat(6), value: fc.integer({ min: 0, max: 45 }), ageMs: fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 90_000 })) }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('round' as const), value: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('withdraw' as const), at: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('grant' as const), at: fc.nat(6), saying: fc.constantFrom(...Object.keys(SAYINGS)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('end' as const, 'agree' as const), at: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('add' as const, 'remove' as const, 'consent' as const), at: fc.nat(6), who: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const), ms: fc.integer({ min: -40_000, max: 40_000 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('close' as const) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class World {
  readonly rooms: Rooms
  readonly city: Party
  readonly all: Account[] = []
  readonly reader: Reader
  /** The crowds that were released, one after the other, as far as the figures tell: of two that give the same figure either may have been it. */
  histories: (readonly string[][])[] = [[]]
  /** The number of the window that is open, and the latest instant that there was. */
  window = 0
  latest = 0
  released = 0
  kept = 0

  private constructor(rooms: Rooms, city: Party, homes: readonly Home[]) {
    this.rooms = rooms
    this.city = city
    for (const home of homes) this.all.push({ home, grants: new Map(), subjects: new Set([home.owner.id]), agreementId: undefined, readings: [] })
    for (const account of this.all) {
      this.grant(account, account.home.owner.id, 'aggregate:60|3')
      account.agreementId = rooms.agree(account.home.stream, city).id
    }
    const made = rooms.aggregates.create(city.id, { type: homes[0]!.stream.model.type, attribute: 'temperature', function: 'sum', window: 60, contributors: LEAST, purpose: PURPOSE })
    this.reader = rooms.watch(city, made.stream, undefined, Reader.eager())
    this.latest = rooms.clock.now()
    this.window = Math.floor(this.latest / WINDOW_MS)
  }

  static async open(): Promise<World> {
    const rooms = await Rooms.open({ clock: new TurnedClock(Date.UTC(2026, 4, 4, 10, 0, 30)) }), city = rooms.party('subscriber'), homes: Home[] = []
    for (let n = 0; n < 6; n++) homes.push(await rooms.scene())
    homes.push(await rooms.scene(homes[0]!.owner)) // one of them has two
    const world = new World(rooms, city, homes)
    rooms.clock.turn(31_000)
    world.latest = rooms.clock.now()
    world.window = Math.floor(world.latest / WINDOW_MS)
    return world
  }

  grant(account: Account, subject: string, saying: string): void {
    const before = account.grants.get(subject), { id: streamId } = account.home.stream
    const { grant: { id } } = this.rooms.consents.grant({ ownerId: subject, streamId, recipient: this.city.id, purposes: [PURPOSE], attributes: ['temperature'], transforms: saying === 'pass' ? [] : [`temperature=${saying}`] })
    if (before) this.rooms.consents.withdraw(subject, before.id)
    account.grants.set(subject, { id, saying })
  }

  /** By what a stream may be counted, as a text that is another one as soon as anything is different; undefined: by nothing. */
  by({ grants, subjects, agreementId }: Account): string | undefined {
    const own = [...subjects].map(subject => grants.get(subject))
    return agreementId !== undefined && own.every(each => each !== undefined) ? [agreementId, ...own.map(each => `${each.id} ${each.saying}`)].join() : undefined
  }

  /** Of what all subjects say: undefined where one of them does not let it be counted. */
  counted({ grants, subjects }: Account, value: number): number | undefined {
    const sayings = new Set([...subjects].map(subject => grants.get(subject)!.saying)), forms = [...sayings].map(saying => SAYINGS[saying]!(value))
    if (forms.some(form => form === undefined)) return undefined
    // Two forms of a number are one only where one of them is the number: here rounding and buckets have no border in common.
    const coarse = new Set([...sayings].map(saying => /^(round:10|bucket:0\|20)/.exec(saying)?.[0]).filter(each => each !== undefined))
    return coarse.size > 1 ? undefined : [...sayings].map(saying => SAYINGS[saying]!(value)!).find(form => form !== value) ?? value
  }

  async read(account: Account, value: number, ageMs?: number): Promise<void> {
    const { rooms } = this, now = rooms.clock.now(), refused = () => rooms.tally.dropped.STALE + rooms.tally.dropped.DUPLICATE, before = refused(), steady = Math.max(now, account.home.stream ? rooms.network.channelOf(account.home.stream).timestamp : 0)
    await rooms.send(account.home.source, [value], ageMs === undefined ? {} : { more: { last_seen: new Date(now - ageMs).toISOString() } })
    const by = this.by(account)
    if (by !== undefined && refused() === before) account.readings.push({ value, observedAt: ageMs === undefined ? steady : now - ageMs, by })
  }

  /** Of whom a figure may be made, and what each of them brings. */
  present(): Map<string, number> {
    const households: { subjects: Set<string>, values: number[] }[] = [], by = new Map(this.all.map(account => [account, this.by(account)]))
    for (const account of this.all) {
      const values = account.readings.filter(reading => reading.by === by.get(account) && Math.floor(reading.observedAt / WINDOW_MS) === this.window).map(({ value }) => this.counted(account, value))
      if (values.length === 0 || values.includes(undefined)) continue
      let joined = { subjects: new Set(account.subjects), values: values as number[] }
      for (const household of [...households]) {
        if (household.subjects.isDisjointFrom(joined.subjects)) continue
        joined = { subjects: joined.subjects.union(household.subjects), values: [...joined.values, ...household.values] }
        households.splice(households.indexOf(household), 1)
      }
      households.push(joined)
    }
    return new Map(households.map(({ subjects, values }) => [[...subjects].sort().join(), Math.round(values.reduce((sum, value) => sum + value, 0) / values.length / 0.000001)]))
  }

  close(): void {
    const { rooms, reader } = this, before = reader.got.length, present = this.present(), from = this.window * WINDOW_MS
    rooms.clock.turn(Math.max(0, from + WINDOW_MS + GRACE_MS - rooms.clock.now()))
    this.latest = Math.max(this.latest, rooms.clock.now())
    rooms.aggregates.tick()
    this.window = Math.floor((this.latest - GRACE_MS) / WINDOW_MS)
    const told = reader.got.slice(before).map(({ content }) => JSON.parse(content).temperature.value as number)
    assert.ok(told.length <= 1)
    if (told.length === 1) this.check(told[0]!, present)
    else {
      this.kept++
      const names = [...present.keys()]
      if (names.length >= LEAST) this.histories = this.histories.filter(history => !history.every(crowd => apart(crowd, names)))
      assert.ok(this.histories.length > 0, `${names.length} are there, and no figure`)
    }
    for (const account of this.all) account.readings = account.readings.filter(({ observedAt }) => observedAt >= this.window * WINDOW_MS)
  }

  /** Some crowd of those who are there gives this figure, and stands apart from all before. */
  check(figure: number, present: Map<string, number>): void {
    const names = [...present.keys()], crowds = Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((__, n) => (bits & 2 ** n) !== 0))
      .filter(crowd => crowd.length >= LEAST && Math.round(crowd.reduce((sum, name) => sum + present.get(name)!, 0) / 1_000) / 1_000 === figure)
    this.histories = this.histories.flatMap(history => crowds.filter(crowd => history.every(other => apart(other, crowd))).map(crowd => [...history, crowd])).slice(0, HISTORIES_MAX)
    assert.ok(this.histories.length > 0, `${figure} is of no crowd that may be: there are ${JSON.stringify([...present])}`)
    this.released++
  }

  async take(step: Step): Promise<void> {
    const { rooms, all, city } = this, account = 'at' in step ? all[step.at]! : all[0]!, { owner, source, stream } = account.home
    switch (step.kind) {
      case 'read': return this.read(account, step.value, step.ageMs)
      case 'round': for (const [n, each] of all.entries()) await this.read(each, step.value + n * 4); return
      case 'withdraw': case 'grant': {
        const grant = account.grants.get(owner.id)
        if (step.kind === 'grant') return this.grant(account, owner.id, step.saying)
        if (grant) rooms.consents.withdraw(owner.id, grant.id)
        account.grants.delete(owner.id)
        return
      }
      case 'end':
        if (account.agreementId !== undefined) rooms.agreements.end(city.id, account.agreementId)
        account.agreementId = undefined
        return
      case 'agree': account.agreementId ??= rooms.agree(stream, city).id; return
      case 'add': rooms.subjects.add(source.id, all[step.who]!.home.owner.id); account.subjects.add(all[step.who]!.home.owner.id); return
      case 'remove': {
        const who = all[step.who]!.home.owner.id
        if (who === owner.id || !account.subjects.delete(who)) return
        rooms.subjects.remove(source.id, who)
        // What came while they had a say is not let out without them: what is kept begins anew.
        account.readings = []
        return
      }
      case 'consent': return void (account.subjects.has(all[step.who]!.home.owner.id) && this.grant(account, all[step.who]!.home.owner.id, 'aggregate:60|3'))
      case 'turn': return this.turn(step.ms)
      case 'close': return this.close()
    }
  }

  /** Where a window ends by that, it is closed at once: the tick comes every second. */
  turn(ms: number): void {
    const { rooms } = this
    if (rooms.clock.now() + ms >= (this.window + 1) * WINDOW_MS + GRACE_MS) return this.close()
    rooms.clock.turn(ms)
    this.latest = Math.max(this.latest, rooms.clock.now())
    rooms.aggregates.tick()
  }
}

/** The same, or different by so many households. */
function apart(one: readonly string[], other: readonly string[]): boolean {
  const either = [...one.filter(name => !other.includes(name)), ...other.filter(name => !one.includes(name))].map(name => new Set(name.split(',')))
  for (let n = 0; n < either.length; n++) {
    for (let m = either.length - 1; m > n; m--) if (!either[n]!.isDisjointFrom(either[m]!)) { either[n] = either[n]!.union(either.splice(m, 1)[0]!); m = either.length }
  }
  return either.length === 0 || either.length >= LEAST
}

describe('The windows of an aggregate', () => {
  it('are as a slow account of them says, whatever is done', async () => {
    let released = 0, kept = 0
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50 }), async steps => {
      const world = await World.open()
      try {
        for (const each of steps) await world.take(each)
        world.close()
      } finally {
        released += world.released
        kept += world.kept
        await world.rooms.close()
      }
    }), { numRuns: 100 })
    assert.ok(released > 100 && kept > 50, `${released} released, ${kept} not`)
  }).timeout(120_000)
})
