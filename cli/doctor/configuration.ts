// A gateway does not start with a configuration that is wrong. The checks behind this one go on without what is wrong.
import { fault, ok, type Answer } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { faultText } from '#gateway/config/layer.ts'

const SHOWN_MAX = 20

export function configuration({ faults, settings }: Facts): Answer {
  if (faults.length > 0) return faults.slice(0, SHOWN_MAX).map(each => fault(faultText({ ...each, remedy: '' }).trim(), each.remedy))
  const given = Object.values(settings).filter(({ from }) => from !== 'default').length
  if (given === 0) return ok('all settings are the defaults')
  return ok(`${given === 1 ? '1 setting is' : `${given} settings are`} given, the rest are the defaults`)
}
