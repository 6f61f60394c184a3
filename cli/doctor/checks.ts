// Every check, in the order in which they are told: what else depends on comes first.
import { bridges } from '#cli/doctor/bridges.ts'
import type { Check, State } from '#cli/doctor/check.ts'
import { tlsCertificate } from '#cli/doctor/certificate.ts'
import { clock } from '#cli/doctor/clock.ts'
import { configuration } from '#cli/doctor/configuration.ts'
import { dataDirectory } from '#cli/doctor/directory.ts'
import { consents } from '#cli/doctor/consents.ts'
import { diskSpace, diskSpeed } from '#cli/doctor/disk.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { gateway } from '#cli/doctor/gateway.ts'
import { history } from '#cli/doctor/history.ts'
import { journal } from '#cli/doctor/journal.ts'
import { fileModes } from '#cli/doctor/modes.ts'
import { node } from '#cli/doctor/node.ts'
import { PORT_CHECKS } from '#cli/doctor/ports.ts'
import { state } from '#cli/doctor/state.ts'

export const CHECKS: readonly Check[] = [
  { name: 'Node', run: node },
  { name: 'configuration', run: configuration },
  { name: 'data directory', run: dataDirectory },
  { name: 'file modes', run: fileModes },
  { name: 'gateway', asksOthers: true, run: gateway },
  ...PORT_CHECKS,
  { name: 'TLS certificate', run: tlsCertificate },
  { name: 'state', run: state },
  { name: 'consents', run: consents },
  { name: 'journal', run: journal },
  { name: 'disk space', run: diskSpace },
  { name: 'disk speed', run: diskSpeed },
  { name: 'clock', asksOthers: true, run: clock },
  { name: 'bridge', asksOthers: true, run: bridges },
  { name: 'history', asksOthers: true, run: history },
]

/** What is told of one check, or of one of the things that it is about. */
export interface Told {
  /** Of the check; where it is about several, with that behind it: `bridge broker.example:1883`. */
  readonly name: string
  readonly state: State
  readonly found: string
  readonly remedy?: string
}

/**
 * Makes every check, and tells them in their order. Those that keep this process busy come first, one after the other: nobody's answer
 * waits for the disk. A check that fails is a fault by itself, and keeps no other from being made.
 */
export async function examine(facts: Facts, onDone: (share: number) => void = () => {}): Promise<readonly Told[]> {
  const told = new Map<Check, readonly Told[]>()
  const make = async (check: Check): Promise<void> => {
    told.set(check, await made(check, facts))
    onDone(told.size / CHECKS.length)
  }
  for (const check of CHECKS.filter(({ asksOthers }) => !asksOthers)) await make(check)
  await Promise.all(CHECKS.filter(({ asksOthers }) => asksOthers).map(make))
  return CHECKS.flatMap(check => told.get(check)!)
}

async function made({ name, run }: Check, facts: Facts): Promise<readonly Told[]> {
  try {
    return [await run(facts)].flat().map(({ about, ...finding }) => ({ name: about === undefined ? name : `${name} ${about}`, ...finding }))
  } catch (error) {
    const found = `could not be looked at: ${(error as Error).message}`
    return [{ name, state: 'fault', found, remedy: 'Run this as the account that runs the gateway.' }]
  }
}
