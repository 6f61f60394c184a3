// Payloads may abbreviate their keys and begin topics with ~ (https://www.home-assistant.io/integrations/mqtt/#discovery-payload).
import { isRecord, type JsonRecord } from '#adapters/json.ts'

/** Only of what is read here: the others stay as they are, and nobody asks for them. */
const FULL_KEYS: ReadonlyMap<string, string> = new Map([
  ['avty', 'availability'], ['avty_mode', 'availability_mode'], ['avty_t', 'availability_topic'], ['avty_tpl', 'availability_template'],
  ['cmps', 'components'], ['cns', 'connections'], ['dev', 'device'], ['dev_cla', 'device_class'], ['ent_cat', 'entity_category'],
  ['ids', 'identifiers'], ['obj_id', 'object_id'], ['p', 'platform'], ['pl_avail', 'payload_available'],
  ['pl_not_avail', 'payload_not_available'], ['pl_off', 'payload_off'], ['pl_on', 'payload_on'], ['stat_cla', 'state_class'],
  ['stat_t', 'state_topic'], ['t', 'topic'], ['uniq_id', 'unique_id'], ['unit_of_meas', 'unit_of_measurement'],
  ['val_tpl', 'value_template'],
])

/** The same payload with full keys and whole topics. `inherited` is the base topic of the payload around it. */
export function written(payload: JsonRecord, inherited?: string): JsonRecord {
  const own = payload['~'], base = typeof own === 'string' ? own : inherited
  return Object.fromEntries(Object.keys(payload).map(key => {
    const full = FULL_KEYS.get(key) ?? key
    return [full, valueOf(full, payload[key], base)]
  }))
}

function valueOf(key: string, value: unknown, base: string | undefined): unknown {
  if (typeof value === 'string') return key.endsWith('topic') && base !== undefined ? withBase(value, base) : value
  if (key === 'availability' && Array.isArray(value)) return value.filter(isRecord).map(each => written(each, base))
  if (key === 'availability' || key === 'device') return isRecord(value) ? written(value, base) : value
  return value
}

function withBase(topic: string, base: string): string {
  if (topic.startsWith('~')) return base + topic.slice(1)
  return topic.endsWith('~') ? topic.slice(0, -1) + base : topic
}
