// demo: the whole story on one screen, and its books as the last line.
import { runDemo } from '#cli/demo/demo.ts'
import { faultsOf } from '#cli/demo/summary.ts'
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import { interruption } from '#cli/interrupt.ts'
import type { Io } from '#cli/io.ts'

/** Ctrl-C ends the run early. Throws when its books do not balance. */
export async function demo(input: Input, io: Io): Promise<void> {
  const summary = await runDemo(input.number('seconds')!, process.stderr, interruption())
  io.print(JSON.stringify(summary))
  const faults = faultsOf(summary)
  if (faults.length > 0) throw new CliError('INTERNAL', `The demo's books do not balance: ${faults.join('; ')}.`)
}
