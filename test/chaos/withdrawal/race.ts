// One withdrawal against one exit: a consent, a receiver, readings all the while, the withdrawal, and then everything that might still come.
import { setTimeout as delay } from 'node:timers/promises'
import { DOORS, SESSION_DOORS, type Exit, type Opened } from '#test/chaos/withdrawal/exits.ts'
import type { Lane, Place } from '#test/chaos/withdrawal/place.ts'
import type { Tap } from '#test/chaos/withdrawal/tap.ts'

/** From the beginning of the readings to the withdrawal; what happens around it, and how much later it is asked for itself, at most. */
const FLOWING_MS_MAX = 12, AROUND_MS = 4, LEAD_MS = 16
/** What is kept of a stream before somebody reads it again. */
const KEPT_MAX = 40
/** Of races in which the receiver takes what comes, the share that is held against what the kernel has: of the others all are. */
const MEASURED_SHARE = 0.25
const PATIENCE_MS = 20_000
/** So many readings come before the withdrawal is asked for, unless that takes too long. */
const SOME = 8, FLOWS_MS_MAX = 100
/** Readings that are poured before it is looked whether a receiver takes them, and how often they were not until it is full. */
const FLOOD = 1_000, FULL_TIMES = 3
/** Nothing comes for so long, so often: nothing more comes. */
const QUIET_MS = 20, QUIET_TIMES = 4

export interface Verdict {
  /** Readings that came though they were sent behind the acknowledgement, or before the consent. */
  readonly late: number
  /** Bytes that the gateway still had as it acknowledged, and that came. */
  readonly excess: number
  /** Streams that opened after the acknowledgement. */
  readonly reopened: number
  /** Bytes that the kernel had, of those that were looked at. */
  readonly held: readonly number[]
  /** Readings that came at all. */
  readonly came: number
  /** Bytes that came behind the acknowledgement, of those that were looked at. */
  readonly behind: readonly number[]
}

export async function race(place: Place, lane: Lane, exit: Exit): Promise<Verdict> {
  await place.send(lane, 1) // nobody may have it: it is older than the consent
  const from = new Date().toISOString(), consentId = await place.grant(lane), floor = lane.sent + 1, taps: Tap[] = [], opened: Opened = { place, lane, exit, taps, from }
  let ceiling = Infinity, before: number[] = []
  const acknowledged = (): void => {
    ceiling = lane.sent + 1
    if (exit.kind !== 'live' || place.random.chance(MEASURED_SHARE)) for (const tap of taps) tap.mark(place.isStrict)
    before = taps.map(({ socket }) => socket.bytesRead)
  }
  await PREPARE[exit.kind](opened)
  const isAcknowledged = await place.call(async control => {
    lane.isPouring = exit.kind !== 'frozen'
    await delay(place.upTo(FLOWING_MS_MAX))
    const meanwhile = around(opened)
    await delay(place.upTo(exit.kind === 'live' ? 0 : LEAD_MS))
    const done = await place.withdraw(control, consentId, acknowledged)
    lane.isPouring &&= place.random.chance(0.5)
    await meanwhile
    return done
  })
  await place.send(lane, 2)
  const reopened = await reopenings(opened)
  lane.isPouring = false
  await place.send(lane, 1)
  for (const tap of taps) tap.socket.resume()
  await quiet(taps)
  for (const tap of taps) tap.reset()
  const measured = taps.filter(({ held }) => held), numbers = taps.flatMap(tap => tap.numbers), opensLate = taps.slice(before.length).flatMap(tap => tap.numbers)
  if (!isAcknowledged) throw new Error(`A withdrawal was not answered: ${place.gateway.isAlive ? 'the gateway is there' : 'the gateway has fallen'}. ${place.gateway.stderr}`)
  return {
    // Whoever comes behind the acknowledgement gets nothing at all.
    late: numbers.filter(n => n < floor || n >= ceiling).length + opensLate.filter(n => n >= floor && n < ceiling).length, reopened, came: numbers.length, excess: measured.reduce((sum, { excess }) => sum + excess, 0),
    held: measured.map(({ held }) => held!.sending + held!.receiving), behind: measured.map(tap => tap.socket.bytesRead - before[taps.indexOf(tap)]!),
  }
}

type Step = (opened: Opened) => Promise<unknown>

/** What there is before the withdrawal. */
const PREPARE: Readonly<Record<Exit['kind'], Step>> = {
  live: flowing, unsubscribing: flowing,
  opening: ({ place, lane }) => place.send(lane, 1 + place.random.below(KEPT_MAX)),
  away: async opened => {
    await leave(opened, true)
    await opened.place.send(opened.lane, 1 + opened.place.random.below(KEPT_MAX))
  },
  unacknowledged: opened => leave(opened, false),
  frozen: async opened => {
    const tap = newTap(opened)
    await tap.opened
    tap.socket.pause()
    await fill(opened, tap)
  },
}

/** Somebody gets what comes. */
async function flowing(opened: Opened): Promise<void> {
  const tap = newTap(opened), { place, lane } = opened
  await tap.opened
  lane.isPouring = true
  await Promise.race([tap.count(place.random.below(SOME)), delay(FLOWS_MS_MAX)])
}

/** What happens at about the same time as the withdrawal. */
async function around(opened: Opened): Promise<void> {
  const { exit, place, lane, taps, from } = opened, { kind } = exit
  if (kind === 'live' || kind === 'frozen') return
  await delay(place.upTo(AROUND_MS))
  if (kind === 'unsubscribing') exit.unsubscribe!(taps[0]!, lane)
  else newTap(opened, kind === 'opening' ? place.random.pick(['earliest', from]) : undefined, true, exit.comeBack)
}

/** Somebody with a session gets some, acknowledged or not, and goes. */
async function leave(opened: Opened, isPolite: boolean): Promise<void> {
  const tap = newTap(opened, undefined, isPolite), { place, lane } = opened
  if (await tap.opened) {
    await place.send(lane, 3)
    await within(tap.count(3))
  }
  tap.reset()
  await tap.closed
}

/** Readings until the kernel takes no more of them for a receiver who does not read. */
async function fill({ place, lane }: Opened, tap: Tap): Promise<void> {
  for (let last = -1, full = 0; full < FULL_TIMES && !tap.isOver;) {
    await place.send(lane, FLOOD)
    const { sending, receiving } = tap.inKernel()
    full = sending + receiving > last ? 0 : full + 1
    last = Math.max(last, sending + receiving)
  }
}

/** Whoever asks once more is refused, at whatever door, from wherever on. */
async function reopenings({ place, lane, exit, taps, from }: Opened): Promise<number> {
  const doors = exit.comeBack ? SESSION_DOORS : [place.random.pick(DOORS)]
  const again = doors.map(open => open(place, lane, place.random.pick([undefined, 'earliest', from]), true))
  taps.push(...again)
  const answers = await Promise.all(again.map(tap => Promise.race([tap.opened, delay(PATIENCE_MS, false, { ref: false })])))
  return answers.filter(Boolean).length
}

function newTap({ place, lane, exit, taps }: Opened, from?: string, isPolite = true, open = exit.open): Tap {
  const tap = open(place, lane, from, isPolite)
  taps.push(tap)
  return tap
}

/** All have gone, or none of them has got anything for a while. */
async function quiet(taps: readonly Tap[]): Promise<void> {
  const got = (): number => taps.reduce((sum, { socket }) => sum + socket.bytesRead, 0)
  for (let last = got(), still = 0; still < QUIET_TIMES && !taps.every(({ isOver }) => isOver); await delay(QUIET_MS)) {
    still = got() === last ? still + 1 : 0
    last = got()
  }
}

function within(work: Promise<unknown>): Promise<unknown> { return Promise.race([work, delay(PATIENCE_MS, undefined, { ref: false })]) }
