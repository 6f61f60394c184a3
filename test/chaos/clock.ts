// The wall clock jumps back and forth, by seconds, hours and years, while readings come: none is lost, none has an id that was used before,
// and the order stays that in which they came.
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { Reader, Rooms } from '#test/support/rooms.ts'
import { TurnedClock } from '#test/support/temporary.ts'

const HOUR_MS = 3_600_000, YEAR_MS = 365 * 24 * HOUR_MS
const JUMPS_MS = [1, 999, HOUR_MS, 2 * HOUR_MS, 10 * YEAR_MS].flatMap(ms => [ms, -ms])
const JUMPS = 200, RESTARTS = 4

async function run({ seed }: ChaosOptions): Promise<Outcome> {
  const random = new Random(seed)
  let rooms = await Rooms.open({ clock: new TurnedClock() })
  const { source, stream: { id } } = await rooms.scene(), city = rooms.party('subscriber'), got: { readonly id: string, readonly temperature: number }[] = []
  rooms.grant(rooms.streams.get(id)!)
  rooms.agree(rooms.streams.get(id)!, city)
  const consentedAt = rooms.clock.now()
  let sent = 0
  for (let restart = 0; restart < RESTARTS; restart++) {
    const reader = rooms.watch(city, rooms.streams.get(id)!, undefined, Reader.eager())
    for (let jump = 0; jump < JUMPS / RESTARTS; jump++) {
      const ms = random.pick(JUMPS_MS)
      rooms.clock.turn(rooms.clock.now() + ms < consentedAt ? -ms : ms) // before the consent nothing would be let out
      await rooms.send(source, Array.from({ length: 1 + random.below(3) }, () => ++sent))
    }
    await rooms.settled()
    got.push(...reader.got.map(({ id: messageId }, n) => ({ id: messageId, temperature: reader.temperatures[n]! })))
    rooms = await rooms.reopen(random.pick(['stop', 'kill'] as const))
  }
  await rooms.close()
  const lost = sent - new Set(got.map(({ temperature }) => temperature)).size, sameId = got.length - new Set(got.map(each => each.id)).size
  const disorder = got.filter(({ temperature }, n) => n > 0 && temperature < got[n - 1]!.temperature).length, fallen = got.filter((each, n) => n > 0 && isBefore(each.id, got[n - 1]!.id)).length
  return { failed: lost + sameId + disorder + fallen, figures: { jumps: JUMPS, readings: sent, lost, sameId, disorder, idsThatFell: fallen } }
}

/** By time and number of a message id. */
function isBefore(id: string, other: string): boolean {
  const [time, number] = id.split('-').map(Number) as [number, number], [otherTime, otherNumber] = other.split('-').map(Number) as [number, number]
  return time < otherTime || time === otherTime && number < otherNumber
}

export const clock: Fault = { name: 'clock', about: 'a wall clock that jumps by up to ten years: nothing lost, ids rise, the order stays', run }
