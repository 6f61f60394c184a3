// How a command ends when it does not succeed.

/** Refused, or not possible: exit 1. */
export const EXIT_REFUSED = 1
/** The command line itself is wrong: exit 2. */
export const EXIT_USAGE = 2

/** An end with a word for machines and a message that says what to do. */
export class CliError extends Error {
  readonly code: string
  readonly exitCode: number
  constructor(code: string, message: string, { exitCode = EXIT_REFUSED, cause }: { exitCode?: number, cause?: unknown } = {}) {
    super(message, { cause })
    this.name = 'CliError'
    this.code = code
    this.exitCode = exitCode
  }
}

export function usageError(message: string): CliError {
  return new CliError('BAD_USAGE', message, { exitCode: EXIT_USAGE })
}

/** Errors of our own, and those of the gateway's rooms when a command runs one in this process, carry a code. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return error instanceof Error && typeof code === 'string' ? code : 'INTERNAL'
}
