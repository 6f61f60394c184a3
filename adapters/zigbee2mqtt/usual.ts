// Units that nobody declared: what nearly all definitions say, else what the message leaves no doubt about, else none.
import type { JsonRecord } from '#adapters/json.ts'
import type { Property } from '#adapters/zigbee2mqtt/properties.ts'
import { TELLING, type NumberRule } from '#adapters/zigbee2mqtt/tables.ts'

/** Where `voltage` is measured; undefined where the properties do not tell. */
export type Supply = 'battery' | 'mains' | undefined

/** No air on the Earth's surface has less than 300 hPa or more than 110 kPa: a number on this side of the line is in kPa, else in hPa. */
export const AIR_PRESSURE_KPA_MAX = 115

/** A device with a battery and nothing of the mains, or the other way round. */
export function supplyOf(properties: readonly Property[]): Supply {
  const isBattery = properties.some(({ tells }) => tells.isBattery), isMains = properties.some(({ tells }) => tells.isMains)
  if (isBattery === isMains) return undefined
  return isMains ? 'mains' : 'battery'
}

/** The unit that goes without saying. Undefined: it has to be said. */
export function usualUnit(rule: NumberRule, supply: Supply): string | undefined {
  if (rule.quantity === 'voltage') return supply && (supply === 'battery' ? 'mV' : 'V')
  return rule.quantity === 'pressure' ? undefined : rule.unit
}

/**
 * The unit of a value that nobody declared: the usual one, else the only one that is possible with this value and beside these properties.
 */
export function impliedUnit(rule: NumberRule, property: string, value: number, state: JsonRecord, supply: Supply): string | undefined {
  if (rule.quantity === 'pressure') return value <= AIR_PRESSURE_KPA_MAX ? 'kPa' : 'hPa'
  // A power factor is at most 1, and some devices send it in percent.
  if (rule.quantity === 'powerFactor' && Math.abs(value) > 1) return '%'
  return usualUnit(rule, supply) ?? TELLING[property]?.find(([beside]) => Object.hasOwn(state, beside))?.[1]
}
