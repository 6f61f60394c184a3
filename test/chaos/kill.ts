// kill -9 at random instants while a device publishes as fast as it is answered, and while the gateway comes up again.
import { setTimeout as delay } from 'node:timers/promises'
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { faultsIn, Home } from '#test/chaos/home.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Random } from '#benchmarks/corpus/random.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const LOAD_MS_MIN = 100, LOAD_MS_MAX = 900
/** One start in so many is killed before it is ready. */
const EARLY_SHARE = 0.4

async function run({ seed, kills, tell }: ChaosOptions): Promise<Outcome> {
  const random = new Random(seed), home = await Home.open(temporaryFolder())
  let early = 0, startMs = 1_000, slowestMs = 0
  try {
    for (let kill = 1; kill <= kills; kill++) {
      let isKilled = false
      const publishing = home.publish(() => isKilled)
      await delay(LOAD_MS_MIN + random.below(LOAD_MS_MAX - LOAD_MS_MIN))
      await home.gateway.kill()
      isKilled = true
      await publishing
      while (random.chance(EARLY_SHARE) && kill < kills) {
        await GatewayProcess.startAndKill(home.data, home.ports, random.below(startMs))
        early++
        kill++
      }
      const started = performance.now()
      await home.start()
      startMs = performance.now() - started
      slowestMs = Math.max(slowestMs, startMs)
      if (kill % 10 === 0) tell(`${kill} kills, ${home.acknowledged.size} acknowledged`)
    }
    const account = await home.account()
    return { failed: faultsIn(account), figures: { kills, duringRecovery: early, acknowledged: home.acknowledged.size, ...account, slowestStartMs: Math.round(slowestMs) } }
  } finally { await home.close() }
}

export const kill: Fault = { name: 'kill', about: 'kill -9 in full stream and during recovery: nothing acknowledged lost, in order, billed once', run }
