// One who does not read, one who floods, many who say nothing: what they cost a healthy stream.
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { median, Neighbourhood } from '#test/chaos/neighbourhood.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const ROUNDS = 5, PHASE_MS = 1_500, HALF_OPEN = 500, RATIO_MAX = 1.5

async function run({ tell }: ChaosOptions): Promise<Outcome> {
  const place = await Neighbourhood.open(temporaryFolder(), ['frozen', 'flood'])
  const kinds: Readonly<Record<string, () => Promise<unknown>>> = {
    halfOpen: () => place.holdOpen(HALF_OPEN),
    frozen: async () => { await place.freeze('frozen'); return place.flood('frozen', 1, PHASE_MS / 3) },
    flooding: () => { void place.flood('flood', 1, 2 * PHASE_MS).catch(() => {}); return Promise.resolve() },
  }
  const ratios = new Map<string, number[]>(Object.keys(kinds).map(kind => [kind, []])), quiets: number[] = []
  try {
    await place.p99(PHASE_MS) // warm
    for (let round = 0; round < ROUNDS; round++) {
      for (const [kind, come] of Object.entries(kinds)) {
        const quiet = await place.p99(PHASE_MS)
        await come()
        const beside = await place.p99(PHASE_MS)
        place.letGo()
        quiets.push(quiet)
        ratios.get(kind)!.push(beside / quiet)
        tell(`${kind}: ${quiet.toFixed(1)} → ${beside.toFixed(1)} ms`)
        await new Promise(done => setTimeout(done, kind === 'flooding' ? 2 * PHASE_MS : 200))
      }
    }
  } finally { await place.close() }
  const figures = Object.fromEntries([...ratios].map(([kind, each]) => [kind, Number(median(each).toFixed(2))]))
  return { failed: Object.values(figures).filter(ratio => ratio > RATIO_MAX).length, figures: { ...figures, quietP99Ms: Number(median(quiets).toFixed(1)) } }
}

export const neighbours: Fault = { name: 'neighbours', about: 'frozen, flooding and half-open neighbours: the 99th percentile of a healthy stream over that of a quiet one, at most 1.5', run }
