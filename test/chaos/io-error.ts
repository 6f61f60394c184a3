// An error at every Nth operation of the storage, for N from 1 to the last: once and for a while, as EIO, ENOSPC and a write that is cut
// short. What was acknowledged is there afterwards, also when the power goes then, and the journal takes up again by itself.
import { sweepDataPath } from '#test/chaos/data-path.ts'
import type { Fault, ChaosOptions, Outcome } from '#test/chaos/fault.ts'
import { FaultyStorage, INJECTED, type Injected } from '#test/support/faulty-storage.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { RecordedJournal } from '#test/support/recorded-journal.ts'
import { SimulatedDisk } from '#test/support/simulated-disk.ts'

const GROUPS = 24
/** Operations in a row that fail. */
const LENGTHS = [1, 7] as const
/** Far more than that many failures can explain. */
const TRIES_MAX = 20

interface Counts { runs: number, operations: number, acknowledged: number, refused: number, lost: number, wrong: number, stuck: number }

/** A life of some groups, with a stop in between: the same for each N, as far as nothing fails. */
async function live(recorded: RecordedJournal, storage: FaultyStorage, random: Random, counts: Counts): Promise<void> {
  await openAnyhow(recorded, storage)
  for (let group = 0; group < GROUPS; group++) {
    const taken = await Promise.all([recorded.append(random, true), recorded.append(random, random.chance(0.5))])
    counts.refused += taken.filter(isTaken => !isTaken).length
    if (group === GROUPS / 2) {
      await recorded.journal.close().catch(() => {})
      await openAnyhow(recorded, storage)
    }
  }
}

/** A gateway that cannot start is started again. */
async function openAnyhow(recorded: RecordedJournal, storage: FaultyStorage): Promise<void> {
  for (let tries = 0; ; tries++) {
    try { return await recorded.open(storage) } catch (error) { if (tries === TRIES_MAX) throw error }
  }
}

/** As the gateway's clock would: it looks whether the fault has passed, and devices come back. */
async function isBack(recorded: RecordedJournal, random: Random): Promise<boolean> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    await recorded.journal.probe()
    if (!recorded.journal.fault && await recorded.append(random, true)) return true
  }
  return false
}

async function failAt(operation: number, length: number, fault: Injected, seed: number, counts: Counts): Promise<number> {
  const disk = new SimulatedDisk(), random = new Random(seed)
  const storage = new FaultyStorage(disk, n => n >= operation && n < operation + length ? fault : undefined), recorded = new RecordedJournal(storage)
  await live(recorded, storage, random, counts)
  if (!await isBack(recorded, random)) counts.stuck++
  await recorded.open(random.chance(0.5) ? disk.afterCut(random) : disk)
  const { lost, wrong } = await recorded.verdict()
  await recorded.journal.close()
  counts.runs++
  counts.acknowledged += recorded.acknowledged
  counts.lost += lost
  counts.wrong += wrong
  return storage.operations
}

async function run({ seed, tell }: ChaosOptions): Promise<Outcome> {
  const counts: Counts = { runs: 0, operations: 0, acknowledged: 0, refused: 0, lost: 0, wrong: 0, stuck: 0 }
  for (const fault of INJECTED) {
    for (const length of LENGTHS) {
      let last = Infinity
      for (let operation = 1; operation <= last; operation++) {
        const before = counts.lost + counts.wrong + counts.stuck
        last = await failAt(operation, length, fault, seed, counts)
        if (counts.lost + counts.wrong + counts.stuck > before) tell(`${fault} × ${length} at operation ${operation}: ${JSON.stringify(counts)}`)
      }
      counts.operations = Math.max(counts.operations, last)
      tell(`${fault} × ${length}: every one of ${last} operations`)
    }
  }
  const { lost, wrong, stuck } = counts, path = await sweepDataPath()
  return { failed: lost + wrong + stuck + path.lost + path.unbalanced, figures: { ...counts, pathRuns: path.runs, pathAcknowledged: path.acknowledged, pathLost: path.lost, pathUnbalanced: path.unbalanced } }
}

export const ioError: Fault = {
  name: 'io-error', run,
  about: 'an error at every Nth operation of the storage: nothing acknowledged lost, nothing wrong, back without a restart',
}
