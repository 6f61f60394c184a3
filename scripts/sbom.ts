// `npm run sbom`: reads npm's bill of materials on stdin and writes that of production (CycloneDX 1.5) to sbom.cdx.json.
// npm's own `--omit dev` also leaves out what both a tool and the product need, two dozen packages.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import packageJson from '../package.json' with { type: 'json' }

interface Component { readonly 'bom-ref': string, readonly properties?: readonly { readonly name: string, readonly value: string }[] }
interface Bill {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string, readonly dependsOn?: readonly string[] }[]
}

const bill = await json(process.stdin) as Bill
const components = bill.components.filter(({ properties }) => !properties?.some(({ name }) => name === 'cdx:npm:package:development'))
const component = { ...bill.metadata.component, name: packageJson.name } // npm takes the folder's
const kept = new Set([component, ...components].map(one => one['bom-ref']))
const dependencies = bill.dependencies.filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(other => kept.has(other)) }))
const shipped = { ...bill, metadata: { ...bill.metadata, component }, components, dependencies }
writeFileSync(join(import.meta.dirname, '..', 'sbom.cdx.json'), `${JSON.stringify(shipped, undefined, 2)}\n`)
