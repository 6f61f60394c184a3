// An old Node cannot run the source, or lacks what the state needs. (`bin/sluice.js` already refuses one that is much too old.)
import { fault, ok, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'

export const NODE_MAJOR_MIN = 24

export function node({ nodeVersion }: Facts): Finding {
  const major = Number(/^v(\d+)\./.exec(nodeVersion)?.[1])
  if (major >= NODE_MAJOR_MIN) return ok(nodeVersion)
  const remedy = `Install Node ${NODE_MAJOR_MIN} or newer, or start Sluice by npx or npm in its folder, which bring their own.`
  return fault(`${nodeVersion} is too old`, remedy)
}
