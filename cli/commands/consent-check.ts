// consent check: whether a record that somebody has brought holds all that is mandatory. Nothing is asked of anybody.
import { readFileSync } from 'node:fs'
import { CliError, usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { missingIn, RECORD_BYTES_MAX, type Missing } from '#gateway/consent/records/profile.ts'

/** Throws INCOMPLETE where something is missing, when all of it was named. */
export function consentCheck(input: Input, io: Io): void {
  const missing = missingOf(textOf(input.needed('FILE')))
  if (io.isJson) io.show({ complete: missing.length === 0, missing })
  else for (const { field, path } of missing) io.print(`${field}: ${path}`)
  if (missing.length > 0) throw new CliError('INCOMPLETE', `${missing.length} mandatory ${missing.length === 1 ? 'field is' : 'fields are'} missing or wrong: ${[...new Set(missing.map(({ field }) => field))].join(', ')}.`)
  if (!io.isJson) io.print('All mandatory fields are there.')
}

function textOf(file: string): string {
  let bytes: Buffer
  try { bytes = readFileSync(file === '-' ? 0 : file) } catch (error) { throw usageError(`The record cannot be read: ${(error as Error).message}.`) }
  if (bytes.length > RECORD_BYTES_MAX) throw usageError(`A record has at most ${RECORD_BYTES_MAX} bytes, and this has ${bytes.length}.`)
  return bytes.toString()
}

function missingOf(text: string): readonly Missing[] {
  try { return missingIn(JSON.parse(text)) } catch (error) { throw usageError(`This is no record: ${(error as Error).message}`) }
}
