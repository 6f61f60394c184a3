// A disk that takes 50 ms to sync and far more than it can take: memory stays bounded, nothing acknowledged is lost, a healthy stream goes on.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Journal } from '#gateway/journal/journal.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { Neighbourhood } from '#test/chaos/neighbourhood.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

const SYNC_MS = 50, QUIET_MS = 2_000, LOAD_MS = 6_000, RESIDENT_MIB_MAX = 512
/** A healthy stream goes on under all that. How fast is a figure of the run, where six that flood have the same two cores: most often 500 to 800 ms. */
const P99_MS_MAX = 3_000
const FLOODERS = [['q1a', 1], ['q1b', 1], ['q1c', 1], ['q1d', 1], ['q0a', 0], ['q0b', 0]] as const
/** Degrees from which the readings of a flooder begin: by them it is known whose a reading is. */
const BASE = 10, STEP = 4
const MESSAGE = /"temperature":\{"type":"Property","value":(-?[\d.]+)/

async function run({ tell }: ChaosOptions): Promise<Outcome> {
  const data = temporaryFolder(), preload = pathToFileURL(join(import.meta.dirname, 'slow-disk.ts')).href
  const place = await Neighbourhood.open(data, FLOODERS.map(([device]) => device), { NODE_OPTIONS: `--import ${preload}`, CHAOS_SYNC_MS: String(SYNC_MS) })
  let resident = 0
  const watching = setInterval(() => { resident = Math.max(resident, place.gateway.residentMiB()) }, 50)
  try {
    const quiet = await place.p99(QUIET_MS)
    tell(`quiet: p99 ${quiet.toFixed(0)} ms, ${place.gateway.residentMiB().toFixed(0)} MiB`)
    const floods = Promise.all(FLOODERS.map(([device, qos], n) => place.flood(device, qos, LOAD_MS, BASE + n * STEP))), beside = await place.p99(LOAD_MS)
    const done = await floods
    clearInterval(watching)
    const confirmed = done.filter((_, n) => FLOODERS[n]![1] === 1), acknowledged = confirmed.reduce((sum, each) => sum + each.acknowledged, 0)
    tell(`${done.reduce((sum, { sent }) => sum + sent, 0)} sent, ${acknowledged} acknowledged, p99 ${beside.toFixed(0)} ms, up to ${resident.toFixed(0)} MiB`)
    await place.gateway.kill()
    const lost = await lostOf(join(data, 'journal'), confirmed)
    return {
      failed: lost + Number(resident > RESIDENT_MIB_MAX) + Number(beside > P99_MS_MAX) + Number(acknowledged === 0),
      figures: { syncMs: SYNC_MS, acknowledged, lost, residentMiB: Math.round(resident), residentMiBMax: RESIDENT_MIB_MAX, quietP99Ms: Math.round(quiet), p99Ms: Math.round(beside) },
    }
  } finally {
    clearInterval(watching)
    await place.close()
  }
}

/** How much that the first flooders were told to be safe is not in the journal that is left. Answers come in order: for the first so many. */
async function lostOf(directory: string, floods: readonly { readonly acknowledged: number }[]): Promise<number> {
  const journal = new Journal({ directory, clock: systemClock, log: silentLog, retentionMs: 1e12, retentionBytes: 1e12 }), found = floods.map(() => new Set<number>())
  await journal.open()
  for (let stream = 1; stream <= 2 + FLOODERS.length; stream++) {
    for (let records = await journal.read(stream, 0); records.length > 0; records = await journal.read(stream, records.at(-1)!.position)) {
      for (const { content } of records) {
        const millionths = Math.round((Number(MESSAGE.exec(content.toString('latin1'))?.[1]) - BASE) * 1e6), whose = Math.floor(millionths / (STEP * 1e6))
        found[whose]?.add(millionths - whose * STEP * 1e6)
      }
    }
  }
  await journal.close()
  return floods.reduce((sum, { acknowledged }, n) => sum + Array.from({ length: acknowledged }, (_, k) => k + 1).filter(number => !found[n]!.has(number)).length, 0)
}

export const overload: Fault = { name: 'overload', about: 'far more than a slow disk takes: memory bounded, nothing acknowledged lost, a healthy stream goes on', run }
