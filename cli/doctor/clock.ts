// The clock: consents end, periods are billed and messages are numbered by it. It is held against what was written before, and others'.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { scanNewest } from '#cli/doctor/journal.ts'
import { ask } from '#cli/doctor/reach.ts'

/** No Sluice like this one is older. */
export const MADE_AT = Date.UTC(2026, 0, 1)
/** A minute: what a message may be too new by, with some seconds for answers that are on their way. */
export const SKEW_MS_MAX = 60_000

const REMEDY = 'Set it, and keep it right by a time service: timedatectl set-ntp true, and see timedatectl status.'

export async function clock(facts: Facts): Promise<Finding> {
  const now = facts.now(), shown = iso(now)
  if (now < MADE_AT) return fault(`The clock is wrong: it says ${shown}, before this Sluice was made`, REMEDY)
  const newest = facts.isThere ? newestIn(facts.data) : 0
  if (newest > now + SKEW_MS_MAX) {
    const found = `The clock is wrong: it says ${shown}, and the newest record in the data directory is of ${iso(newest)}`
    return fault(found, `${REMEDY} If it is right now, it was wrong when that was written.`)
  }
  for (const url of othersOf(facts)) {
    const skewMs = await skewAt(url, facts)
    if (Math.abs(skewMs) > SKEW_MS_MAX) return skewed(skewMs, url)
  }
  return ok(shown)
}

function skewed(skewMs: number, { host }: URL): Finding {
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const found = `The clock is wrong: it is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} that of ${host}`
  return fault(found, `${REMEDY} Or theirs is wrong.`)
}

function iso(milliseconds: number): string { return new Date(milliseconds).toISOString() }

/** When something was last written there, by the clock of that time. */
function newestIn(data: string): number {
  const files = readdirSync(data).map(name => statSync(join(data, name), { throwIfNoEntry: false })?.mtimeMs ?? 0)
  return Math.max(0, scanNewest(data)?.newest ?? 0, ...files)
}

function othersOf({ isHeld, run, config }: Facts): readonly URL[] {
  const urls = [isHeld && run ? new URL('/livez', run.http) : undefined, config.history && new URL('/ping', config.history.url)]
  return urls.filter(url => url !== undefined)
}

/** How far theirs is ahead, by the Date of an HTTP answer (RFC 9110 §6.6.1); 0 where nobody answers. */
async function skewAt(url: URL, { now }: Facts): Promise<number> {
  try {
    const time = Date.parse(String((await ask(url)).headers['date']))
    return Number.isNaN(time) ? 0 : time - now()
  } catch { return 0 }
}
