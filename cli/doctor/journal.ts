// The newest segment of the journal, record by record: a torn tail is what a kill leaves; a wrong checksum is the disk's.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { BODY_BYTES_MAX, bytesOf, decodeRecord } from '#gateway/journal/record.ts'
import { SEGMENT_NAME } from '#gateway/journal/segment.ts'

export interface Scanned {
  readonly path: string
  readonly bytes: Buffer
  readonly records: number
  /** Where the sound records end. */
  readonly end: number
  /** Receipt of the newest, in milliseconds since 1970; 0 without one. */
  readonly newest: number
}

/** The newest segment; undefined where there is none. */
export function scanNewest(data: string): Scanned | undefined {
  const directory = join(data, 'journal'), name = namesIn(directory).filter(each => SEGMENT_NAME.test(each)).sort().at(-1)
  if (name === undefined) return undefined
  const path = join(directory, name), bytes = readFileSync(path)
  let end = 0, records = 0, newest = 0
  for (let found = decodeRecord(bytes, 0); found; found = decodeRecord(bytes, end)) {
    end = found.end
    records++
    newest = Math.max(newest, found.record.timestamp)
  }
  return { path, bytes, records, end, newest }
}

export function journal({ data }: Facts): Answer {
  const scanned = scanNewest(data)
  return scanned ? judged(scanned) : []
}

function judged({ path, bytes, records, end }: Scanned): Finding {
  const rest = bytes.length - end, sound = `${records} records in the newest segment, all sound`
  if (rest === 0) return ok(sound)
  if (isTorn(bytes, end)) return ok(`${sound}; ${rest} bytes behind them were never finished, and a start cuts them off`)
  return fault(`The journal is damaged: ${path} at offset ${end}, with ${rest} bytes behind it`, REMEDY)
}

const REMEDY = 'Copy that file before you start a gateway, which cuts it off there: what lies behind is lost to it. '
  + 'Restore a backup if you need it, and have the disk looked at.'

/** The last record is shorter than it says it is, or what was to be written is still zeros. */
function isTorn(bytes: Buffer, end: number): boolean {
  const rest = bytes.subarray(end), length = bytesOf(rest)
  return rest.length < length && length <= BODY_BYTES_MAX || rest.every(byte => byte === 0)
}

function namesIn(directory: string): readonly string[] {
  try { return readdirSync(directory) } catch { return [] }
}
