// Withdrawals against receivers that are more than a connection: the palette's reader, which asks again by itself, and the history.
import { setTimeout as delay } from 'node:timers/promises'
import { StreamReader } from '../../../node-red-flows/lib/stream-reader.ts'
import type { HistoryDoor } from '#test/chaos/withdrawal/history-door.ts'
import type { Lane, Place } from '#test/chaos/withdrawal/place.ts'
import { numbersIn } from '#test/chaos/withdrawal/sender.ts'
import type { Verdict } from '#test/chaos/withdrawal/race.ts'

const FLOWING_MS_MAX = 12, CONNECTED_MS_MAX = 20_000, BEHIND_MS_MAX = 500, ASK_AGAIN_MS = 15
/** The history looks for new consents every second, and gathers for half a second. */
const RECORDED_MS_MIN = 900, RECORDED_MS_MAX = 2_600, RECORDED_BEHIND_MS = 1_200, BETWEEN_MS = 20

const NOTHING: Verdict = { late: 0, excess: 0, reopened: 0, held: [], came: 0, behind: [] }

/** What a reader of the palette has, from one consent to the next. */
export class Palette {
  #floor = 0
  #ceiling = Infinity
  #late = 0
  #came = 0
  readonly #place: Place
  readonly #lane: Lane
  readonly #reader: StreamReader

  constructor(place: Place, lane: Lane) {
    this.#place = place
    this.#lane = lane
    this.#reader = new StreamReader({
      url: place.users.http, key: lane.city.key, streamId: lane.streamId, from: undefined, stopsOnEnd: false,
      onEnvelope: ({ content }) => this.#take(content), onState: () => {}, onEnd: () => {}, onBegin: () => {},
      times: { handshakeMsMax: 15_000, pingEveryMs: 15_000, pongMsMax: 10_000, askAgainMs: ASK_AGAIN_MS },
    })
    this.#reader.start()
  }

  async race(): Promise<Verdict> {
    const place = this.#place, lane = this.#lane
    await place.send(lane, 1)
    const consentId = await place.grant(lane)
    ;[this.#floor, this.#ceiling, this.#late, this.#came] = [lane.sent + 1, Infinity, 0, 0]
    this.#reader.askAgain()
    for (const until = performance.now() + CONNECTED_MS_MAX; this.#reader.state !== 'connected' && performance.now() < until;) await delay(5)
    lane.isPouring = true
    await delay(place.upTo(FLOWING_MS_MAX))
    await place.call(control => place.withdraw(control, consentId, () => { this.#ceiling = lane.sent + 1 }))
    await place.send(lane, 2)
    lane.isPouring = false
    await place.send(lane, 1)
    for (const until = performance.now() + BEHIND_MS_MAX; this.#reader.state === 'connected' && performance.now() < until;) await delay(5)
    return { ...NOTHING, late: this.#late, came: this.#came }
  }

  close(): void { this.#reader.stop() }

  #take(content: unknown): void {
    for (const n of numbersIn(JSON.stringify(content)).numbers) {
      this.#came++
      if (n < this.#floor || n >= this.#ceiling) this.#late++
    }
  }
}

export async function historyRace(place: Place, lane: Lane, door: HistoryDoor): Promise<Verdict> {
  const consentId = await place.grant(lane, 'history', 'dpv:RecordManagement'), flow = async (milliseconds: number) => {
    for (const until = performance.now() + milliseconds; performance.now() < until; await delay(BETWEEN_MS)) await place.send(lane, 2)
  }
  await flow(RECORDED_MS_MIN + place.upTo(RECORDED_MS_MAX - RECORDED_MS_MIN))
  const flowing = flow(RECORDED_BEHIND_MS)
  await place.call(control => place.withdraw(control, consentId, () => door.acknowledged(consentId)))
  await flowing
  return { ...NOTHING, late: door.late.get(consentId) ?? 0, came: door.points.get(consentId) ?? 0 }
}
