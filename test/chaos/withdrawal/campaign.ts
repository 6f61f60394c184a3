// Many races at one time against one gateway, which has other things to do as well.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EXITS, FROZEN_EXITS, type Exit } from '#test/chaos/withdrawal/exits.ts'
import { HistoryDoor } from '#test/chaos/withdrawal/history-door.ts'
import { historyRace, Palette } from '#test/chaos/withdrawal/more-races.ts'
import { Place, PURPOSE, type Lane } from '#test/chaos/withdrawal/place.ts'
import { race, type Verdict } from '#test/chaos/withdrawal/race.ts'
import { hasInflux, Influx } from '#test/support/influx.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

/** Streams of each exit, of the palette, and of the history. */
const LANES_OF_EXIT = 2, PALETTE_LANES = 2, HISTORY_LANES = 4
/** Between two floods of one receiver who does not read. */
const FROZEN_PAUSE_MS = 1_500
/** How long the history may take to forget. */
const FORGOTTEN_MS_MAX = 30_000
const NODE = ['--disable-warning=ExperimentalWarning'] as const

export interface CampaignOptions {
  readonly seed: number
  /** In all, and of each receiver who does not read and each stream of the history at least. */
  readonly races: number
  readonly slowRaces: number
  readonly exits?: readonly Exit[]
  readonly hasHistory?: boolean
  readonly isLoaded?: boolean
  readonly environment?: Readonly<Record<string, string>>
  readonly tell: (line: string) => void
}

/** Of one family of exits. */
export interface Sum { races: number, came: number, late: number, excess: number, reopened: number, heldMax: number, behind: number[] }

export interface Campaigned {
  readonly families: ReadonlyMap<string, Sum>
  /** From the request to the answer, as a process took it that had nothing else to do; in milliseconds, in order. */
  readonly answeredMs: readonly number[]
  /** What the disk took meanwhile to sync a page for somebody else. */
  readonly syncedMs: readonly number[]
  /** As the racers took it, who had much else to do. */
  readonly racersMs: readonly number[]
  /** Points that the history has still of what it should have forgotten; undefined where it was not tried. */
  readonly unforgotten: number | undefined
}

export const leaksOf = ({ late, excess, reopened }: Pick<Verdict, 'late' | 'excess' | 'reopened'>): number => late + excess + reopened

export async function campaign(options: CampaignOptions): Promise<Campaigned> {
  const { seed, exits = EXITS, environment = {}, isLoaded = false, hasHistory = false } = options
  const influx = hasHistory && hasInflux ? await Influx.start() : undefined, door = influx && await HistoryDoor.open(influx.port)
  const history = door && { SLUICE_HISTORY_URL: door.url, SLUICE_HISTORY_DATABASE: 'sluice', SLUICE_HISTORY_KEEP: 'P30D' }
  const lanes = exits.length * LANES_OF_EXIT + FROZEN_EXITS.length + PALETTE_LANES + HISTORY_LANES + 2
  const place = await Place.open({ lanes, seed, data: temporaryFolder(), environment: { ...environment, ...history } }), load = isLoaded ? await Load.open(place) : undefined
  try {
    const families = await races(place, options, door), { answered, synced } = await load?.close() ?? { answered: [], synced: [] }
    const unforgotten = influx && await unforgottenIn(place, influx)
    return { families, answeredMs: answered, syncedMs: synced, racersMs: place.answeredMs.toSorted((a, b) => a - b), unforgotten }
  } finally {
    await load?.close()
    await place.close()
    door?.close()
    await influx?.kill()
  }
}

async function races(place: Place, { races, slowRaces, exits = EXITS, tell }: CampaignOptions, door: HistoryDoor | undefined): Promise<ReadonlyMap<string, Sum>> {
  const lanes = [...place.lanes], next = (): Lane => lanes.shift()!, sums = new Map<string, Sum>()
  let left = races, done = 0
  const add = (family: string, name: string, verdict: Verdict): void => {
    const sum = sums.get(family) ?? { races: 0, came: 0, late: 0, excess: 0, reopened: 0, heldMax: 0, behind: [] }
    sums.set(family, sum)
    sum.races++
    for (const key of ['came', 'late', 'excess', 'reopened'] as const) sum[key] += verdict[key]
    sum.heldMax = Math.max(sum.heldMax, ...verdict.held)
    sum.behind.push(...verdict.behind)
    if (leaksOf(verdict) > 0) tell(`${name}: ${JSON.stringify(verdict)}`)
    if (++done % 1_000 === 0) tell(`${done} races`)
  }
  const quick = async (family: string, name: string, run: () => Promise<Verdict>): Promise<void> => { for (let n = 0; left-- > 0 || (n === 0 && races > 0); n++) add(family, name, await run()) }
  const slow = async (family: string, name: string, pauseMs: number, run: () => Promise<Verdict>): Promise<void> => {
    for (let n = 0; n < slowRaces || left > 0; n++) {
      add(family, name, await run())
      left--
      if (n + 1 < slowRaces || left > 0) await delay(place.upTo(pauseMs))
    }
  }
  const running: Promise<void>[] = []
  for (const exit of FROZEN_EXITS) { const lane = next(); running.push(slow(exit.family, exit.name, FROZEN_PAUSE_MS, () => race(place, lane, exit))) }
  for (let n = 0; n < HISTORY_LANES; n++) { const lane = next(); if (door) running.push(slow('history', 'history', 0, () => historyRace(place, lane, door))) }
  for (const exit of exits) for (let n = 0; n < LANES_OF_EXIT; n++) { const lane = next(); running.push(quick(exit.family, exit.name, () => race(place, lane, exit))) }
  const palettes = Array.from({ length: PALETTE_LANES }, () => new Palette(place, next()))
  for (const palette of palettes) running.push(quick('palette', 'palette', () => palette.race()))
  try { await Promise.all(running) } finally { for (const palette of palettes) palette.close() }
  return sums
}

interface Timed { readonly answered: readonly number[], readonly synced: readonly number[] }

/** Two floods, at QoS 0 and 1, as fast as their sockets take it, and a process that does nothing but to take the time of withdrawals. */
class Load {
  readonly #floods: readonly ChildProcess[]
  readonly #stopwatch: ChildProcess
  #times = ''
  #closed: Promise<Timed> | undefined

  private constructor(floods: readonly ChildProcess[], stopwatch: ChildProcess) {
    this.#floods = floods
    this.#stopwatch = stopwatch
    stopwatch.stdout!.on('data', text => { this.#times += String(text) })
  }

  static async open(place: Place): Promise<Load> {
    const { users, owner, gateway } = place, { streamId, city, attributes } = place.lanes.at(-1)!, floods: ChildProcess[] = []
    for (const qos of [0, 1]) {
      const { username, password } = await users.pair(owner), words = [String(gateway.port), username, password, 'flood', '10', String(qos), '100000000']
      floods.push(spawn('nice', ['-n', '10', process.execPath, ...NODE, join(import.meta.dirname, '..', 'flood.ts'), ...words], { stdio: 'ignore' }))
    }
    const consent = JSON.stringify({ streamId, recipient: city.partyId, purposes: [PURPOSE], attributes })
    return new Load(floods, spawn(process.execPath, [...NODE, join(import.meta.dirname, 'stopwatch.ts'), users.http, owner.key, consent, temporaryFolder()], { stdio: ['pipe', 'pipe', 'inherit'] }))
  }

  close(): Promise<Timed> {
    return this.#closed ??= (async () => {
      for (const flood of this.#floods) flood.kill('SIGKILL')
      const ended = once(this.#stopwatch, 'close')
      this.#stopwatch.stdin!.end()
      await ended
      const { answered, synced } = JSON.parse(this.#times) as Timed
      return { answered: answered.toSorted((a, b) => a - b), synced: synced.toSorted((a, b) => a - b) }
    })()
  }
}

/** What the history still has when it says that it has forgotten all of it. */
async function unforgottenIn({ users, owner }: Place, influx: Influx): Promise<number> {
  for (const until = Date.now() + FORGOTTEN_MS_MAX; Date.now() < until; await delay(200)) {
    const states = await users.ok<{ state: string }[]>(owner.key, 'GET', '/v1/history')
    if (states.every(({ state }) => state === 'forgotten')) break
  }
  return (await influx.rows('SELECT * FROM sluice.keep_720h./.*/')).length
}

export function percentile(sorted: readonly number[], share: number): number { return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1)) }
