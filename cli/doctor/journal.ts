// The newest segment of the journal, record by record: a torn tail is what a kill leaves; a wrong checksum is the disk's.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { scanSegment, type Scan } from '#gateway/journal/scan.ts'
import { SEGMENT_NAME } from '#gateway/journal/segment.ts'

export interface Scanned extends Scan {
  readonly path: string
  readonly records: number
  /** Receipt of the newest, in milliseconds since 1970; 0 without one. */
  readonly newest: number
}

/** The newest segment; undefined where there is none. */
export function scanNewest(data: string): Scanned | undefined {
  const directory = join(data, 'journal'), name = namesIn(directory).filter(each => SEGMENT_NAME.test(each)).sort().at(-1)
  if (name === undefined) return undefined
  const path = join(directory, name), number = Number(SEGMENT_NAME.exec(name)![1])
  let records = 0, newest = 0
  const record = (_stream: number, _position: number, timestamp: number): void => { records++; newest = Math.max(newest, timestamp) }
  return { ...scanSegment(readFileSync(path), number, { unit: () => {}, record }), path, records, newest }
}

export function journal({ data }: Facts): Answer {
  const scanned = scanNewest(data)
  return scanned ? judged(scanned) : []
}

function judged({ path, records, damage: [first], tornBytes }: Scanned): Finding {
  const sound = `${records} records in the newest segment, all sound`
  if (first) return fault(`The journal is damaged: ${path} at offset ${first.offset}, ${first.bytes} bytes`, REMEDY)
  return ok(tornBytes === 0 ? sound : `${sound}; ${tornBytes} bytes behind them were never finished, and a start cuts them off`)
}

const REMEDY = 'What lay there is lost, and the rest is used. Restore a backup if you need it, and have the disk looked at.'

function namesIn(directory: string): readonly string[] {
  try { return readdirSync(directory) } catch { return [] }
}
