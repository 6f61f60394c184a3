// Who runs on a data directory: written when a gateway is ready, gone when it has stopped in order. What holds the directory is the lock on
// its state, not this file: one that is left behind says that the last gateway was killed.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '#gateway/lib/private-file.ts'

export const RUN_FILE = 'gateway.json'

export interface Run {
  readonly pid: number
  /** Where it listens: `mqtt://host:port`, `mqtts://host:port` where it does, `http://host:port`. */
  readonly mqtt: string
  readonly mqtts?: string | undefined
  readonly http: string
  /** RFC 3339. */
  readonly startedAt: string
}

export function writeRunFile(directory: string, run: Run): void { writePrivateFile(join(directory, RUN_FILE), `${JSON.stringify(run)}\n`) }

export function removeRunFile(directory: string): void { rmSync(join(directory, RUN_FILE), { force: true }) }

/** Undefined where there is none, or what is there is none. */
export function readRunFile(directory: string): Run | undefined {
  try {
    const run = JSON.parse(readFileSync(join(directory, RUN_FILE), 'utf8')) as Partial<Run>
    const isWhole = Number.isSafeInteger(run.pid) && typeof run.startedAt === 'string' && [run.mqtt, run.http, run.mqtts ?? run.mqtt].every(isUrl)
    return isWhole ? run as Run : undefined
  } catch { return undefined }
}

function isUrl(text: unknown): boolean { return typeof text === 'string' && URL.canParse(text) }
