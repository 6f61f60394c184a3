// Folders that go when the test that made them is over, and a log that says nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLog } from '#gateway/telemetry/log.ts'

const folders = new Set<string>()

/** A new folder, removed at the end of the process at the latest. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  folders.add(folder)
  return folder
}

process.on('exit', () => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }) })

export const silentLog = makeLog('silent')

/** A clock that stands still until it is turned. */
export class TurnedClock {
  #now: number
  constructor(now = Date.UTC(2026, 4, 4, 10, 15, 30)) { this.#now = now }
  now(): number { return this.#now }
  turn(milliseconds: number): void { this.#now += milliseconds }
}
