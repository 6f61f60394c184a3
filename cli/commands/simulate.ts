// simulate: pairs a fleet, or what a recorded run speaks for, as the caller's own, and lets it speak.
import { pairAll, tellHeights, type Paired } from '#cli/fleet.ts'
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'
import { Progress } from '#cli/progress.ts'
import { lateness, scenarioOf, tenths, type Scenario } from '#cli/scenario.ts'
import type { Source } from '#simulators/plan.ts'
import { Recorder } from '#simulators/recorder.ts'
import type { Counts, Progress as RunProgress } from '#simulators/run.ts'

/** Devices that have spoken since are told of so often. */
const TELL_HEIGHTS_MS = 5_000

export async function simulate(input: Input, io: Io): Promise<void> {
  const scenario = await scenarioOf(input, Date.now()), progress = new Progress(), signal = interruption()
  const file = input.text('record'), recorder = file === undefined ? undefined : await Recorder.open(file, scenario)
  try {
    const paired = await pairedFor(scenario, io, progress, signal).catch(async (error: unknown) => {
      await recorder?.discard()
      throw error
    })
    const telling = setInterval(() => void tellAll(io, paired), TELL_HEIGHTS_MS), begunMs = performance.now()
    const counts = await run(scenario, paired, recorder, progress, signal).finally(() => clearInterval(telling))
    progress.end()
    showAll(counts, (performance.now() - begunMs) / 1000, scenario, signal, io)
  } finally {
    progress.end()
  }
}

async function pairedFor({ sources }: Scenario, io: Io, progress: Progress, signal: AbortSignal): Promise<ReadonlyMap<Source, Paired>> {
  const onPaired = (count: number): void => progress.update(count / sources.length, `${count} of ${sources.length} sources paired`)
  return pairAll(await io.client(), sources, signal, onPaired)
}

async function tellAll(io: Io, paired: ReadonlyMap<Source, Paired>): Promise<void> {
  await tellHeights(await io.client(), paired).catch(() => { /* the next time */ })
}

/** What was sent before something went wrong is written down as well. */
async function run(
  scenario: Scenario, paired: ReadonlyMap<Source, Paired>, recorder: Recorder | undefined, progress: Progress, signal: AbortSignal,
): Promise<Counts> {
  const onProgress = (state: RunProgress): void => progress.update(state.share, textOf(state))
  try {
    return await scenario.run(source => paired.get(source)!, { signal, record: recorder?.record, onProgress })
  } finally {
    await recorder?.close()
  }
}

function textOf({ counts: { sent, acknowledged }, connected, sources, behindMs }: RunProgress): string {
  const behind = behindMs < 1_000 ? '' : `, ${Math.round(behindMs / 1000)} s behind`
  return `${sent} sent, ${acknowledged} acknowledged, ${connected} of ${sources} connected${behind}`
}

function showAll(counts: Counts, tookS: number, { plannedS }: Scenario, signal: AbortSignal, io: Io): void {
  const late = signal.aborted ? undefined : lateness(tookS, plannedS, counts)
  if (late !== undefined) io.note(late)
  io.show({ ...counts, seconds: tenths(tookS) })
}
