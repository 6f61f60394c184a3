// Sluice itself, as its users run it: `sluice serve` in a process of its own, with its journal on disk as ever.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import type { Announcement } from '#benchmarks/fleet.ts'
import type { Endpoint, PipelineMaker, Reader } from '#benchmarks/pipelines/pipeline.ts'
import { prepareData, type Account, type Business, type Prepared } from '#benchmarks/pipelines/sluice-data.ts'
import { PROOF_MEMBER } from '#gateway/proof/proof.ts'
import { parsePublicKeys } from '#gateway/proof/public-keys.ts'
import { Verifier } from '#gateway/proof/verifier.ts'
import { firstLine, start, stop } from '#benchmarks/process.ts'

export interface SluiceOptions {
  /** What its results are called. */
  readonly name?: string
  readonly business?: Partial<Business>
  /** How its readers come; over WebSocket there is a connection for each stream. */
  readonly transport?: 'mqtt' | 'webSocket'
  /** Its readers want each message with its proof, and those that are looked at are checked by it. */
  readonly hasProof?: boolean
  /** For the Node that runs it: a profile, say. */
  readonly nodeOptions?: readonly string[]
}

const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning']

export function sluice({ name = 'sluice', business = {}, transport = 'mqtt', hasProof = false, nodeOptions = [] }: SluiceOptions = {}): PipelineMaker {
  const { readers = [undefined], otherConsents = 0 } = business
  return {
    name,
    missing: () => undefined,
    async start(fleet) {
      const data = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
      const prepared = prepareData(data, fleet, { readers, otherConsents })
      const child = start(
        process.execPath,
        [...NODE_OPTIONS, ...nodeOptions, 'bin/sluice.js', 'serve', '--data', data, '--mqtt-port', '0', '--http-port', '0', '--json'],
        { env: { ...process.env, SLUICE_LOG_LEVEL: 'warn' } }
      )
      const started = JSON.parse(await firstLine(child)) as { mqtt: string, http: string }
      await announce(started.mqtt, fleet.announcements ?? [], prepared)
      const mqttPort = Number(new URL(started.mqtt).port), httpPort = Number(new URL(started.http).port)
      return {
        name, isForwarding: false, pids: [child.pid!], ...hasProof && { contentOf: await proofReader(started.http) },
        publishers: prepared.publishers.map(credentials => ({ port: mqttPort, ...credentials })),
        readers: prepared.readers.map((accounts, n): Reader => ({
          granted: readers[n], connections: accounts.flatMap(
            account => transport === 'mqtt' ? overMqtt(account, mqttPort, hasProof) : overWebSocket(account, httpPort, hasProof)
          ),
        })),
        async stop() {
          await stop(child)
          await rm(data, { recursive: true, force: true })
        },
      }
    },
  }
}

/** Gives the entity of an envelope that is proven, and of any other what is wrong with it. */
async function proofReader(url: string): Promise<(output: string) => string> {
  const response = await fetch(`${url}/.well-known/jwks.json`), verifier = new Verifier(parsePublicKeys(await response.text())), name = ',"content":'
  return output => {
    const fault = verifier.check(output)
    return fault === undefined ? output.slice(output.indexOf(name) + name.length, output.lastIndexOf(PROOF_MEMBER)) : `${fault}: ${output}`
  }
}

async function announce(url: string, announcements: readonly Announcement[], { publishers }: Prepared): Promise<void> {
  for (const { connection, topic, payload } of announcements) {
    const client = await connectAsync(url, publishers[connection])
    await client.publishAsync(topic, payload, { qos: 1 })
    await client.endAsync()
  }
}

function overMqtt({ partyId, key, streamIds }: Account, port: number, hasProof: boolean): Endpoint {
  return { port, username: partyId, password: key, filters: streamIds.map(id => `${hasProof ? 'proofs' : 'streams'}/${id}`) }
}

function overWebSocket({ key, streamIds }: Account, port: number, hasProof: boolean): Endpoint[] {
  return streamIds.map(id => ({ port, password: key, path: `/streams/${encodeURIComponent(id)}/subscribe${hasProof ? '?proof=1' : ''}` }))
}
