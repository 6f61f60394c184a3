// A start with a million records in the journal, after a kill: to the first acknowledgement.
import { join } from 'node:path'
import { Journal } from '#gateway/journal/journal.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { Home, readingOf, TOPIC } from '#test/chaos/home.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

const RECORDS = 1_000_000, STREAMS = 1_000, BATCH = 10_000, STARTS = 3, START_MS_MAX = 2_000
/** About what a climate reading takes. */
const CONTENT_BYTES = 250

async function run({ tell }: ChaosOptions): Promise<Outcome> {
  const home = await Home.open(temporaryFolder())
  try {
    const empty = await startTimes(home)
    await home.gateway.kill()
    await fill(join(home.data, 'journal'))
    tell(`${RECORDS} records are there`)
    const full = await startTimes(home)
    return { failed: Number(full[0]! > START_MS_MAX), figures: { records: RECORDS, bestMs: full[0]!, medianMs: full[1]!, bestMsWithoutRecords: empty[0]! } }
  } finally { await home.close() }
}

/** From the start of the process to the first PUBACK, after a kill each, the shortest first. */
async function startTimes(home: Home): Promise<readonly number[]> {
  const times: number[] = []
  for (let start = 0; start < STARTS; start++) {
    await home.gateway.kill()
    const began = performance.now()
    await home.start()
    const device = await home.device()
    await device.publishAsync(TOPIC, readingOf(++home.sent), { qos: 1 })
    times.push(Math.round(performance.now() - began))
    await device.endAsync(true)
  }
  return times.sort((a, b) => a - b)
}

/** Leaves it as a kill would: the newest segment has no index. */
async function fill(directory: string): Promise<void> {
  const journal = new Journal({ directory, clock: systemClock, log: silentLog, retentionMs: 1e12, retentionBytes: 1e12 }), content = Buffer.alloc(CONTENT_BYTES, 'x'), next = new Map<number, number>()
  await journal.open()
  for (let n = 0; n < RECORDS; n += BATCH) {
    await journal.append(Array.from({ length: BATCH }, (_, k) => {
      const streamNumber = 1 + (n + k) % STREAMS, position = next.get(streamNumber) ?? journal.lastPosition(streamNumber) + 1
      next.set(streamNumber, position + 1)
      return { streamNumber, position, timestamp: systemClock.now(), sequenceNumber: k, msgChainId: 'abcdefghij0123456789', content }
    }), true)
  }
}

export const start: Fault = { name: 'start', about: 'a start with a million records, after a kill: first acknowledgement within 2 s', run }
