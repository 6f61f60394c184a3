// The faults of `npm run chaos`, as many of each as a check before each change can wait for. In full: npm run chaos -- --kills 100 --cuts 10000 --races 10000
import assert from 'node:assert/strict'
import type { ChaosOptions } from '#test/chaos/fault.ts'
import { FAULTS } from '#test/chaos/table.ts'

/** Delays and starts are judged where nobody else computes: here only what must not be lost is. */
const FOR_A_QUIET_MACHINE = new Set(['neighbours', 'start'])

describe('Chaos', () => {
  for (const { name, about, run } of FAULTS.filter(fault => !FOR_A_QUIET_MACHINE.has(fault.name))) {
    it(`${name}: ${about}`, async function () {
      const seed = Date.now() % 1_000_000, told: string[] = [], options: ChaosOptions = { seed, kills: 6, cuts: 400, races: 200, tell: line => { told.push(line) } }
      const { failed, figures, skipped } = await run(options)
      if (skipped !== undefined) { console.log(`      skipped: ${skipped}`); this.skip() }
      assert.equal(failed, 0, `seed ${seed}: ${JSON.stringify(figures)}\n${told.join('\n')}`)
    })
  }
})
