// The form of a recorded run: lines of JSON. The first says whose messages they are, each other one is a message, and the last counts them
// and carries their checksum, so that nothing of a recording can be missing or changed unseen. No credentials are in it.
import { isUtf8 } from 'node:buffer'
import { Fields } from '#simulators/fields.ts'
import type { WireMessage } from '#simulators/message.ts'
import type { Outgoing } from '#simulators/run-options.ts'
import { DIALECTS, type Named, type Source } from '#simulators/source-plan.ts'

export interface Header {
  /** Version of the form: 1. */
  readonly recording: typeof VERSION
  /** Name and seed of the fleet. */
  readonly fleet: string
  readonly seed: number
  /** When the devices' time began, in milliseconds since 1970. */
  readonly startMs: number
  /** To be paired anew. Of their devices only those whose owner has to tell how deep they look. */
  readonly sources: readonly Source[]
}

export interface Trailer {
  readonly messages: number
  /** CRC-32 of all bytes before this line. */
  readonly crc32: number
}

/** What is wrong with a recording, and in which line. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
  readonly code = 'BAD_RECORDING'

  constructor(file: string, fault: string, { line, ...options }: ErrorOptions & { readonly line?: number } = {}) {
    super(`Recording ${file}${line === undefined ? '' : `, line ${line}`}: ${fault}`, options)
  }
}

export const VERSION = 1
/** Bytes of one line: 10,000 sources in a header have about a quarter of it. */
export const LINE_BYTES_MAX = 16 << 20
const TOPIC_BYTES_MAX = 65_535
const TIME_MS_MAX = 8.64e15
const FAULTS = ['duplicate', 'malformed', 'reordered'] as const
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function headerOf(fleet: string, seed: number, startMs: number, sources: readonly Source[]): Header {
  return { recording: VERSION, fleet, seed, startMs, sources: sources.map(recorded) }
}

function recorded({ name, dialect, clientId, timezone, location, placement, will, devices }: Source): Source {
  const named = devices.flatMap(({ name, address, emptyMm, fullMm }) => emptyMm === undefined ? [] : [{ name, address, emptyMm, fullMm }])
  return { name, dialect, clientId, timezone, location, placement, will, devices: named }
}

/** One line, without its end. `qos` is that of the run, for messages that say none. */
export function lineOf({ source, message, atMs, fault, isCut }: Outgoing, sources: ReadonlyMap<Source, number>, qos: 0 | 1): string {
  const { topic, payload, retain = false } = message
  return JSON.stringify({ atMs, source: sources.get(source), topic, ...written(payload), qos: message.qos ?? qos, retain, fault, isCut })
}

function written(payload: WireMessage['payload']): object {
  if (typeof payload === 'string') return { payload }
  const bytes = Buffer.from(payload)
  return isUtf8(bytes) ? { payload: bytes.toString() } : { base64: bytes.toString('base64') }
}

/** Throws whatever is wrong with it, as one text. */
export function parseHeader(line: string): Header {
  return checked(line, fields => ({
    recording: fields.number('recording', { min: VERSION, max: VERSION, whole: true }) as typeof VERSION,
    fleet: fields.text('fleet', ''),
    seed: fields.number('seed', { min: 0, max: 2 ** 32 - 1, whole: true }),
    startMs: fields.number('startMs', { min: 0, max: TIME_MS_MAX, whole: true }),
    sources: fields.list('sources').map(sourceIn),
  }))
}

function sourceIn(fields: Fields): Source {
  const source: Source = {
    name: fields.text('name'), dialect: fields.oneOf('dialect', DIALECTS), clientId: fields.text('clientId'),
    timezone: fields.timezone('timezone'), location: fields.location('location'), placement: fields.oneOf('placement', ['indoor', 'outdoor']),
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
  const device = { name: fields.text('name'), address: fields.text('address'), emptyMm: millimetres('emptyMm'), fullMm: millimetres('fullMm') }
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
  return { messages: whole('messages', Number.MAX_SAFE_INTEGER), crc32: whole('crc32', 2 ** 32 - 1) }
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
