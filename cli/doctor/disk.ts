// The disk below the data directory: is there room on it, and how long does it take to have what it was given?
import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, warning, type Answer, type Finding } from '#cli/doctor/check.ts'
import { nearestThere, type Facts } from '#cli/doctor/facts.ts'

const MIB = 1 << 20
/** Four segments of the journal, or a day of bills: with less a gateway soon takes nothing. */
export const FREE_BYTES_MIN = 64 * MIB
/** Each segment is a file, and each database brings some. */
export const FREE_FILES_MIN = 100
/** QoS 1 waits for the disk. Above the first a source that waits for each acknowledgement is slow; above the second devices give up. */
export const SYNC_MS_SLOW = 50, SYNC_MS_MAX = 500

export function diskSpace({ data, config }: Facts): Finding {
  const { bavail, bsize, files, ffree } = statfsSync(nearestThere(data))
  const free = bavail * bsize, growth = config.retentionBytes - journalBytes(data)
  if (free < FREE_BYTES_MIN) {
    const remedy = `Readings are not acknowledged when nothing is left: ${OTHERWISE}`
    return fault(`The disk is full: ${mib(free)} left, and ${mib(FREE_BYTES_MIN)} are needed`, remedy)
  }
  if (files > 0 && ffree < FREE_FILES_MIN) {
    return fault(`The disk is full: room for ${ffree} files, and ${FREE_FILES_MIN} are needed`, `Remove files, ${OTHERWISE}`)
  }
  if (free >= growth) return ok(`${mib(free)} left`)
  const remedy = `Lower retentionBytes (SLUICE_RETENTION_BYTES), ${OTHERWISE}`
  return warning(`${mib(free)} left, and the journal may grow by ${mib(growth)}`, remedy)
}

const OTHERWISE = 'make room, or move the data directory (data, SLUICE_DATA, --data).'

function journalBytes(data: string): number {
  const directory = join(data, 'journal')
  try {
    return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
  } catch { return 0 }
}

function mib(bytes: number): string { return `${Math.floor(bytes / MIB).toLocaleString('en')} MiB` }

const SLOW_REMEDY = 'See what else writes to it (iostat -x 1) and whether it fails (dmesg, smartctl), or give the data a disk of its own.'

export function diskSpeed({ data, syncTimes }: Facts): Answer {
  try {
    return judged([...syncTimes(nearestThere(data))].sort((a, b) => a - b))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'open') return [] // it takes no file, which the check of the data directory tells
    throw error
  }
}

function judged(times: readonly number[]): Finding {
  const median = times[times.length >> 1] ?? 0, found = `4 KiB are on disk after ${median.toFixed(1)} ms (median of ${times.length})`
  if (median > SYNC_MS_MAX) return fault(`The disk is slow: ${found}, and ${SYNC_MS_MAX} ms is the most`, SLOW_REMEDY)
  if (median > SYNC_MS_SLOW) return warning(`The disk is slow: ${found}, and ${SYNC_MS_SLOW} ms is usual at most`, SLOW_REMEDY)
  return ok(found)
}
