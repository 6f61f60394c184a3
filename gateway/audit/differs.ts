// How the audit says that the books and the transparency log are not of one mind.
import { GatewayError } from '#gateway/errors.ts'

/** `what`: the row, as people would call it. */
export function differs(what: string, why: string): GatewayError {
  return new GatewayError('UNAVAILABLE', `The books are not what the transparency log has: ${what} ${why}. Restore the state database from a backup.`)
}
