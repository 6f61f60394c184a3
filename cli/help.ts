// Help, written from the command table: nothing is said twice.
import { optionsOf, type Command, type Option } from '#cli/command.ts'
import { columns, wrapped } from '#cli/columns.ts'

export function overview(commands: readonly Command[]): string {
  const groups = [...Map.groupBy(commands, ({ group }) => group)].map(([group, members]) => `${group}\n${summaries(members, '  ')}`)
  return [
    'sluice: a gate in the stream of sensor data.',
    'usage: sluice COMMAND [arguments] [options]        sluice COMMAND --help', ...groups,
    'Every command takes --json and --help. The gateway is found by --url or SLUICE_URL, and knows you by the key in SLUICE_KEY or --key-file.',
  ].join('\n\n')
}

const WIDTH = 110
const NO_BREAK = '\u00a0'

/** The commands that begin with a word: `sluice consent --help`. */
export function family(word: string, members: readonly Command[]): string {
  return `usage: sluice ${word} ${members.map(({ name }) => name.slice(word.length + 1)).join('|')}\n\n${summaries(members, '  sluice ')}`
}

function summaries(commands: readonly Command[], indent: string): string {
  return explanations(commands.map(({ name, summary }) => [indent + name, summary]))
}

export function helpOf(command: Command): string {
  const { arguments: wanted = [], examples, summary } = command
  const shown = [
    ...wanted.map(({ name, help }) => [`  ${name}`, help] as const),
    ...optionsOf(command).map(option => [`  ${written(option)}`, explained(option)] as const),
  ]
  const [usage, ...more] = wrapped(usageOf(command), WIDTH).map(line => line.replaceAll(NO_BREAK, ' '))
  return [
    [`usage: ${usage}`, ...more.map(line => `           ${line}`)].join('\n'), summary, explanations(shown),
    `For example\n${examples.map(example => `  ${example}`).join('\n')}`,
  ].join('\n\n')
}

/** An option and its value are not parted by the end of a line. */
function usageOf({ name, arguments: wanted = [], options }: Command): string {
  const shown = options.map(option => option.isRequired ? written(option) : `[${written(option)}]`).map(text => text.replaceAll(' ', NO_BREAK))
  return ['sluice', name, ...wanted.map(({ name: word, isOptional }) => isOptional ? `[${word}]` : word), ...shown].join(' ')
}

/** Two columns, the right one wrapped. */
function explanations(rows: readonly (readonly [left: string, right: string])[]): string {
  const left = Math.max(...rows.map(([text]) => text.length))
  return columns(rows.flatMap(([text, right]) => wrapped(right, WIDTH - left).map((line, k) => [k === 0 ? text : '', line])))
}

function written({ name, type, value, values }: Option): string {
  return type === 'flag' ? `--${name}` : `--${name} ${value ?? values?.join('|') ?? 'TEXT'}`
}

function explained({ help, type, value, values, isRequired, default: fallback }: Option): string {
  const notes = [
    value && values && `One of ${values.join(', ')}.`, type === 'list' && 'By commas, or repeated.', isRequired && 'Needed.',
    fallback !== undefined && `${fallback} unless given.`,
  ]
  return [help, ...notes.filter(note => typeof note === 'string')].join(' ')
}

/** Whether help is asked for, anywhere on the line. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).some(word => word === '--help' || word === '-h')
}
