// What is known before the first check: the configuration, who holds the data directory, and the means to ask.
import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Settled } from '#gateway/config/config.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { readRunFile, type Run } from '#gateway/state/run-file.ts'
import { isStateHeld } from '#gateway/state/snapshot.ts'
import { withTemporaryFile } from '#cli/doctor/temporary-file.ts'

/** What a test puts something else in the place of. */
export interface Probes {
  /** Of this process: `v24.1.0`. */
  readonly nodeVersion: string
  readonly now: () => number
  /** Writes blocks to a new file in a directory, and gives how long each took to be on disk, in milliseconds. */
  readonly syncTimes: (directory: string) => readonly number[]
}

export interface Facts extends Probes, Settled {
  /** The data directory, absolute. */
  readonly data: string
  /** As a directory. */
  readonly isThere: boolean
  /** Some process has the state of it. */
  readonly isHeld: boolean
  /** The gateway that runs on it, or the one that was killed. */
  readonly run: Run | undefined
}

export function factsOf(settled: Settled, probes: Probes): Facts {
  const data = resolve(settled.config.data), isHeld = existsSync(join(data, STATE_FILE)) && isStateHeld(data)
  const isThere = statSync(data, { throwIfNoEntry: false })?.isDirectory() === true
  return { ...settled, ...probes, data, isThere, isHeld, run: readRunFile(data) }
}

/** The directory, or the nearest one above it that is there. */
export function nearestThere(directory: string): string {
  return existsSync(directory) || dirname(directory) === directory ? directory : nearestThere(dirname(directory))
}

const BLOCK = Buffer.alloc(4096)
const BLOCKS = 9

export const realProbes: Probes = {
  nodeVersion: process.version,
  now: () => Date.now(),
  syncTimes: directory => withTemporaryFile(directory, ({ write }) => Array.from({ length: BLOCKS }, () => {
    const started = performance.now()
    write(BLOCK)
    return performance.now() - started
  })),
}
