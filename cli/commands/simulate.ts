// simulate: pairs a fleet, or what a recorded run speaks for, as the caller's own, and lets it speak.
import { pairAll, tellHeights, type Paired } from '#cli/fleet.ts'
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'
import { Progress } from '#cli/progress.ts'
import { scenarioOf, type Scenario } from '#cli/scenario.ts'
import type { Source } from '#simulators/plan.ts'
import { Recorder } from '#simulators/recorder.ts'
import type { Counts, Progress as RunProgress } from '#simulators/run.ts'

/** Devices that have spoken since are told of so often. */
const TELL_HEIGHTS_MS = 5_000
/** A run that takes longer than planned by no more than this says nothing of it. */
const LATE_S_MAX = 2

export async function simulate(input: Input, io: Io): Promise<void> {
  const scenario = await scenarioOf(input, Date.now()), progress = new Progress(), signal = interruption()
  const file = input.text('record'), recorder = file === undefined ? undefined : await Recorder.open(file, scenario)
  try {
    const paired = await pairedFor(scenario, io, progress, signal).catch(async (error: unknown) => {
      await recorder?.discard()
      throw error
    })
    const begunMs = performance.now(), counts = await run(scenario, paired, recorder, io, progress, signal)
    progress.end()
    showAll(counts, (performance.now() - begunMs) / 1000, scenario, signal, io)
  } finally {
    progress.end()
  }
}

async function pairedFor({ sources }: Scenario, io: Io, progress: Progress, signal: AbortSignal): Promise<ReadonlyMap<Source, Paired>> {
  return pairAll(await io.client(), sources, signal, paired => progress.update(paired / sources.length, `${paired} of ${sources.length} sources paired`))
}

/** What was sent before something went wrong is written down as well. */
async function run(scenario: Scenario, paired: ReadonlyMap<Source, Paired>, recorder: Recorder | undefined, io: Io, progress: Progress, signal: AbortSignal): Promise<Counts> {
  const client = await io.client()
  const telling = setInterval(() => void tellHeights(client, paired).catch(() => { /* the next time */ }), TELL_HEIGHTS_MS)
  try {
    return await scenario.run(source => paired.get(source)!, {
      signal, ...recorder && { record: recorder.record }, onProgress: state => progress.update(state.share, textOf(state)),
    })
  } finally {
    clearInterval(telling)
    await recorder?.close()
  }
}

function textOf({ counts: { sent, acknowledged }, connected, sources, behindMs }: RunProgress): string {
  const behind = behindMs < 1_000 ? '' : `, ${Math.round(behindMs / 1000)} s behind`
  return `${sent} sent, ${acknowledged} acknowledged, ${connected} of ${sources} connected${behind}`
}

function showAll(counts: Counts, tookS: number, { plannedS = Infinity }: Scenario, signal: AbortSignal, io: Io): void {
  const seconds = Math.round(tookS * 10) / 10
  if (!signal.aborted && tookS > plannedS + LATE_S_MAX) {
    io.note(`It took ${seconds} s instead of ${Math.round(plannedS * 10) / 10} s: no more than ${Math.round(counts.acknowledged / tookS)} messages a second came through. None was left out.`)
  }
  io.show({ ...counts, seconds })
}
