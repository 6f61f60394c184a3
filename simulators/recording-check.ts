// The lines of a recorded run, read with suspicion: whatever is wrong with one is told, each fault by the name of its field.
import { FAULTS } from '#simulators/faults.ts'
import { Fields } from '#simulators/fields.ts'
import { VERSION, type Header, type Trailer } from '#simulators/recording.ts'
import type { Outgoing } from '#simulators/run-options.ts'
import { DIALECTS, type Named, type Source } from '#simulators/source-plan.ts'

/** MQTT writes the length of a topic in sixteen bits (3.1.1 §1.5.3). */
const TOPIC_BYTES_MAX = 65_535
/** The last time that a Date can have. */
const TIME_MS_MAX = 8.64e15
const UINT32_MAX = 2 ** 32 - 1
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Throws whatever is wrong with it, as one text. */
export function parseHeader(line: string): Header {
  return checked(line, fields => ({
    recording: fields.number('recording', { min: VERSION, max: VERSION, whole: true }) as typeof VERSION,
    fleet: fields.text('fleet', ''),
    seed: fields.number('seed', { min: 0, max: UINT32_MAX, whole: true }),
    startMs: fields.number('startMs', { min: 0, max: TIME_MS_MAX, whole: true }),
    sources: fields.list('sources').map(sourceIn),
  }))
}

function sourceIn(fields: Fields): Source {
  const source: Source = {
    name: fields.text('name'), dialect: fields.oneOf('dialect', DIALECTS), clientId: fields.text('clientId'),
    timezone: fields.timezone('timezone'), location: fields.location('location'),
    placement: fields.oneOf('placement', ['indoor', 'outdoor']),
    ...fields.has('will') && { will: willIn(fields.object('will')) },
    devices: fields.list('devices', { isEmptyFine: true }).map(deviceIn),
  }
  fields.close()
  return source
}

function willIn(fields: Fields): NonNullable<Source['will']> {
  const will = { topic: topicIn(fields), payload: fields.text('payload'), ...fields.flag('retain', false) && { retain: true as const } }
  fields.close()
  return will
}

function deviceIn(fields: Fields): Named {
  const millimetres = (key: string) => fields.number(key, { min: 0, max: 1e6 })
  const device = {
    name: fields.text('name'), address: fields.text('address'), emptyMm: millimetres('emptyMm'), fullMm: millimetres('fullMm'),
  }
  fields.close()
  return device
}

/** A message, or the last line. `sinceMs` is the time of the message before. Throws whatever is wrong with it, as one text. */
export function parseLine(line: string, sources: readonly Source[], sinceMs: number): Outgoing | Trailer {
  return checked(line, fields => {
    if (fields.has('messages')) return trailerIn(fields)
    return {
      atMs: fields.number('atMs', { min: sinceMs, max: TIME_MS_MAX }),
      source: sources[fields.number('source', { min: 0, max: sources.length - 1, whole: true })]!,
      message: {
        topic: topicIn(fields), payload: payloadIn(fields), qos: fields.number('qos', { min: 0, max: 1, whole: true }) as 0 | 1,
        retain: fields.flag('retain'),
      },
      ...fields.has('fault') && { fault: fields.oneOf('fault', FAULTS) },
      ...fields.flag('isCut', false) && { isCut: true as const },
    }
  })
}

function trailerIn(fields: Fields): Trailer {
  const whole = (key: string, max: number) => fields.number(key, { min: 0, max, whole: true })
  return { messages: whole('messages', Number.MAX_SAFE_INTEGER), crc32: whole('crc32', UINT32_MAX) }
}

function topicIn(fields: Fields): string {
  const topic = fields.text('topic')
  const isTopic = topic !== '' && Buffer.byteLength(topic) <= TOPIC_BYTES_MAX && !/[+#\0]/.test(topic)
  if (!isTopic && fields.has('topic')) fields.wrong('topic', 'is none that can be published on')
  return topic
}

function payloadIn(fields: Fields): string | Buffer {
  if (!fields.has('base64')) return fields.text('payload')
  const base64 = fields.text('base64')
  if (!BASE64.test(base64)) fields.wrong('base64', 'is not base64')
  return Buffer.from(base64, 'base64')
}

function checked<T>(line: string, read: (fields: Fields) => T): T {
  const problems: string[] = []
  const fields = new Fields(parsed(line), '', problems)
  const value = read(fields)
  fields.close()
  if (problems.length > 0) throw new Error(problems.join('; '))
  return value
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    throw new Error('is not JSON')
  }
}
