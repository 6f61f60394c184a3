// doctor: what keeps a gateway from running well on this machine, and what to do about it. Works while one runs and while none does.
import { columns, printable, wrapped } from '#cli/columns.ts'
import type { State } from '#cli/doctor/check.ts'
import { examine, type Told } from '#cli/doctor/checks.ts'
import { factsOf, realProbes, type Facts } from '#cli/doctor/facts.ts'
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'
import { Progress } from '#cli/progress.ts'
import { settle } from '#gateway/config/config.ts'

const MARKS: Readonly<Record<State, string>> = { ok: '✓', warning: '!', fault: '✗' }
/** Of what is found, in characters. */
const WIDTH = 110
/** Shorter, and nobody wonders what is going on. */
const QUIET_MS = 2_000

/** Throws UNAVAILABLE where there is a fault, when all is printed. */
export async function doctor(input: Input, io: Io): Promise<void> {
  const settled = await settle({ given: { data: input.text('data') }, file: input.text('config'), environment: process.env })
  const told = await examined(factsOf(settled, realProbes))
  const faults = told.filter(({ state }) => state === 'fault').length, ok = faults === 0
  if (io.isJson) io.show({ ok, checks: told })
  else io.print(columns(told.flatMap(rows)))
  if (!ok) throw new CliError('UNAVAILABLE', faults === 1 ? 'There is a fault.' : `There are ${faults} faults.`)
}

async function examined(facts: Facts): Promise<readonly Told[]> {
  const progress = new Progress()
  let share = 0, isLate = false
  const draw = (): void => { if (isLate) progress.update(share, 'looking') }
  const timer = setTimeout(() => { isLate = true; draw() }, QUIET_MS)
  try {
    return await examine(facts, next => { share = next; draw() })
  } finally {
    clearTimeout(timer)
    progress.end()
  }
}

function rows({ name, state, found, remedy }: Told): readonly (readonly string[])[] {
  const lines = [...wrapped(printable(found), WIDTH), ...remedy === undefined ? [] : wrapped(`→ ${printable(remedy)}`, WIDTH)]
  return lines.map((line, k) => [k === 0 ? `${MARKS[state]} ${printable(name)}` : '', line])
}
