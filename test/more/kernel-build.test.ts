// The kernel that is committed is the one that its source makes, byte for byte, with the compiler that its lock file names.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import lock from '../../gateway/kernel/assembly/package-lock.json' with { type: 'json' }
import { temporaryFolder } from '#test/support/temporary.ts'

const run = promisify(execFile)
const KERNEL = join(import.meta.dirname, '..', '..', 'gateway', 'kernel')
const INSTALL_MS_MAX = 180_000

interface Locked { readonly version?: string, readonly integrity?: string, readonly hasInstallScript?: boolean }

describe('The kernel', () => {
  const folder = temporaryFolder()

  it('has a compiler of one version, by its hash, that runs nothing while it is installed', () => {
    const packages = Object.entries(lock.packages as Record<string, Locked>).filter(([path]) => path !== '')
    assert.equal(packages.find(([path]) => path === 'node_modules/assemblyscript')?.[1].version, '0.28.20')
    assert.deepEqual(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')), [])
    assert.deepEqual(packages.filter(([, { hasInstallScript }]) => hasInstallScript), [])
  })

  describe('built anew', () => {
    before('(skipped where the registry cannot be reached)', async function () {
      this.timeout(INSTALL_MS_MAX)
      if (spawnSync('npm', ['view', 'assemblyscript@0.28.20', 'version', '--fetch-retries=0'], { timeout: 30_000 }).status !== 0) this.skip()
      cpSync(join(KERNEL, 'assembly'), folder, { recursive: true, filter: source => !source.includes('node_modules') })
      await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder, timeout: INSTALL_MS_MAX })
    })

    it('is the one that is committed', async () => {
      const built = join(folder, 'kernel.wasm'), compiler = join(folder, 'node_modules', 'assemblyscript', 'bin', 'asc.js')
      await run(process.execPath, [compiler, '--config', join(folder, 'asconfig.json'), '--outFile', built], { cwd: folder })
      assert.equal(Buffer.compare(readFileSync(built), readFileSync(join(KERNEL, 'kernel.wasm'))), 0, 'npm run kernel was forgotten')
    })
  })
})
