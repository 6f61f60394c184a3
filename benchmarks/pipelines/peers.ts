// Those that do the same job as Sluice, as one would build it first: with mqtt.js beside a broker, inside aedes, or as a flow of Node-RED.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Fleet } from '#benchmarks/fleet.ts'
import type { Registry } from '#benchmarks/peers/job.ts'
import { flowOf, settingsOf } from '#benchmarks/peers/node-red.ts'
import { forwarding, missingMosquitto, startMosquitto, startProgram, type Broker } from '#benchmarks/pipelines/brokers.ts'
import type { Pipeline, PipelineMaker } from '#benchmarks/pipelines/pipeline.ts'
import { firstLine, freePort, start, stop } from '#benchmarks/process.ts'
import type { Qos } from '#benchmarks/workloads/scenario.ts'
import { hostOf } from '#benchmarks/peers/node-red-hosts.ts'

const NODE_RED_MAJOR = 5

export const mqttJs: PipelineMaker = {
  name: 'mqtt.js + ajv', missing: missingMosquitto,
  start: (fleet, qos) => beside('mqtt.js + ajv', fleet, async ({ port }, folder) => {
    const child = start(process.execPath, ['benchmarks/peers/mqttjs-ajv.ts', String(port), String(qos), join(folder, 'registry.json')])
    await firstLine(child)
    return { pid: child.pid!, stop: () => stop(child) }
  }),
}

export const nodeRed: PipelineMaker = {
  name: 'Node-RED',
  missing: async () => missingMosquitto() ?? (
    await hostOf(NODE_RED_MAJOR) ? undefined : 'Node-RED is not in the cache, and the registry cannot be reached'
  ),
  start: (fleet, qos) => beside('Node-RED', fleet, ({ port }, folder) => startNodeRed(port, folder, qos)),
}

export const aedesAjv: PipelineMaker = {
  name: 'aedes + ajv', missing: () => undefined,
  async start(fleet) {
    const folder = await registryFolder(fleet), broker = await startProgram(
      process.execPath, ['benchmarks/peers/aedes.ts', join(folder, 'registry.json')]
    )
    return doing('aedes + ajv', fleet, { ...broker, stop: () => broker.stop().then(() => rm(folder, { recursive: true })) })
  },
}

interface Program { readonly pid: number, stop(): Promise<void> }

/** A program beside Mosquitto: both count. */
async function beside(name: string, fleet: Fleet, run: (broker: Broker, folder: string) => Promise<Program>): Promise<Pipeline> {
  const folder = await registryFolder(fleet), broker = await startMosquitto(), program = await run(broker, folder)
  return doing(name, fleet, {
    port: broker.port, pids: [...broker.pids, program.pid],
    async stop() {
      await program.stop()
      await broker.stop()
      await rm(folder, { recursive: true, force: true })
    },
  })
}

function doing(name: string, fleet: Fleet, broker: Broker): Pipeline { return { ...forwarding(name, fleet, broker, 'obs/#'), isForwarding: false } }

async function registryFolder({ devices }: Fleet): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const registry: Registry = Object.fromEntries(
    devices.map(({ topic, name, shape, isConsented }) => [topic, { shape: shape.name, name, isConsented }])
  )
  await writeFile(join(folder, 'registry.json'), JSON.stringify(registry))
  return folder
}

async function startNodeRed(brokerPort: number, folder: string, qos: Qos): Promise<Program> {
  const host = (await hostOf(NODE_RED_MAJOR))!, settings = join(folder, 'settings.cjs')
  await writeFile(join(folder, 'flows.json'), JSON.stringify(flowOf(brokerPort, qos)))
  await writeFile(settings, settingsOf(await freePort(), join(folder, 'registry.json')))
  const main = join(host.folder, 'node_modules', 'node-red', 'red.js'), env = { PATH: process.env.PATH, HOME: folder, LANG: 'C' }
  const child = start(host.node, ['--disable-warning=ExperimentalWarning', main, '--userDir', folder, '--settings', settings], { env })
  await new Promise<void>((done, fail) => {
    const lines: string[] = []
    createInterface({ input: child.stdout! }).on('line', line => {
      lines.push(line)
      if (/Connected to broker/.test(line)) done()
    })
    child.once('exit', code => fail(new Error(`Node-RED ended with ${code}: ${lines.join('\n')}`)))
  })
  return { pid: child.pid!, stop: () => stop(child) }
}
