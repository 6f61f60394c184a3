// Writes a segment anew without the records of some streams. Each byte that stays keeps its place, and so does all that points to it: the
// index of other streams, the header of the segment behind, whoever reads at this moment. What goes leaves zeros of the same length.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { join } from 'node:path'
import { nextSound } from '#gateway/journal/scan.ts'
import type { Segment } from '#gateway/journal/segment.ts'
import type { Storage } from '#gateway/journal/storage.ts'

export const REWRITTEN_NAME = /^\d{10}\.new$/
export const rewrittenName = (number: number): string => `${String(number).padStart(10, '0')}.new`

/** What is looked through in one turn of the loop: some milliseconds of checksums. */
const TURN_BYTES = 1 << 20

/** What a segment is to be; `isChanged`: it was something else. */
export interface Rewritten { readonly bytes: Buffer, readonly erased: number, readonly isChanged: boolean }

/**
 * Reads a segment that takes no more, and erases the records of some streams in what was read. What is damaged may be theirs as well: nobody
 * can read it any more, and it becomes zeros.
 */
export async function withoutStreams(segment: Segment, streams: ReadonlySet<number>): Promise<Rewritten> {
  const { format, firstAt } = segment, bytes = await segment.read(0, segment.size)
  let erased = 0, isChanged = false
  for (let at = firstAt, turnAt = at; at < bytes.length;) {
    const end = format.sound(bytes, at, at), next = end ?? nextSound(bytes, at + 1, format, 0) ?? bytes.length
    if (end !== undefined) erased += format.erase(bytes, at, end, at, streams)
    else if (bytes.subarray(at, next).some(byte => byte !== 0)) {
      bytes.fill(0, at, next)
      isChanged = true
    }
    at = next
    if (at - turnAt < TURN_BYTES) continue
    turnAt = at
    await nextTurn()
  }
  return { bytes, erased, isChanged: isChanged || erased > 0 }
}

/** Puts other bytes in the place of a segment: after a crash it is what it was, or what it is to be. On disk when this resolves. */
export async function replaceSegment(storage: Storage, directory: string, { number, path }: Segment, bytes: Buffer): Promise<void> {
  const part = join(directory, rewrittenName(number)), file = await storage.open(part, 'new')
  try {
    for (let done = 0; done < bytes.length;) {
      const taken = await file.write(bytes.subarray(done), done)
      if (taken === 0) throw new Error(`${part} takes no more bytes`)
      done += taken
    }
    await file.sync()
  } finally { await file.close() }
  await storage.rename(part, path)
  await storage.syncDirectory(directory)
}
