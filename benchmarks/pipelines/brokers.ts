// Those that do no job: brokers that hand on what came in, and a relay in C that shows where the limit is.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fleet } from '#benchmarks/fleet.ts'
import { build } from '#benchmarks/generator/build.ts'
import { FILTERS } from '#benchmarks/peers/job.ts'
import type { Pipeline, PipelineMaker } from '#benchmarks/pipelines/pipeline.ts'
import { firstLine, freePort, listening, start, stop } from '#benchmarks/process.ts'

const found = (...paths: readonly string[]): string | undefined => paths.find(path => !spawnSync(path, ['-h']).error)
const MOSQUITTO = found('/usr/sbin/mosquitto', 'mosquitto'), NATS = found('/usr/sbin/nats-server', 'nats-server')

export interface Broker { readonly port: number, readonly pids: readonly number[], readonly stop: () => Promise<void> }
export const missingMosquitto = (): string | undefined => MOSQUITTO ? undefined : 'mosquitto is not installed'

/** Its queue limits are lifted, so that it loses nothing that others would keep; nothing of it is on disk. */
export function startMosquitto(): Promise<Broker> {
  return startBroker(MOSQUITTO!, (port, folder) => [
    'user root', `listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false', 'max_queued_messages 0',
    'max_inflight_messages 0', 'set_tcp_nodelay true', 'log_type error', `persistence_location ${folder}/`,
  ])
}

/** Its MQTT needs JetStream, which keeps nothing of QoS 0 but tells of itself under `#`. */
function startNats(): Promise<Broker> {
  return startBroker(NATS!, (port, folder) => [
    'server_name: bench', 'listen: "127.0.0.1:-1"', `jetstream { store_dir: "${folder}" }`, `mqtt { host: 127.0.0.1, port: ${port} }`,
    'max_pending: 256MB', 'write_deadline: "60s"', `log_file: "${folder}/log"`,
  ])
}

export const mosquitto: PipelineMaker = {
  name: 'mosquitto forwards', missing: missingMosquitto,
  start: async fleet => forwarding('mosquitto forwards', fleet, await startMosquitto(), '#'),
}
export const nats: PipelineMaker = {
  name: 'NATS forwards', missing: () => NATS ? undefined : 'nats-server is not installed',
  start: async fleet => forwarding('NATS forwards', fleet, await startNats(), ...FILTERS),
}
export const aedes: PipelineMaker = {
  name: 'aedes forwards', missing: () => undefined, start: async fleet => forwarding(
    'aedes forwards', fleet, await startProgram(process.execPath, ['benchmarks/peers/aedes.ts']), '#'
  ),
}
export const relay: PipelineMaker = {
  name: 'C relay', missing: () => undefined,
  start: async fleet => forwarding('C relay', fleet, await startProgram(build('relay'), []), '#'),
}
/** Throws away what comes: how fast the generator is by itself. */
export const sink: PipelineMaker = {
  name: 'C sink', missing: () => undefined,
  start: async fleet => ({ ...forwarding('C sink', fleet, await startProgram(build('relay'), ['sink']), '#'), readers: [] }),
}

/** A broker of our own making, which prints its port. */
export async function startProgram(command: string, args: readonly string[]): Promise<Broker> {
  const child = start(command, args), port = Number(await firstLine(child))
  return { port, pids: [child.pid!], stop: () => stop(child) }
}

async function startBroker(binary: string, configuration: (port: number, folder: string) => readonly string[]): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-')), port = await freePort(), file = join(folder, 'broker.conf')
  await writeFile(file, `${configuration(port, folder).join('\n')}\n`)
  const child = start(binary, ['-c', file])
  await listening(port)
  return {
    port, pids: [child.pid!],
    async stop() {
      await stop(child)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What comes out under these filters, at one reader. */
export function forwarding(name: string, { connections }: Fleet, { port, pids, stop }: Broker, ...filters: readonly string[]): Pipeline {
  return {
    name, isForwarding: true, pids, stop, publishers: Array.from({ length: connections }, () => ({ port })),
    readers: [{ connections: [{ port, filters }] }],
  }
}
