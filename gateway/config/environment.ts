// Settings from the environment: SLUICE_ and the name in upper snake case, lists by commas. An empty variable says nothing.
import type { Fault, Layer } from '#gateway/config/layer.ts'
import { nearest } from '#gateway/config/nearest.ts'
import { nested, SETTINGS, type Setting } from '#gateway/config/settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const PREFIX = 'SLUICE_'
const CONFIG_FILE = 'SLUICE_CONFIG'
/** They say to a client where the gateway is and who asks. */
const OF_CLIENTS: readonly string[] = ['SLUICE_URL', 'SLUICE_KEY']

/** Which file to read, where the command line names none. */
export function configFileIn(environment: Environment): string | undefined { return environment[CONFIG_FILE] || undefined }

export function environmentLayer(environment: Environment): Layer {
  const variables = new Map(SETTINGS.map(({ name, variable }) => [name, variable]))
  return {
    origin: 'environment', faults: misspelt(environment),
    written: nested(setting => valueOf(setting, environment[setting.variable])),
    placeOf: path => ({ variable: path.map((_, end) => variables.get(path.slice(0, end + 1).join('.'))).find(name => name !== undefined) }),
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([['true', true], ['false', false]])

/** A text that is none of its type is left as it is, for the schema to refuse. */
function valueOf({ described: { type } }: Setting, text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined
  if (type === 'array') return text.split(',').map(item => item.trim()).filter(item => item !== '')
  if (type === 'boolean') return BOOLEANS.get(text.trim().toLowerCase()) ?? text
  const isNumber = type === 'integer' || type === 'number'
  return isNumber && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text.trim()) ? Number(text) : text
}

/** Others than ours are let be, for a cluster may set SLUICE_SERVICE_HOST by itself; one that is nearly a setting is meant as it. */
function misspelt(environment: Environment): readonly Fault[] {
  const known = [...SETTINGS.map(({ variable }) => variable), CONFIG_FILE], names = known.map(name => name.slice(PREFIX.length))
  const strangers = Object.keys(environment).filter(name => name.startsWith(PREFIX) && ![...known, ...OF_CLIENTS].includes(name))
  return strangers.flatMap(variable => {
    const meant = nearest(variable.slice(PREFIX.length), names)
    const message = `There is no setting ${variable}.`
    return meant === undefined ? [] : [{ variable, path: '', message, remedy: `Did you mean ${PREFIX}${meant}?` }]
  })
}
