// Brokers that the gateway may connect to, or has to: does somebody listen there?
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { fault, ok, warning, type Answer, type Finding } from '#cli/doctor/check.ts'
import type { Facts } from '#cli/doctor/facts.ts'
import { ask, reach, unreached } from '#cli/doctor/reach.ts'
import { COPIED_BYTES_MAX } from '#cli/doctor/state.ts'
import { brokerAddress, checkAllowed, type BrokerAddress } from '#gateway/bridge/broker-url.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { readSnapshot } from '#gateway/state/snapshot.ts'

type Address = Pick<BrokerAddress, 'host' | 'port'>

/** Those that the configuration names with a port, and those that owners have bridged to; of a running gateway what it says of them. */
export async function bridges(facts: Facts): Promise<Answer> {
  const { bridgeHosts } = facts.config, configured = configuredIn(facts)
  const allowed = configured.filter(address => isAllowed(address, bridgeHosts))
  const refused = configured.filter(address => !allowed.includes(address))
  const reached = await Promise.all(unique([...bridgeHosts.flatMap(withPort), ...allowed]).map(answering))
  return [...reached, ...refused.map(unconnected), ...await runningStates(facts)]
}

function unconnected(address: Address): Finding {
  const about = written(address)
  const remedy = 'Name it in bridgeHosts (SLUICE_BRIDGE_HOSTS), or have its owner remove it.'
  return warning(`a bridge to ${about} is left unconnected`, remedy, about)
}

function withPort(entry: string): readonly Address[] {
  const [, host, port] = /^(.+):(\d+)$/.exec(entry) ?? []
  const isAddress = host === undefined || (host.includes(':') && !host.startsWith('['))
  return isAddress ? [] : [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }]
}

function unique(addresses: readonly Address[]): readonly Address[] {
  return [...new Map(addresses.map(address => [written(address), address])).values()]
}
function written({ host, port }: Address): string { return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}` }

async function answering(address: Address): Promise<Finding> {
  const about = written(address)
  try {
    await reach(address.host, address.port)
    return ok(`${about} answers`, about)
  } catch (error) {
    const { why, remedy } = unreached(error, 'bridgeHosts, or the bridge\'s own address')
    return fault(`The bridge's broker ${about} is unreachable (${why})`, remedy, about)
  }
}

const ACTIVE_BROKERS = "SELECT DISTINCT broker FROM bridges JOIN sources ON id = source_id WHERE state = 'active'"

/** Brokers of bridges whose source is active; none where the state cannot be looked at, which other checks tell. */
function configuredIn({ data, isHeld }: Facts): readonly BrokerAddress[] {
  const size = statSync(join(data, STATE_FILE), { throwIfNoEntry: false })?.size ?? Infinity
  if (isHeld || size > COPIED_BYTES_MAX) return []
  try {
    const rows = readSnapshot(data, database => database.prepare(ACTIVE_BROKERS).all())
    return rows.map(({ broker }) => brokerAddress(String(broker)))
  } catch { return [] }
}

function isAllowed(address: BrokerAddress, hosts: readonly string[]): boolean {
  try { checkAllowed(address, hosts); return true } catch { return false }
}

async function runningStates({ isHeld, run }: Facts): Promise<readonly Finding[]> {
  if (!isHeld || !run) return []
  const { body } = await ask(new URL('/metrics', run.http)).catch(() => ({ body: '' }))
  return (['unreachable', 'refused'] as const).flatMap(state => {
    const count = Number(new RegExp(`^sluice_bridges\\{state="${state}"\\} (\\d+)$`, 'm').exec(body)?.[1] ?? 0)
    const remedy = 'Its log says which brokers (Lost a broker), and `sluice bridge list` tells each owner why.'
    return count === 0 ? [] : [fault(`${count} of the running gateway's bridges: ${state}`, remedy, state)]
  })
}
