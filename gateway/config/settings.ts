// Every setting, read off the schema: there is no second list of them.
import schema from '#gateway/config/config.schema.json' with { type: 'json' }

export { schema }

/** What the schema says of one setting, or of a group of them. */
export interface Described {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object'
  readonly description: string
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Described>>
  readonly required?: readonly string[]
}

export interface Setting {
  /** As in the file, groups by a dot: `history.url`. */
  readonly name: string
  readonly path: readonly string[]
  /** In the environment: `SLUICE_HISTORY_URL`. */
  readonly variable: string
  /** The group has no meaning without it. */
  readonly isRequired: boolean
  readonly described: Described
}

export const SETTINGS: readonly Setting[] = settingsIn(schema as unknown as Described, [])

function settingsIn({ properties = {}, required = [] }: Described, above: readonly string[]): readonly Setting[] {
  return Object.entries(properties).flatMap(([word, described]) => {
    const path = [...above, word]
    if (described.type === 'object') return settingsIn(described, path)
    return [{ name: path.join('.'), path, variable: variableOf(path), isRequired: required.includes(word), described }]
  })
}

function variableOf(path: readonly string[]): string {
  return ['SLUICE', ...path.map(word => word.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase())].join('_')
}

/** Nested as in the file: for each setting its value in `valueOf`, where it has one. */
export function nested(valueOf: (setting: Setting) => unknown): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const setting of SETTINGS) {
    const value = valueOf(setting)
    if (value === undefined) continue
    let group = result
    for (const word of setting.path.slice(0, -1)) group = (group[word] ??= {}) as Record<string, unknown>
    group[setting.path.at(-1)!] = value
  }
  return result
}

/** What stands at a path, in what somebody wrote; undefined where there is nothing. */
export function valueAt(written: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, word) => isGroup(value) && Object.hasOwn(value, word) ? value[word] : undefined, written)
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
