// What `npm pack` makes, installed as somebody would who has npm and nothing of ours.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import { temporaryFolder } from '#test/support/temporary.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
const INSTALL_MS_MAX = 180_000
/** Somebody else's shell: nothing in it of this project's, nor of the npm that runs the tests. */
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE|SLUICE_)/.test(name)))
const PATH = (process.env['PATH'] ?? '').split(delimiter).filter(folder => !folder.startsWith(ROOT)).join(delimiter)

const OURS = [
  /^(LICENSE|README\.md|package\.json|sluice\.example\.yml)$/, /^bin\/(node|sluice)\.js$/, /^dist\/package\.json$/,
  /^dist\/(adapters|semantic-models|gateway|simulators|cli)\/[\w./-]+\.(js|json)$/, /^dist\/gateway\/kernel\/kernel\.wasm$/,
]
const NEEDED = [
  'bin/sluice.js', 'dist/cli/main.js', 'dist/gateway/api/openapi.json', 'dist/gateway/config/config.schema.json',
  'dist/simulators/fleets/demo.json', 'dist/semantic-models/rules/models.json', 'dist/semantic-models/contexts/core.json',
  'dist/gateway/kernel/kernel.wasm',
]

interface Packed { readonly filename: string, readonly files: readonly { readonly path: string, readonly mode: number }[] }

describe('The package', () => {
  const folder = temporaryFolder()
  let packed: Packed

  /** What a command says on stdout, in the empty folder. */
  async function inFolder(program: string, words: readonly string[]): Promise<string> {
    return (await run(program, words, { cwd: folder, env: { ...ENVIRONMENT, PATH }, timeout: INSTALL_MS_MAX })).stdout
  }

  const linesOf = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n')

  before(async () => {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT, env: { ...ENVIRONMENT, PATH } })
    packed = (JSON.parse(stdout) as readonly Packed[])[0]!
  })

  it('has the program without its types, its data and its papers, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path)
    assert.deepEqual(paths.filter(path => !OURS.some(pattern => pattern.test(path))), [])
    assert.deepEqual(paths.filter(path => /(^|[./-])(test|fixtures?|contract|benchmarks?)[./-]|\.(key|env|pem)$/.test(path)), [])
    assert.deepEqual(NEEDED.filter(path => !paths.includes(path)), [])
    assert.equal(packed.files.find(({ path }) => path === 'bin/sluice.js')!.mode & 0o111, 0o111)
  })

  it('has each module as it is written, line by line', () => {
    const modules = packed.files.map(({ path }) => path).filter(path => path.startsWith('dist/') && path.endsWith('.js'))
    assert.ok(modules.length > 200)
    for (const path of modules) {
      const [built, source] = [path, path.replace('dist/', '').replace(/\.js$/, '.ts')].map(linesOf)
      assert.equal(built!.length, source!.length, path)
      assert.equal(built![0], source![0], path) // why the file exists
    }
  })

  describe('in an empty folder', () => {
    before('(skipped where the registry cannot be reached)', async function () {
      this.timeout(INSTALL_MS_MAX)
      if (spawnSync('npm', ['view', 'ws', 'version', '--fetch-retries=0'], { timeout: 30_000 }).status !== 0) this.skip()
      // npm 12 runs no install script that nobody has approved, and one of them brings Node.
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'somebody', version: '1.0.0', allowScripts: { node: true } }))
      await inFolder('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, packed.filename)])
    })

    it('says its version, and how it is used', async () => {
      assert.equal(await inFolder('npx', ['--no-install', 'sluice', '--version']), `${packageJson.version}\n`)
      assert.match(await inFolder('npx', ['--no-install', 'sluice', '--help']), /^usage: sluice COMMAND[^]*^ +serve [^]*^ +demo /m)
    })

    it('shows the demo, whose envelopes add up', async () => {
      const last = (await inFolder('npx', ['--no-install', 'sluice', 'demo', '--seconds', '8', '--json'])).trim().split('\n').at(-1)!
      const { received, delivered, dropped, failed, inFlight, withdrawal, ledgerSum } = JSON.parse(last)
      const refused = Object.values<number>(dropped).reduce((sum, n) => sum + n, 0)
      assert.ok(received > 0 && delivered > 0)
      assert.equal(received, delivered + refused + failed + inFlight)
      assert.deepEqual({ withdrawal, ledgerSum, failed }, { withdrawal: { deliveredAfter: 0 }, ledgerSum: { EUR: '0.000000' }, failed: 0 })
    })

    it('is run by an older Node where npm brought a newer one, and says what is missing where not', async function () {
      const [older, version] = (await inFolder('node', ['-p', '`${process.execPath} ${process.versions.node}`'])).trim().split(' ')
      if (Number.parseInt(version!) >= 24) this.skip() // the machine's own Node would do
      const command = join(folder, 'node_modules', 'sluice', 'bin', 'sluice.js')
      assert.equal(await inFolder(older!, [command, '--version']), `${packageJson.version}\n`)
      await assert.rejects(inFolder(older!, [command, 'no-such-command']), { code: 2 })
      const elsewhere = temporaryFolder()
      await run('tar', ['-xzf', join(folder, packed.filename), '-C', elsewhere])
      const alone = inFolder(older!, [join(elsewhere, 'package', 'bin', 'sluice.js'), '--version'])
      await assert.rejects(alone, { code: 1, stderr: /runs on Node 24 or newer.*npm install-scripts approve node/ })
    })

    it('keeps nothing outside its own folder', () => {
      const names = readdirSync(folder).filter(name => !name.startsWith('sluice-'))
      assert.deepEqual(names.sort(), ['node_modules', 'package-lock.json', 'package.json'])
    })
  })
})
