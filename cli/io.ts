// Where a command writes, and by whom it reaches the gateway.
import { lines, printable, table } from '#cli/columns.ts'
import type { Client } from '#cli/client.ts'
import { codeOf } from '#cli/errors.ts'

export interface Io {
  /** One JSON document, or one a line for feeds; else text for people. */
  readonly isJson: boolean
  /** The gateway's API, as whoever's key is at hand. Throws where there is no key. */
  client(): Promise<Client>
  /** Prints what a command is for: the JSON document, or for people the fields named, as a table where it is a list. */
  show(result: object, fields?: readonly string[]): void
  /** A line on stdout. */
  print(line: string): void
  /** A line on stderr, for people. Nothing with --json: there stderr is for machines as well. */
  note(line: string): void
  /** One line of JSON on stderr with --json; else the text. */
  signal(document: object, text: string): void
}

/** Everything goes through the process's own stdout and stderr. */
export function processIo(isJson: boolean, client: () => Promise<Client>): Io {
  const print = (line: string): void => { process.stdout.write(`${line}\n`) }
  const complain = (line: string): void => { process.stderr.write(`${line}\n`) }
  return {
    isJson, client, print,
    show: (result, fields = []) => print(isJson ? JSON.stringify(result) : Array.isArray(result) ? table(result as object[], fields) : lines(result)),
    note: line => { if (!isJson) complain(line) },
    signal: (document, text) => complain(isJson ? JSON.stringify(document) : text),
  }
}

/** How a command that failed says so. */
export function report(error: unknown, isJson: boolean): void {
  const code = codeOf(error), message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${isJson ? JSON.stringify({ error: { code, message } }) : `sluice: ${printable(message)} (${code})`}\n`)
}
