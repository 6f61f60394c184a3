// simulate: pairs a fleet as the caller's own, and lets it speak.
import { pairAll, tellHeights } from '#cli/fleet.ts'
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'
import { Progress } from '#cli/progress.ts'
import { loadFleet, scaleFleet, type FleetSpec } from '#simulators/fleet.ts'
import { planFleet } from '#simulators/plan.ts'
import { runFleet } from '#simulators/run.ts'

/** Devices that have spoken since are told of so often. */
const TELL_HEIGHTS_MS = 5_000

export async function simulate(input: Input, io: Io): Promise<void> {
  const plan = planFleet(specOf(input)), client = await io.client(), progress = new Progress(), signal = interruption()
  try {
    const credentials = await pairAll(client, plan, signal, paired => progress.update(paired / plan.length, `${paired} of ${plan.length} sources paired`))
    const telling = setInterval(() => void tellHeights(client, credentials).catch(() => { /* the next time */ }), TELL_HEIGHTS_MS)
    const counts = await runFleet(plan, source => credentials.get(source)!, {
      rate: input.number('rate'), seconds: input.number('seconds'), signal,
      onProgress: ({ share, counts: { sent, acknowledged }, connected, sources }) => progress.update(share, `${sent} sent, ${acknowledged} acknowledged, ${connected} of ${sources} connected`),
    }).finally(() => clearInterval(telling))
    progress.end()
    io.show(counts)
  } finally {
    progress.end()
  }
}

function specOf(input: Input): FleetSpec {
  const spec = loadFleet(input.needed('fleet')), devices = input.number('devices'), seed = input.number('seed')
  return { ...devices === undefined ? spec : scaleFleet(spec, devices), ...seed !== undefined && { seed } }
}
