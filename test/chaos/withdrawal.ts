// Withdrawals in full stream, over every exit: what comes behind the answer and was not in the kernel. And gateways without the barrier, by
// which it is known that it would be seen.
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { campaign, leaksOf, percentile, type Campaigned } from '#test/chaos/withdrawal/campaign.ts'
import { tellsWhatItHolds } from '#test/chaos/withdrawal/in-kernel.ts'
import { preload } from '#test/chaos/withdrawal/place.ts'
import { hasInflux } from '#test/support/influx.ts'

const P99_MS_MAX = 50
/** A disk that takes longer than this to sync a page for anybody is somebody else's: then nothing is said of times either. */
const SYNC_MS_MAX = P99_MS_MAX / 4
/** With fewer, nothing is said of times: somebody else may compute. */
const TIMED_RACES_MIN = 10_000
/** Against each gateway without the barrier. */
const CONTROL_RACES = 150
/** How often they are run for a family that has not leaked. */
const CONTROL_TRIES = 4
/** What may wait in the kernel for one receiver: what Linux gives a socket to send and to receive, at most. */
const KERNEL_BYTES_MAX = 4_194_304 + 33_554_432

const mutant = (name: string) => ({ NODE_OPTIONS: preload('mutant.ts'), CHAOS_MUTANT: name })
const isFrozen = (family: string): boolean => family.endsWith('frozen')

async function run({ seed, races, tell }: ChaosOptions): Promise<Outcome> {
  if (!tellsWhatItHolds) tell('this system does not tell what its sockets hold: only readings are looked at, not bytes')
  if (!hasInflux) tell('influxd is not installed: the history is left out')
  const real = await campaign({ seed, races, slowRaces: 1, hasHistory: true, isLoaded: true, tell })
  for (const [family, { behind: _, ...sum }] of real.families) tell(`${family}: ${JSON.stringify(sum)}`)
  const late = await campaign({ seed, races: Math.min(races, CONTROL_RACES), slowRaces: 1, hasHistory: true, environment: mutant('late'), tell: () => {} })
  const drained = await campaign({ seed, races: 0, slowRaces: 1, environment: mutant('drained'), tell: () => {} })
  const strict = await campaign({ seed, races: 0, slowRaces: 2, environment: { SLUICE_RESET_ON_WITHDRAWAL: 'true' }, tell })
  let tight = [...tightIn(late, family => !isFrozen(family)), ...tightIn(drained, isFrozen)]
  // A race that nobody loses at the first try is not blind yet: a door that is slow, or a busy machine.
  for (let again = 1; again < CONTROL_TRIES && tight.length > 0; again++) {
    const more = await campaign({ seed: seed + again, races: Math.min(races, CONTROL_RACES), slowRaces: 1, hasHistory: true, environment: mutant('late'), tell: () => {} })
    const stillTight = tightIn(more, () => true)
    tight = tight.filter(family => stillTight.includes(family))
  }
  if (tight.length > 0) tell(`without the barrier nothing was seen to leak by ${tight.join(', ')}: the race is blind there`)
  const leaks = [...real.families.values()].reduce((sum, each) => sum + leaksOf(each), 0), p99 = percentile(real.answeredMs, 0.99), sums = [...real.families.values()]
  const heldMax = Math.max(...sums.map(sum => sum.heldMax)), syncP99 = percentile(real.syncedMs, 0.99)
  const isSlow = races >= TIMED_RACES_MIN && syncP99 <= SYNC_MS_MAX && !(p99 <= P99_MS_MAX)
  return {
    failed: leaks + leaksIn(strict) + (real.unforgotten ?? 0) + tight.length + Number(isSlow) + Number(heldMax > KERNEL_BYTES_MAX),
    figures: {
      races: sums.reduce((sum, each) => sum + each.races, 0), readings: sums.reduce((sum, each) => sum + each.came, 0), leaks, unforgotten: real.unforgotten ?? 'not tried',
      p50Ms: percentile(real.answeredMs, 0.5), p99Ms: p99, maxMs: percentile(real.answeredMs, 1), diskSyncP50Ms: percentile(real.syncedMs, 0.5), diskSyncP99Ms: syncP99, racersP50Ms: percentile(real.racersMs, 0.5), racersP99Ms: percentile(real.racersMs, 0.99), racersMaxMs: percentile(real.racersMs, 1),
      kernelBytesMax: heldMax, bytesBehindMax: behindMax(real), bytesBehindResetMax: behindMax(strict), leaksWithReset: leaksIn(strict), withoutBarrier: leaksIn(late), withoutCut: leaksIn(drained),
    },
  }
}

function leaksIn({ families }: Campaigned): number { return [...families.values()].reduce((sum, each) => sum + leaksOf(each), 0) }

function behindMax({ families }: Campaigned): number { return Math.max(0, ...[...families.values()].flatMap(({ behind }) => behind)) }

/** Families that did not leak. */
function tightIn({ families }: Campaigned, isAsked: (family: string) => boolean): readonly string[] {
  return [...families].filter(([family, sum]) => isAsked(family) && leaksOf(sum) === 0).map(([family]) => family)
}

export const withdrawal: Fault = { name: 'withdrawal', about: 'withdrawals in full stream over every exit: nothing behind the answer but what the kernel had; without the barrier it leaks', run }
