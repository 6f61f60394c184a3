// The form of a recorded run: lines of JSON. The first says whose messages they are, each other one is a message, and the last counts them
// and carries their checksum, so that nothing of a recording can be missing or changed unseen. No credentials are in it.
import { isUtf8 } from 'node:buffer'
import type { WireMessage } from '#simulators/message.ts'
import type { Outgoing } from '#simulators/run-options.ts'
import type { Source } from '#simulators/source-plan.ts'

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

export function headerOf(fleet: string, seed: number, startMs: number, sources: readonly Source[]): Header {
  return { recording: VERSION, fleet, seed, startMs, sources: sources.map(recorded) }
}

function recorded({ name, dialect, clientId, timezone, location, placement, will, devices }: Source): Source {
  const looksDeep = devices.filter(({ emptyMm }) => emptyMm !== undefined)
    .map(device => ({ name: device.name, address: device.address, emptyMm: device.emptyMm, fullMm: device.fullMm }))
  return { name, dialect, clientId, timezone, location, placement, will, devices: looksDeep }
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
