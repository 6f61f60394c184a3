// Who has the data directory: this gateway, well or not; something else; nobody.
import { fault, ok, warning, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { ask } from '#cli/doctor/reach.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import type { Run } from '#gateway/state/run-file.ts'

export async function gateway({ data, isHeld, run }: Facts): Promise<Finding> {
  if (!isHeld) return free(run)
  if (run) return running(run)
  const remedy = `\`fuser ${data}/${STATE_FILE}\` names it: wait for a gateway that starts, a backup or reset-key to end, or stop it.`
  return fault(`${data} is locked by a process that is no gateway that has started`, remedy)
}

function free(run: Run | undefined): Finding {
  if (!run) return ok('none runs on the data directory')
  const remedy = 'Start one: it mends by itself what a kill leaves behind. See in the system\'s log who killed it (memory, a supervisor).'
  return warning(`none runs on the data directory, and the last one (process ${run.pid}, since ${run.startedAt}) was killed`, remedy)
}

async function running({ pid, mqtt, mqtts, http }: Run): Promise<Finding> {
  const who = `process ${pid} at ${[mqtt, ...mqtts === undefined ? [] : [mqtts]].join(', ')} and ${http}`
  try {
    const { status, body } = await ask(new URL('/readyz', http))
    if (status === 200) return ok(`${who} is ready`)
    const remedy = 'What is said of the disk below is most likely why. It goes on by itself when that is mended.'
    return fault(`${who} is not ready: ${reasonsIn(body)}`, remedy)
  } catch (error) {
    const remedy = `See its log; if it hangs, stop it (kill ${pid}) and start it again.`
    return fault(`${who} does not answer (${(error as Error).message})`, remedy)
  }
}

function reasonsIn(body: string): string {
  try { return (JSON.parse(body) as { reasons: readonly string[] }).reasons.join('; ') } catch { return body.slice(0, 200) }
}
