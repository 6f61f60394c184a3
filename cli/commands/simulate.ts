// simulate: pairs a fleet as the caller's own, and lets it speak.
import type { Client } from '#cli/client.ts'
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'
import { Progress } from '#cli/progress.ts'
import { loadFleet, scaleFleet, type FleetSpec } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'
import { runFleet, type Credentials } from '#simulators/run.ts'

/** Sources that are paired at one time: each is a request and a write to disk. */
const PAIRING_MAX = 8

export async function simulate(input: Input, io: Io): Promise<void> {
  const plan = planFleet(specOf(input)), client = await io.client(), progress = new Progress(), signal = interruption()
  try {
    const credentials = await pairAll(client, plan, signal, paired => progress.update(paired / plan.length, `${paired} of ${plan.length} sources paired`))
    const counts = await runFleet(plan, source => credentials.get(source)!, {
      rate: input.number('rate'), seconds: input.number('seconds'), signal,
      onProgress: ({ share, counts: { sent, acknowledged }, connected, sources }) => progress.update(share, `${sent} sent, ${acknowledged} acknowledged, ${connected} of ${sources} connected`),
    })
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

async function pairAll(client: Client, plan: readonly SourcePlan[], signal: AbortSignal, onPaired: (count: number) => void): Promise<ReadonlyMap<SourcePlan, Credentials>> {
  const credentials = new Map<SourcePlan, Credentials>(), waiting = plan.values()
  const pairing = async (): Promise<void> => {
    for (const source of waiting) {
      if (signal.aborted) return
      const { name, dialect, location, placement, timezone } = source
      const { mqtt, username, password } = await client.post<{ mqtt: string, username: string, password: string }>('/v1/sources', { name, dialect, location, placement, timezone })
      credentials.set(source, { url: mqtt, username, password })
      onPaired(credentials.size)
    }
  }
  await Promise.all(Array.from({ length: PAIRING_MAX }, pairing))
  return credentials
}
