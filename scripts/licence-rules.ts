// Which licences may come in by a dependency, and which packages of a lock file have another.

/** They ask for a notice and no more, so that whoever builds on Sluice (Apache-2.0) owes nobody source code. */
export const SHIPPED: readonly string[] = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']
/** Tools and tests go to nobody: what else they may have, none of it GPL or AGPL. */
export const FOR_TOOLS: readonly string[] = [...SHIPPED, 'BlueOak-1.0.0', 'PSF-2.0']

/** One package of a lock file (`packages`, by its path from the root; '' is the project itself). */
export interface Locked { readonly version?: string, readonly license?: string, readonly dev?: boolean }

/** What a package.json says of its licence: SPDX by now, an object or a list of them in old ones. */
export interface Described {
  readonly license?: string | { readonly type?: string }
  readonly licenses?: readonly { readonly type?: string }[]
}

export type Describe = (path: string) => Described | undefined

export interface Objection { readonly package: string, readonly licence: string, readonly isShipped: boolean }

/** `describe` gives the package.json of an installed package; what is not installed (another platform's) is judged by the lock file. */
export function objections(packages: Readonly<Record<string, Locked>>, describe: Describe): readonly Objection[] {
  return Object.entries(packages).filter(([path]) => path !== '').flatMap(([path, locked]) => {
    const licences = [...new Set([licenceOf(describe(path)), locked.license])].filter(licence => licence !== undefined)
    const allowed = locked.dev ? FOR_TOOLS : SHIPPED
    if (licences.length > 0 && licences.every(licence => isAllowed(licence, allowed))) return []
    const name = path.split('node_modules/').at(-1)
    return [{ package: `${name}@${locked.version}`, licence: licences.join(', ') || 'none', isShipped: !locked.dev }]
  })
}

/** An SPDX expression (ISO/IEC 5962, annex D) without parentheses within parentheses: of an OR one is enough, of an AND it takes all. */
export function isAllowed(expression: string, allowed: readonly string[]): boolean {
  const bare = expression.replace(/^\(([^()]*)\)$/, '$1')
  if (bare.includes(' OR ')) return bare.split(' OR ').some(part => isAllowed(part, allowed))
  if (bare.includes(' AND ')) return bare.split(' AND ').every(part => isAllowed(part, allowed))
  return allowed.includes(bare.trim())
}

function licenceOf({ license, licenses }: Described = {}): string | undefined {
  if (typeof license === 'string') return license
  return license?.type ?? (licenses && licenses.map(({ type }) => type).join(' OR ')) // whoever listed several gave the choice
}
