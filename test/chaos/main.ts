// `npm run chaos [-- --only NAME,NAME --json --seed N --kills N --cuts N --races N]`: faults on purpose, and what comes of them. The last line is JSON.
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ChaosOptions, Outcome } from '#test/chaos/fault.ts'
import { FAULTS } from '#test/chaos/table.ts'

const { values } = parseArgs({
  options: {
    'only': { type: 'string' }, 'json': { type: 'boolean', default: false },
    'seed': { type: 'string', default: String(Date.now() % 1_000_000) }, 'kills': { type: 'string', default: '20' }, 'cuts': { type: 'string', default: '1000' },
    'races': { type: 'string', default: '10000' },
  },
})
const only = values.only?.split(','), chosen = FAULTS.filter(({ name }) => only?.includes(name) ?? true)
const unknown = only?.filter(name => FAULTS.every(fault => fault.name !== name)) ?? []
if (unknown.length > 0) {
  console.error(`There is no fault ${unknown.join()}: there are ${FAULTS.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

/** Whatever takes longer hangs: that is a failure of its own. */
const PATIENCE_MS = 3_600_000
const patience = async (): Promise<Outcome> => { await delay(PATIENCE_MS, undefined, { ref: false }); return { failed: 1, figures: { error: 'it hangs' } } }

const say = (line: string): void => { if (!values.json) console.log(line) }
const given = { seed: Number(values.seed), kills: Number(values.kills), cuts: Number(values.cuts), races: Number(values.races) }
const outcomes: Record<string, Outcome & { readonly seconds: number }> = {}
say(`seed ${given.seed}`)
for (const { name, about, run } of chosen) {
  say(`── ${name}: ${about}`)
  const options: ChaosOptions = { ...given, tell: line => say(`   ${line}`) }, started = performance.now()
  const outcome = await Promise.race([run(options), patience()]).catch((error: unknown): Outcome => ({ failed: 1, figures: { error: String(error) } }))
  outcomes[name] = { ...outcome, seconds: Math.round(performance.now() - started) / 1000 }
  const figures = Object.entries(outcome.figures).map(([key, value]) => `${key} ${value}`).join(', ')
  say(`   ${outcome.skipped ? `skipped: ${outcome.skipped}` : `${outcome.failed === 0 ? 'holds' : 'DOES NOT HOLD'}: ${figures}`}`)
}
const failed = Object.values(outcomes).reduce((sum, outcome) => sum + outcome.failed, 0)
console.log(JSON.stringify({ ...given, failed, faults: outcomes }))
process.exit(failed === 0 ? 0 : 1)
