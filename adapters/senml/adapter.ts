// SenML: records that bring their own names, times and units. What they mean follows from the last segment of a name, else from the unit.
import type { Adapter, Decoded } from '#adapters/adapter.ts'
import { refused } from '#adapters/decoded.ts'
import { parsePayload } from '#adapters/json.ts'
import type { DeviceReport, Reading, Refusal } from '#adapters/reading.ts'
import { layoutBy } from '#adapters/senml/layout.ts'
import { meaningOf, type YesNo } from '#adapters/senml/names.ts'
import { resolve, type SenmlRecord } from '#adapters/senml/pack.ts'

/** SenML in JSON (RFC 8428 §5) on any topic with a level `senml`, and on every topic of a source that was paired so. Keeps no memory. */
export const senml: Adapter = {
  name: 'senml',
  recognise: topic => topic.split('/').includes('senml') ? topic : undefined,
  adopt: topic => topic === '' ? undefined : topic,
  decode: ({ topic, payload, receivedAt }) => {
    if (topic === '') return refused('NO_READING', 'The topic is empty.', undefined)
    const parsed = parsePayload(payload)
    if (!parsed.ok) return refused('BAD_PAYLOAD', parsed.detail, undefined)
    const resolved = resolve(parsed.value, receivedAt)
    if ('code' in resolved) return { readings: [], refused: [resolved], devices: [], memory: undefined }
    return readRecords(resolved.records, resolved.refused, topic)
  },
  layout: (topic, _memory, _settings, payload) => payload && layoutBy(payload, topic),
}

const AMBIGUOUS = 'Neither the name nor the unit tells one quantity.'

interface Position { latitude?: SenmlRecord, longitude?: SenmlRecord }

function readRecords(records: readonly SenmlRecord[], wrong: readonly Refusal[], topic: string): Decoded {
  const readings: Reading[] = [], problems = [...wrong], positions = new Map<string, Position>()
  for (const record of records) {
    const read = readRecord(record, topic, positions)
    if (read === undefined) continue
    if ('code' in read) problems.push(read)
    else readings.push(read)
  }
  const devices = reportsOf(positions)
  if (readings.length > 0 || problems.length > 0) return { readings, refused: problems, devices, memory: undefined }
  return { ...refused('NO_READING', 'No record has a name or a unit that tells a quantity.', undefined), devices }
}

function readRecord(record: SenmlRecord, topic: string, positions: Map<string, Position>): Reading | Refusal | undefined {
  const { name, unit, isBaseName, value, time, field } = record, meaning = meaningOf(name, unit, isBaseName)
  if (meaning.kind === 'unknown') return undefined
  if (meaning.kind === 'ambiguous') return typeof value === 'number' ? { code: 'AMBIGUOUS', field, detail: AMBIGUOUS } : undefined
  const owner = meaning.device || topic
  if (meaning.kind === 'position') {
    notePosition(positions, owner, meaning.part, record)
    return undefined
  }
  const device = meaning.channel === '' ? owner : `${owner}.${meaning.channel}`
  if (meaning.kind === 'yesNo') return readYesNo(meaning.yesNo, device, record)
  if (typeof value !== 'number') return { code: 'BAD_PAYLOAD', field, detail: 'This quantity is a number.' }
  return { device, quantity: meaning.quantity, value, unit, observedAt: time, field }
}

function readYesNo({ quantity, words, texts }: YesNo, device: string, { value, time: observedAt, field }: SenmlRecord): Reading | Refusal {
  const text = typeof value === 'string' ? value.toLowerCase() : undefined
  if (text !== undefined && texts.includes(text)) return { device, quantity, value: text, unit: '', observedAt, field }
  const isYes = value === true || value === 1, isNo = value === false || value === 0
  if (!isYes && !isNo) return { code: 'BAD_PAYLOAD', field, detail: 'Neither yes nor no.' }
  if (!words) return { code: 'AMBIGUOUS', field, detail: 'Yes may mean open, or closed.' }
  return { device, quantity, value: isYes ? words[0] : words[1], unit: '', observedAt, field }
}

/** The latest counts, and of one instant the last. */
function notePosition(positions: Map<string, Position>, device: string, part: keyof Position, record: SenmlRecord): void {
  const known = positions.get(device) ?? {}, before = known[part]
  if (!before || orderOf(before) <= orderOf(record)) known[part] = record
  positions.set(device, known)
}

/** No time is now: later than any. */
function orderOf({ time }: SenmlRecord): number {
  return time ?? Infinity
}

function reportsOf(positions: ReadonlyMap<string, Position>): DeviceReport[] {
  return [...positions].flatMap(([device, { latitude, longitude }]): DeviceReport[] => {
    const lat = latitude?.value, lon = longitude?.value
    const isPlace = typeof lat === 'number' && typeof lon === 'number' && Math.abs(lat) <= 90 && Math.abs(lon) <= 180
    return isPlace ? [{ device, location: [lon, lat] }] : []
  })
}
