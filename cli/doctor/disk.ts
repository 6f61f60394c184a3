// The disk below the data directory: is there room on it, and how long does it take to have what it was given?
import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, warning, type Finding } from '#cli/doctor/check.ts'
import { nearestThere, type Facts } from '#cli/doctor/facts.ts'

const MIB = 1 << 20
/** Four segments of the journal, or a day of bills: with less a gateway soon takes nothing. */
export const FREE_BYTES_MIN = 64 * MIB
/** Each segment is a file, and each database brings some. */
export const FREE_FILES_MIN = 100
/** QoS 1 waits for the disk. Above the first a source that waits for each acknowledgement is slow; above the second devices give up waiting. */
export const SYNC_MS_SLOW = 50, SYNC_MS_MAX = 500

export function diskSpace({ data, config }: Facts): Finding {
  const { bavail, bsize, files, ffree } = statfsSync(nearestThere(data)), free = bavail * bsize, other = 'make room, or move the data directory (data, SLUICE_DATA, --data)'
  if (free < FREE_BYTES_MIN) return fault(`The disk is full: ${mib(free)} left, and ${mib(FREE_BYTES_MIN)} are needed`, `Readings are not acknowledged when nothing is left: ${other}.`)
  if (files > 0 && ffree < FREE_FILES_MIN) return fault(`The disk is full: room for ${ffree} files, and ${FREE_FILES_MIN} are needed`, `Remove files, ${other}.`)
  const growth = config.retentionBytes - journalBytes(data)
  if (free < growth) return warning(`${mib(free)} left, and the journal may grow by ${mib(growth)}`, `Lower retentionBytes (SLUICE_RETENTION_BYTES), ${other}.`)
  return ok(`${mib(free)} left`)
}

function journalBytes(data: string): number {
  const directory = join(data, 'journal')
  try {
    return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
  } catch { return 0 }
}

function mib(bytes: number): string { return `${Math.floor(bytes / MIB).toLocaleString('en')} MiB` }

export function diskSpeed({ data, syncTimes }: Facts): Finding {
  const times = [...syncTimes(nearestThere(data))].sort((a, b) => a - b), median = times[times.length >> 1] ?? 0
  const found = `4 KiB are on disk after ${median.toFixed(1)} ms (median of ${times.length})`
  const remedy = 'See what else writes to it (iostat -x 1), whether it fails (dmesg, smartctl), or move the data directory to a disk of its own.'
  if (median > SYNC_MS_MAX) return fault(`The disk is slow: ${found}, and ${SYNC_MS_MAX} ms is the most`, remedy)
  return median > SYNC_MS_SLOW ? warning(`The disk is slow: ${found}, and ${SYNC_MS_SLOW} ms is usual at most`, remedy) : ok(found)
}
