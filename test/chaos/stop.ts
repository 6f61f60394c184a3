// SIGTERM in full stream: what was acknowledged is kept, and the gateway is gone within seconds, without an error.
import { setTimeout as delay } from 'node:timers/promises'
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { faultsIn, Home } from '#test/chaos/home.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const STOPS = 5, STOP_MS_MAX = 5_000

async function run({ seed }: ChaosOptions): Promise<Outcome> {
  const random = new Random(seed), home = await Home.open(temporaryFolder())
  let slowestMs = 0, unclean = 0
  try {
    for (let stop = 0; stop < STOPS; stop++) {
      let isStopped = false
      const publishing = home.publish(() => isStopped)
      await delay(200 + random.below(500))
      const started = performance.now(), code = await home.gateway.kill('SIGTERM')
      slowestMs = Math.max(slowestMs, performance.now() - started)
      isStopped = true
      if (code !== 0) unclean++
      await publishing
      await home.start()
    }
    const account = await home.account(), late = Number(slowestMs > STOP_MS_MAX)
    return { failed: faultsIn(account) + unclean + late, figures: { stops: STOPS, acknowledged: home.acknowledged.size, ...account, unclean, slowestStopMs: Math.round(slowestMs) } }
  } finally { await home.close() }
}

export const stop: Fault = { name: 'stop', about: 'SIGTERM in full stream: nothing acknowledged lost, gone within 5 s without an error', run }
