// What we say we ship is what the lock file has us ship.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import lock from '../../package-lock.json' with { type: 'json' }
import packageJson from '../../package.json' with { type: 'json' }

const ROOT = join(import.meta.dirname, '..', '..')

interface Locked { readonly version: string, readonly integrity?: string, readonly dev?: boolean, readonly hasInstallScript?: boolean }
interface Component {
  readonly name: string
  readonly version: string
  readonly hashes?: readonly { readonly alg: string, readonly content: string }[]
  readonly licenses?: readonly unknown[]
}

const packages = Object.entries(lock.packages as Record<string, Locked>).filter(([path]) => path !== '') // less the project itself
  .map(([path, locked]) => ({ ...locked, name: path.split('node_modules/').at(-1)! }))

describe('The bill of materials', () => {
  let components: readonly Component[]
  let root: Component

  before(async () => {
    await promisify(execFile)('npm', ['run', 'sbom'], { cwd: ROOT })
    const bill = JSON.parse(readFileSync(join(ROOT, 'sbom.cdx.json'), 'utf8'))
    assert.equal(bill.bomFormat, 'CycloneDX')
    components = bill.components
    root = bill.metadata.component
  })

  it('names every package of production by its version, its hash and its licence, and no tool', () => {
    const wanted = new Map(packages.filter(({ dev }) => !dev).map(({ name, version, integrity }) => [`${name}@${version}`, integrity]))
    assert.ok(wanted.size > Object.keys(packageJson.dependencies).length)
    const named = new Map(components.map(({ name, version, hashes }) => [`${name}@${version}`, hashes]))
    assert.deepEqual([...named.keys()].sort(), [...wanted.keys()].sort())
    for (const [name, integrity] of wanted) {
      const sha512 = named.get(name)!.find(({ alg }) => alg === 'SHA-512')!.content
      assert.equal(`sha512-${Buffer.from(sha512, 'hex').toString('base64')}`, integrity, name)
    }
    assert.deepEqual(components.filter(({ licenses }) => !licenses?.length).map(({ name }) => name), [])
  })

  it('is of this version, and has what package.json asks for', () => {
    assert.deepEqual([root.name, root.version], [packageJson.name, packageJson.version])
    const named = new Set(components.map(({ name }) => name))
    const wanted = Object.keys({ ...packageJson.dependencies, ...packageJson.optionalDependencies })
    assert.deepEqual(wanted.filter(name => !named.has(name)), [])
  })
})

describe('The lock file', () => {
  it('has the hash of everything, and one package that may run something while it is installed: Node itself', () => {
    assert.deepEqual(packages.filter(({ integrity }) => !integrity?.startsWith('sha512-')).map(({ name }) => name), [])
    const runs = packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)
    assert.deepEqual(runs, Object.keys(packageJson.allowScripts))
  })
})
