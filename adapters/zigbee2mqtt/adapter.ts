// Zigbee2MQTT: one flat JSON object per device, on <base>/<friendly name>.
import type { Adapter } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'

export const zigbee2mqtt: Adapter = {
  name: 'zigbee2mqtt',
  recognise: topic => topic.startsWith('zigbee2mqtt/') ? 'zigbee2mqtt' : undefined,
  decode: (_packet, memory) => refused('NO_READING', 'Not built yet.', memory),
}
