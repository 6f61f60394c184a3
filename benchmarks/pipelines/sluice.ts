// Sluice itself, as its users run it: `sluice serve` in a process of its own, with its journal on disk as ever.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Endpoint, PipelineMaker, Reader } from '#benchmarks/pipelines/pipeline.ts'
import { prepareData, type Business, type Prepared } from '#benchmarks/pipelines/sluice-data.ts'
import { firstLine, start, stop } from '#benchmarks/process.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'

export interface SluiceOptions {
  /** What its results are called. */
  readonly name?: string
  readonly business?: Partial<Business>
  /** How its readers come; over WebSocket there is a connection for each stream. */
  readonly transport?: 'mqtt' | 'webSocket'
  /** For the Node that runs it: a profile, say. */
  readonly nodeOptions?: readonly string[]
}

const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning']

export function sluice({ name = 'sluice', business = {}, transport = 'mqtt', nodeOptions = [] }: SluiceOptions = {}): PipelineMaker {
  const { readers = [undefined], otherConsents = 0 } = business
  return {
    name,
    missing: () => undefined,
    async start(fleet) {
      const data = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
      const prepared = prepareData(data, fleet, { readers, otherConsents })
      const child = start(process.execPath, [...NODE_OPTIONS, ...nodeOptions, 'bin/sluice.js', 'serve', '--data', data, '--mqtt-port', '0', '--http-port', '0', '--json'])
      const started = JSON.parse(await firstLine(child)) as { mqtt: string, http: string }
      const mqttPort = Number(new URL(started.mqtt).port), httpPort = Number(new URL(started.http).port)
      return {
        name, isForwarding: false, pids: [child.pid!],
        publishers: prepared.publishers.map(credentials => ({ port: mqttPort, ...credentials })),
        readers: prepared.readers.map((_, n): Reader => ({
          granted: readers[n], connections: transport === 'mqtt' ? overMqtt(prepared, n, mqttPort) : overWebSocket(prepared, n, httpPort),
        })),
        async stop() {
          await stop(child)
          await rm(data, { recursive: true, force: true })
        },
      }
    },
  }
}

/** As few connections as its subscriptions fit on. */
function overMqtt({ streamIds, readers }: Prepared, reader: number, port: number): Endpoint[] {
  const { id: username, key: password } = readers[reader]!, most = MQTT_LIMITS.filtersPerSourceMax, endpoints: Endpoint[] = []
  for (let from = 0; from < streamIds.length; from += most) {
    endpoints.push({ port, username, password, filters: streamIds.slice(from, from + most).map(id => `streams/${id}`) })
  }
  return endpoints
}

function overWebSocket({ streamIds, readers }: Prepared, reader: number, port: number): Endpoint[] {
  return streamIds.map(id => ({ port, password: readers[reader]!.key, path: `/streams/${encodeURIComponent(id)}/subscribe` }))
}
