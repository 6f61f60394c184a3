// Readings for tests of what comes behind the adapters.
import type { Reading } from '#adapters/reading.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'

export const reading = (quantity: Reading['quantity'], value: number | string, unit = '', more: Partial<Reading> = {}): Reading =>
  ({ device: 'kitchen', quantity, value, unit, field: quantity, ...more })

export const facts = (more: Partial<DeviceFacts> = {}): DeviceFacts =>
  ({ id: 'k3v7qm2xw5tz4rpa6hjn2ye4ds', dialect: 'zigbee2mqtt', placement: 'indoor', phases: 1, ...more })
