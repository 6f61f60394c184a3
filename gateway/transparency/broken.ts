// How the log says that somebody has been at it.
import { GatewayError } from '#gateway/errors.ts'

export function broken(index: number | undefined, why: string): GatewayError {
  const where = index === undefined ? '' : ` at entry ${index}`
  return new GatewayError('UNAVAILABLE', `The transparency log is broken${where}: ${why}. Restore the state database from a backup.`)
}
