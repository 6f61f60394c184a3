// The command line: finds the command, reads its input, runs it, and turns what happened into an exit code.
import { connect } from '#cli/connect.ts'
import { CliError, EXIT_REFUSED, usageError } from '#cli/errors.ts'
import { asksForHelp, family, helpOf, overview } from '#cli/help.ts'
import { processIo, report } from '#cli/io.ts'
import { findCommand, parseInput } from '#cli/parse.ts'
import { COMMANDS } from '#cli/table.ts'

/** The words behind `sluice`. Resolves with the exit code: 0, 1 for a refusal, 2 for bad usage. */
export async function main(argv: readonly string[]): Promise<number> {
  if (!process.stdout.listeners('error').includes(endQuietly)) process.stdout.on('error', endQuietly)
  try {
    await run(argv)
    return 0
  } catch (error) {
    report(error, argv.includes('--json'))
    return error instanceof CliError ? error.exitCode : EXIT_REFUSED
  }
}

async function run(argv: readonly string[]): Promise<void> {
  const found = findCommand(COMMANDS, argv)
  if (!found) { process.stdout.write(`${argv[0] === '--version' ? await version() : helpWithoutCommand(argv)}\n`); return }
  const { command, rest } = found
  if (asksForHelp(rest)) { process.stdout.write(`${helpOf(command)}\n`); return }
  const input = parseInput(command, rest)
  const execute = await command.load()
  await execute(input, processIo(input.flag('json'), () => connect(input, process.env)))
}

async function version(): Promise<string> {
  const { default: { version: number } } = await import('../package.json', { with: { type: 'json' } })
  return number
}

/** Throws where no help was asked for. */
function helpWithoutCommand(argv: readonly string[]): string {
  const [word] = argv
  if (word === undefined || word === '--help' || word === '-h') return overview(COMMANDS)
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${word} `))
  if (members.length > 0 && asksForHelp(argv)) return family(word, members)
  if (members.length === 0) throw usageError(`There is no command ${word}: see \`sluice --help\`.`)
  throw usageError(`${word} what? ${members.map(({ name }) => `\`sluice ${name}\``).join(', ')}.`)
}

/** Whoever read stdout has enough (`sluice subscribe … | head`). */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}
