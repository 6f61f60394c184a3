// The power goes at a random operation, also while a start recovers from the last time: what was acknowledged is there afterwards, and
// nothing that was never given.
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { RecordedJournal } from '#test/support/recorded-journal.ts'
import { SimulatedDisk } from '#test/support/simulated-disk.ts'

/** Operations until the power goes, at most: some opens and a few dozen groups. */
const OPERATIONS_MAX = 120
/** Cuts of one disk before a new one is taken. */
const CUTS_OF_A_DISK = 4
/** The first so many cuts are made again on a disk that does not sync: there something has to be lost. */
const CONTROL_CUTS = 200

interface Counts { cuts: number, acknowledged: number, lost: number, wrong: number }

/** Lives on a disk until its power goes; gives the disk as it is found then. Every now and then it is killed first, with its power on. */
async function live(recorded: RecordedJournal, disk: SimulatedDisk, random: Random): Promise<SimulatedDisk> {
  disk.operationsLeft = 1 + random.below(OPERATIONS_MAX)
  try {
    await recorded.open(disk)
    while (disk.operationsLeft > 0) {
      const appends = Array.from({ length: 1 + random.below(3) }, () => recorded.append(random, random.chance(0.7)))
      await Promise.all(appends)
      if (random.chance(0.05)) await recorded.retain()
      if (random.chance(0.05)) await recorded.open(disk)
    }
  } catch { /* the power has gone in the middle of it */ }
  return disk.afterCut(random)
}

/** One disk through some cuts. */
async function cutRepeatedly(seed: number, syncs: boolean, counts: Counts): Promise<void> {
  const random = new Random(seed), options = random.chance(0.3) ? { retentionBytes: 16_384 } : {}
  let disk = new SimulatedDisk({ syncs })
  const recorded = new RecordedJournal(disk, options)
  for (let n = 0; n < CUTS_OF_A_DISK; n++) {
    disk = await live(recorded, disk, random)
    counts.cuts++
  }
  disk.operationsLeft = Infinity
  await recorded.open(disk)
  const { lost, wrong } = await recorded.verdict()
  await recorded.journal.close()
  counts.acknowledged += recorded.acknowledged
  counts.lost += lost
  counts.wrong += wrong
}

async function cutAll({ seed, cuts, tell }: ChaosOptions, syncs: boolean): Promise<Counts> {
  const counts: Counts = { cuts: 0, acknowledged: 0, lost: 0, wrong: 0 }
  for (let disk = 0; counts.cuts < cuts; disk++) {
    const before = counts.lost + counts.wrong
    await cutRepeatedly(seed + disk, syncs, counts)
    if (syncs && counts.lost + counts.wrong > before) tell(`seed ${seed + disk}: ${JSON.stringify(counts)}`)
    if (disk % 500 === 499) tell(`${counts.cuts} cuts, ${counts.acknowledged} acknowledged`)
  }
  return counts
}

async function run(options: ChaosOptions): Promise<Outcome> {
  const { cuts, acknowledged, lost, wrong } = await cutAll(options, true)
  const control = await cutAll({ ...options, cuts: Math.min(options.cuts, CONTROL_CUTS) }, false), isBlind = control.lost === 0
  return { failed: lost + wrong + Number(isBlind), figures: { cuts, acknowledged, lost, wrong, lostWithoutSync: control.lost } }
}

export const powerCut: Fault = {
  name: 'power-cut', run,
  about: 'simulated power cuts that drop, reorder and tear what was not synced: nothing acknowledged lost, nothing wrong; without fdatasync something is',
}
