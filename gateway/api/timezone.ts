// Zones of local times: those that this machine's tables know.
import { GatewayError } from '#gateway/errors.ts'

/** Throws BAD_REQUEST where a zone is given that is no IANA name. */
export function checkTimezone(name: string | null | undefined): void {
  if (name === undefined || name === null || isZone(name)) return
  throw new GatewayError('BAD_REQUEST', 'There is no such timezone: give an IANA name such as Europe/Madrid.')
}

function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false // ECMA-402 takes offsets as well
  try { new Intl.DateTimeFormat('en', { timeZone: name }); return true } catch { return false }
}
