// Help, written from the command table: nothing is said twice.
import { optionsOf, type Command, type Option } from '#cli/command.ts'
import { columns } from '#cli/columns.ts'

export function overview(commands: readonly Command[]): string {
  const groups = [...Map.groupBy(commands, ({ group }) => group)].map(([group, members]) => `${group}\n${columns(members.map(({ name, summary }) => [`  ${name}`, summary]))}`)
  return [
    'sluice: a gate in the stream of sensor data.', 'usage: sluice COMMAND [arguments] [options]        sluice COMMAND --help', ...groups,
    'Every command takes --json and --help. The gateway is found by --url or SLUICE_URL, and knows you by the key in SLUICE_KEY or --key-file.',
  ].join('\n\n')
}

/** The commands that begin with a word: `sluice consent --help`. */
export function family(word: string, members: readonly Command[]): string {
  return `usage: sluice ${word} ${members.map(({ name }) => name.slice(word.length + 1)).join('|')}\n\n${columns(members.map(({ name, summary }) => [`  sluice ${name}`, summary]))}`
}

export function helpOf(command: Command): string {
  const { arguments: wanted = [], options, examples, summary } = command
  const shown = [...wanted.map(({ name, help }) => [`  ${name}`, help] as const), ...optionsOf(command).map(option => [`  ${written(option)}`, explained(option)] as const)]
  return [`usage: ${usageOf(command)}`, summary, columns(shown), `${options.length + wanted.length > 0 ? 'Examples' : 'Example'}\n${examples.map(example => `  ${example}`).join('\n')}`].join('\n\n')
}

export function usageOf({ name, arguments: wanted = [], options }: Command): string {
  return ['sluice', name, ...wanted.map(argument => argument.name), ...options.map(option => option.isRequired ? written(option) : `[${written(option)}]`)].join(' ')
}

function written({ name, type, value, values }: Option): string {
  return type === 'flag' ? `--${name}` : `--${name} ${values?.join('|') ?? value ?? 'TEXT'}`
}

function explained({ help, type, isRequired, default: fallback }: Option): string {
  const notes = [type === 'list' && 'Commas, or repeated.', isRequired && 'Needed.', fallback !== undefined && `Default: ${fallback}.`].filter(note => note !== false)
  return [help, ...notes].join(' ')
}

/** Whether help is asked for, anywhere on the line. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some(word => word === '--help' || word === '-h')
}
