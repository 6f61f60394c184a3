import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { faultsOf, type DemoSummary } from '#cli/demo/summary.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'sluice.js')

describe('The demo', () => {
  it('that is interrupted closes its books, and leaves nothing behind', async function () {
    this.timeout(60_000)
    const folder = temporaryFolder()
    const child = spawn(process.execPath, [BIN, 'demo', '--seconds', '600'], { env: { ...process.env, TMPDIR: folder }, stdio: ['ignore', 'pipe', 'pipe'] })
    const lines: string[] = [], over = once(child, 'close')
    try {
      createInterface({ input: child.stdout }).on('line', line => lines.push(line))
      await once(createInterface({ input: child.stderr }), 'line')
      child.kill('SIGINT')
      assert.deepEqual(await over, [0, null])
    } finally {
      child.kill('SIGKILL')
    }
    assert.equal(lines.length, 1)
    assert.deepEqual(faultsOf(JSON.parse(lines[0]!) as DemoSummary), [])
    assert.deepEqual(readdirSync(folder), [])
  })
})
