// A disk of its own that fills up while a device publishes: no more answers, /readyz says why, and all goes on when there is room.
import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { skippedFor, type Fault, type Outcome } from '#test/chaos/fault.ts'
import { faultsIn, Home } from '#test/chaos/home.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const DISK_MIB = 48, LEFT_BYTES = 200_000
const READY_MS_MAX = 1_000, PATIENCE_MS = 30_000

async function run(): Promise<Outcome> {
  const disk = temporaryFolder()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk]).status !== 0) {
    return skippedFor('no disk of its own can be mounted here (needs root); io-error injects ENOSPC at every operation')
  }
  try {
    const home = await Home.open(join(disk, 'data'))
    try { return await fill(home, disk) } finally { await home.close() }
  } finally { spawnSync('umount', [disk]) }
}

async function fill(home: Home, disk: string): Promise<Outcome> {
  const filler = join(disk, 'filler'), { bavail, bsize } = statfsSync(disk), status = async () => (await fetch(`${home.users.http}/readyz`)).status
  const becomes = async (wanted: number) => { for (const until = Date.now() + PATIENCE_MS; await status() !== wanted && Date.now() < until;) await delay(20) }
  writeFileSync(filler, Buffer.alloc(bavail * bsize - LEFT_BYTES))
  let isOver = false, lastAnswer = performance.now(), isCounting = true
  const publishing = publishAnyhow(home, () => isOver)
  const watching = (async () => {
    for (let count = 0; isCounting; await delay(5)) if (home.acknowledged.size > count) { count = home.acknowledged.size; lastAnswer = performance.now() }
  })()
  await becomes(503)
  const redMs = Math.max(0, performance.now() - lastAnswer), full = home.acknowledged.size
  isCounting = false
  await watching
  await delay(1_500) // a look at the disk that is still full
  const isRed = await status() === 503, freed = performance.now()
  rmSync(filler)
  await becomes(200)
  const greenMs = performance.now() - freed
  for (const until = Date.now() + PATIENCE_MS; home.acknowledged.size < full + 100 && Date.now() < until;) await delay(20)
  isOver = true
  await publishing
  const taken = home.acknowledged.size - full, isSame = home.gateway.isAlive
  await home.gateway.kill()
  await home.start()
  const { lost, ...rest } = await home.account(), bad = Number(!isRed) + Number(!isSame) + Number(taken < 100) + Number(redMs > READY_MS_MAX)
  return { failed: faultsIn({ lost, ...rest }) + bad, figures: { acknowledgedUntilFull: full, acknowledgedAfterwards: taken, lost, ...rest, redAfterMs: Math.round(redMs), greenAfterMs: Math.round(greenMs) } }
}

/** A device that comes back whenever it is cut off. */
async function publishAnyhow(home: Home, enough: () => boolean): Promise<void> {
  while (!enough()) {
    await home.publish(enough, { note: 'x'.repeat(200) }).catch(() => { /* not let in */ })
    await delay(20)
  }
}

export const diskFull: Fault = { name: 'disk-full', about: 'a disk that fills up: /readyz red within 1 s, nothing acknowledged lost, back without a restart', run }
