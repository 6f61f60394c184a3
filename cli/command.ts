// What a command is: data for parsing and help, and where to find the function that runs it.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export interface Command {
  /** One word or two: `streams`, `party add`. */
  readonly name: string
  /** Heading under which `sluice --help` lists it. */
  readonly group: string
  /** One sentence. */
  readonly summary: string
  /** What stands behind the name, by position; optional ones last. */
  readonly arguments?: readonly Argument[]
  readonly options: readonly Option[]
  /** Whole command lines, the first being what most people want. */
  readonly examples: readonly string[]
  /** It does not call the API: neither --url nor --key-file. */
  readonly isLocal?: true
  /** Loads the code, when the command is to run and not before. */
  readonly load: () => Promise<Run>
}

export interface Argument { readonly name: string, readonly help: string, readonly isOptional?: true }

export interface Option {
  /** `empty-mm`: written `--empty-mm`, read as `empty-mm`. */
  readonly name: string
  readonly help: string
  /** `list`: by commas, or repeated. `location`: LON,LAT. `flag` takes no value. */
  readonly type: 'text' | 'choice' | 'list' | 'integer' | 'number' | 'location' | 'flag'
  /** How help writes its value; a choice without it is written as its values. */
  readonly value?: string
  readonly values?: readonly string[]
  readonly isRequired?: true
  readonly default?: string | number
  /** Of a number, inclusive. */
  readonly min?: number
  readonly max?: number
}

/** Runs a command. Whatever it throws ends the process with a message; a CliError chooses the exit code. */
export type Run = (input: Input, io: Io) => Promise<void> | void

export const SHARED_OPTIONS: readonly Option[] = [
  { name: 'json', type: 'flag', help: 'Print JSON: one document, or one a line where it is a feed. Errors too, on stderr.' },
  { name: 'help', type: 'flag', help: 'Show this.' },
]

export const DEFAULT_URL = 'http://127.0.0.1:8080'

export const CLIENT_OPTIONS: readonly Option[] = [
  { name: 'url', type: 'text', value: 'URL', help: `Where the gateway is (else SLUICE_URL, else ${DEFAULT_URL}).` },
  {
    name: 'key-file', type: 'text', value: 'FILE',
    help: 'A file with your key (else SLUICE_KEY). A key is no argument: everybody on the machine could read it.',
  },
]

/** Every option that a command understands. */
export function optionsOf({ options, isLocal }: Command): readonly Option[] {
  return [...options, ...isLocal ? [] : CLIENT_OPTIONS, ...SHARED_OPTIONS]
}
