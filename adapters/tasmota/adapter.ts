// Tasmota: one JSON object per report, with the sensor's name as the key.
import type { Adapter } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'

export const tasmota: Adapter = {
  name: 'tasmota',
  recognise(topic) {
    const [a, b] = topic.split('/')
    return a === 'tele' || a === 'stat' ? b : b === 'tele' || b === 'stat' ? a : undefined
  },
  decode: (_packet, memory) => refused('NO_READING', 'Not built yet.', memory),
}
