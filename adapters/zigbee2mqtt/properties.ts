// What one property of Zigbee2MQTT is, by its name alone: its quantity, its endpoint or phase, and what it tells of its device.
import type { Phase } from '#adapters/reading.ts'
import { GAUGE_PROPERTY, MAINS, NUMBER_RULES, PHASED, WORD_RULES, type NumberRule, type WordRule } from '#adapters/zigbee2mqtt/tables.ts'

/** Names that are remembered, since nearly all messages bring the same ones. A longer name is none of the tables' and is not remembered. */
export const NAMES_MAX = 4096
export const NAME_LENGTH_MAX = 64

export interface Property {
  /** The name without its endpoint or phase. */
  readonly base: string
  /** At least one of the two where the property has a quantity. */
  readonly number?: NumberRule
  readonly word?: WordRule
  readonly channel?: string
  readonly phase?: Phase
  /** Where the phase is but a letter, which on some devices is the name of a clamp. */
  readonly letter?: string
  readonly tells: { readonly isBattery: boolean, readonly isMains: boolean, readonly isThreePhase: boolean, readonly isGauge: boolean }
}

type Place = Pick<Property, 'base' | 'channel' | 'phase' | 'letter'>

/** Endpoints that Zigbee2MQTT appends to a property of a device with several of it. */
const NUMBERED = '(?:l|ch|p|c|s|t|th|ep|probe|sensor|alarm_)?\\d{1,3}'
const SIDE = '(?:(?:top|center|bottom)_)?(?:left|right)|center|top|bottom|up|down'
/** What stands behind the last `_` of a name with an endpoint or a phase, where it is no number. */
export const ENDPOINT_ENDS = ['left', 'right', 'center', 'top', 'bottom', 'up', 'down', 'probe', 'switch', 'usb', 'heat', 'bme', 'ds', 'a', 'b', 'c', 'X', 'Y', 'Z'] as const
const ENDPOINT = new RegExp(`^(.+?)_(${NUMBERED}|${SIDE}|probe|main_switch|usb|heat|bme|ds)$`)
const PHASE = /^(.+)_(?:phase|ph)_([abc])$/
const LETTER = /^(.+)_([abcXYZ])$/
const PHASE_OF: Readonly<Record<string, Phase>> = { a: 'L1', b: 'L2', c: 'L3', X: 'L1', Y: 'L2', Z: 'L3' }
/** Phases B and C by name, or a voltage of their own: clamps that are merely called B share the one voltage of the meter. */
const THREE_PHASES = /_ph(?:ase)?_[bc]$|^voltage_[bcYZ]$/

const known = new Map<string, Property>()

export function propertyOf(name: string): Property {
  const property = known.get(name)
  if (property) return property
  const made = make(name)
  if (name.length > NAME_LENGTH_MAX) return made
  if (known.size >= NAMES_MAX) known.clear()
  known.set(name, made)
  return made
}

function make(name: string): Property {
  const place = name.length > NAME_LENGTH_MAX ? undefined : placeOf(name)
  const number = place && NUMBER_RULES.get(place.base), word = place && WORD_RULES.get(place.base)
  return {
    ...(place ?? { base: name }), number, word,
    tells: {
      isBattery: name.startsWith('battery'),
      isMains: number !== undefined && MAINS.has(number.quantity),
      isThreePhase: place !== undefined && THREE_PHASES.test(name),
      isGauge: GAUGE_PROPERTY.test(name),
    },
  }
}

/** Undefined where the property has no quantity. */
function placeOf(name: string): Place | undefined {
  if (NUMBER_RULES.has(name) || WORD_RULES.has(name)) return { base: name }
  const phase = PHASE.exec(name)
  if (phase) return isPhased(phase[1]!) ? { base: phase[1]!, phase: PHASE_OF[phase[2]!] } : undefined
  const letter = LETTER.exec(name)
  if (letter) return isPhased(letter[1]!) ? { base: letter[1]!, phase: PHASE_OF[letter[2]!], letter: letter[2]!.toLowerCase() } : undefined
  const endpoint = ENDPOINT.exec(name)
  return endpoint && hasEndpoints(endpoint[1]!) ? { base: endpoint[1]!, channel: endpoint[2]! } : undefined
}

function isPhased(base: string): boolean {
  const rule = NUMBER_RULES.get(base)
  return rule !== undefined && rule.phase === undefined && PHASED.has(rule.quantity)
}

/** What stands for a place itself, or for the whole device, is not repeated per endpoint. */
function hasEndpoints(base: string): boolean {
  const rule = NUMBER_RULES.get(base)
  if (!rule) return WORD_RULES.has(base)
  return rule.channel === undefined && rule.phase === undefined && rule.quantity !== 'battery' && rule.quantity !== 'linkQuality'
}
