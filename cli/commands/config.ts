// config check: what a gateway would be told, where each word of it comes from, and what is wrong with it.
import { columns, printable } from '#cli/columns.ts'
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { settle } from '#gateway/config/config.ts'
import { faultText } from '#gateway/config/layer.ts'
import type { Effective } from '#gateway/config/merge.ts'

/** Throws BAD_REQUEST where there is a fault, when all of them are printed. */
export async function configCheck(input: Input, io: Io): Promise<void> {
  const { faults, settings } = await settle({ file: input.text('FILE'), environment: process.env })
  const ok = faults.length === 0
  if (io.isJson) io.show({ ok, faults, settings })
  else for (const line of ok ? told(settings) : faults.map(faultText).map(printable)) io.print(line)
  if (!ok) throw new CliError('BAD_REQUEST', `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}.`)
}

function told(settings: Readonly<Record<string, Effective>>): readonly string[] {
  const rows = Object.entries(settings).map(([name, { value, ...about }]) => [name, JSON.stringify(value), placeText(about)].map(printable))
  return [columns(rows), '', 'There is no fault in it.']
}

function placeText({ from, file, line, variable }: Omit<Effective, 'value'>): string {
  return variable ?? (file === undefined ? from : `${file}:${line}`)
}
