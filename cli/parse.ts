// From the words of a command line to a command and its input. What is not in the table is bad usage.
import { parseArgs } from 'node:util'
import { optionsOf, type Command, type Option } from '#cli/command.ts'
import { usageError } from '#cli/errors.ts'
import { Input, type Value } from '#cli/input.ts'

/** The command that the first words name; its words are taken off. */
export function findCommand(commands: readonly Command[], argv: readonly string[]): { command: Command, rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const command = commands.find(({ name }) => name.split(' ').length === words && name === argv.slice(0, words).join(' '))
    if (command) return { command, rest: argv.slice(words) }
  }
  return undefined
}

/** Throws a usage error that names the command's --help. */
export function parseInput(command: Command, args: readonly string[]): Input {
  try {
    return inputOf(command, args)
  } catch (error) {
    throw usageError(`${firstSentence((error as Error).message)}. See \`sluice ${command.name} --help\`.`)
  }
}

/** What parseArgs says behind it is about a syntax of its own, on lines of their own. */
function firstSentence(message: string): string { return message.split(/\.(?:\s|$)/, 1)[0]! }

function inputOf(command: Command, args: readonly string[]): Input {
  const options = optionsOf(command)
  const { values, positionals } = parseArgs({
    args: [...joined(args, options)], strict: true, allowPositionals: true,
    options: Object.fromEntries(options.map(({ name, type }) => [name, { type: type === 'flag' ? 'boolean' : 'string', multiple: true } as const])),
  })
  const result = new Map<string, Value>()
  for (const option of options) {
    const value = valueOf(option, values[option.name])
    if (value !== undefined) result.set(option.name, value)
  }
  if (values['help'] === undefined) takeArguments(command, positionals, result)
  return new Input(result)
}

/**
 * A value may begin with a minus (`--location -0.12,51.5`), which parseArgs would take for an option: it is tied to its name.
 * Two minuses are always an option.
 */
function joined(args: readonly string[], options: readonly Option[]): readonly string[] {
  const takesValue = new Set(options.filter(({ type }) => type !== 'flag').map(({ name }) => `--${name}`))
  const result: string[] = []
  for (let k = 0; k < args.length; k++) {
    const word = args[k]!, next = args[k + 1]
    if (word === '--') return [...result, ...args.slice(k)]
    if (takesValue.has(word) && next?.startsWith('-') && !next.startsWith('--')) { result.push(`${word}=${next}`); k++ }
    else result.push(word)
  }
  return result
}

function takeArguments({ arguments: wanted = [], options }: Command, given: readonly string[], result: Map<string, Value>): void {
  const lacking = options.filter(({ name, isRequired }) => isRequired && !result.has(name))
  const missing = [...wanted.slice(given.length).filter(({ isOptional }) => !isOptional).map(({ name }) => name), ...lacking.map(({ name }) => `--${name}`)]
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} needed`)
  if (given.length > wanted.length) throw new Error(`Unexpected argument '${given[wanted.length]}'`)
  wanted.slice(0, given.length).forEach(({ name }, k) => result.set(name, given[k]!))
}

function valueOf(option: Option, given: readonly (string | boolean)[] | undefined): Value | undefined {
  if (given === undefined) return option.default
  if (option.type === 'flag') return true
  const texts = given as readonly string[]
  if (option.type === 'list') return listOf(option, texts)
  if (texts.length > 1) throw new Error(`--${option.name} was given more than once`)
  return READERS[option.type](option, texts[0]!)
}

const READERS: Readonly<Record<Exclude<Option['type'], 'list' | 'flag'>, (option: Option, text: string) => Value>> = {
  text({ name }, text) {
    if (text === '') throw new Error(`--${name} is empty`)
    return text
  },
  choice({ name, values = [] }, text) {
    if (!values.includes(text)) throw new Error(`--${name} must be one of ${values.join(', ')}`)
    return text
  },
  integer(option, text) {
    if (!/^[+-]?\d+$/.test(text)) throw new Error(`--${option.name} must be a whole number`)
    return within(option, Number(text))
  },
  number(option, text) {
    if (!isDecimal(text)) throw new Error(`--${option.name} must be a number`)
    return within(option, Number(text))
  },
  location({ name }, text) {
    const [longitude, latitude, ...more] = text.split(',').map(part => part.trim())
    const isPlace = longitude !== undefined && latitude !== undefined && more.length === 0 && isDecimal(longitude) && isDecimal(latitude)
    if (!isPlace) throw new Error(`--${name} must be LON,LAT in degrees, such as -0.12,51.5`)
    return [Number(longitude), Number(latitude)]
  },
}

function listOf({ name }: Option, texts: readonly string[]): readonly string[] {
  const items = texts.flatMap(text => text.split(',')).map(item => item.trim()).filter(item => item !== '')
  if (items.length === 0) throw new Error(`--${name} is empty`)
  return items
}

function within({ name, min = -Infinity, max = Infinity }: Option, value: number): number {
  if (value < min || value > max) throw new Error(`--${name} must be ${max === Infinity ? `${min} or more` : `from ${min} to ${max}`}`)
  return value
}

function isDecimal(text: string): boolean { return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) }
