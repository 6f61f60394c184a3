// Tasmota: one JSON object per report, with the sensor's name as the key.
import type { Adapter } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'

export const tasmota: Adapter = {
  name: 'tasmota',
  recognise: topic => topic.startsWith('tele/') ? topic.split('/')[1] : undefined,
  decode: (_packet, memory) => refused('NO_READING', 'Not built yet.', memory),
}
