// Sluice itself, as its users run it: `sluice serve` in a process of its own, four homes, a city that subscribes to 900 streams over WebSocket.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { Endpoint, Load } from '#benchmarks/load.ts'
import type { Pipeline } from '#benchmarks/pipelines/pipeline.ts'
import { firstLine, start, stop } from '#benchmarks/process.ts'
import { connectionOf, CONNECTIONS, DEVICES, deviceName, isConsented, payloadOf } from '#benchmarks/workload.ts'

const ATTRIBUTES = ['temperature', 'relativeHumidity', 'atmosphericPressure', 'illuminance']
const PURPOSE = 'dpv:ServiceProvision'

export async function startSluice(progress: (text: string) => void): Promise<Pipeline> {
  const data = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const child = start(process.execPath, ['--disable-warning=ExperimentalWarning', 'bin/sluice.js', 'serve', '--data', data, '--mqtt-port', '0', '--http-port', '0', '--json'])
  const { mqtt, http, operatorKey } = JSON.parse(await firstLine(child)) as { mqtt: string, http: string, operatorKey: string }
  const setUp = await new SetUp(http, Number(new URL(mqtt).port), operatorKey, progress).run()
  return {
    name: 'sluice', pids: [child.pid!],
    async attach(load) {
      await load.connect(setUp.endpoints)
      await listen(http, setUp.cityKey, setUp.streams, load)
    },
    async stop() {
      await stop(child)
      await rm(data, { recursive: true, force: true })
    },
  }
}

interface Ready { readonly endpoints: readonly Endpoint[], readonly cityKey: string, readonly streams: readonly string[] }

class SetUp {
  readonly #http: string
  readonly #port: number
  readonly #operatorKey: string
  readonly #progress: (text: string) => void

  constructor(http: string, port: number, operatorKey: string, progress: (text: string) => void) {
    this.#http = http
    this.#port = port
    this.#operatorKey = operatorKey
    this.#progress = progress
  }

  async run(): Promise<Ready> {
    const owner = await this.#call<{ key: string }>(this.#operatorKey, 'POST', '/v1/parties', { role: 'owner', name: 'Owner' })
    const city = await this.#call<{ partyId: string, key: string }>(this.#operatorKey, 'POST', '/v1/parties', { role: 'subscriber', name: 'City' })
    const endpoints: Endpoint[] = []
    for (let n = 0; n < CONNECTIONS; n++) {
      const { username, password } = await this.#call<{ username: string, password: string }>(owner.key, 'POST', '/v1/sources', { name: `home ${n}`, dialect: 'zigbee2mqtt' })
      endpoints.push({ port: this.#port, username, password })
    }
    await this.#announce(endpoints)
    return { endpoints, cityKey: city.key, streams: await this.#agree(owner.key, city) }
  }

  /** Each device speaks once, so that its stream is there. */
  async #announce(endpoints: readonly Endpoint[]): Promise<void> {
    const { connectAsync } = await import('mqtt')
    const clients = await Promise.all(endpoints.map(({ port, username, password }) => connectAsync(`mqtt://127.0.0.1:${port}`, { username, password })))
    for (let device = 0; device < DEVICES; device++) await clients[connectionOf(device)]!.publishAsync(`zigbee2mqtt/${deviceName(device)}`, payloadOf(0), { qos: 1 })
    await Promise.all(clients.map(client => client.endAsync()))
  }

  async #agree(ownerKey: string, city: { partyId: string, key: string }): Promise<string[]> {
    const streams = await this.#call<{ streamId: string, device: string }[]>(ownerKey, 'GET', '/v1/streams?mine=true')
    const consented = streams.filter(({ device }) => isConsented(Number(device.replace('dev', ''))))
    for (const [n, { streamId }] of consented.entries()) {
      if (n % 100 === 0) this.#progress(`setting up: ${n} of ${consented.length} agreements`)
      const { offerId } = await this.#call<{ offerId: string }>(ownerKey, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ATTRIBUTES })
      await this.#call(ownerKey, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: [PURPOSE], attributes: ATTRIBUTES })
      await this.#call(city.key, 'POST', '/v1/agreements', { offerId, purpose: PURPOSE })
    }
    return consented.map(({ streamId }) => streamId)
  }

  async #call<T>(key: string, method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.#http}${path}`, { method, headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) }, body: body ? JSON.stringify(body) : undefined })
    if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
    return await answer.json() as T
  }
}

async function listen(http: string, key: string, streams: readonly string[], load: Load): Promise<void> {
  for (const streamId of streams) {
    const socket = new WebSocket(`${http.replace('http', 'ws')}/streams/${encodeURIComponent(streamId)}/subscribe`, { headers: { authorization: `Bearer ${key}` }, perMessageDeflate: false })
    socket.on('message', (data: Buffer) => load.take(data.toString()))
    await new Promise((done, fail) => socket.once('open', done).once('error', fail))
  }
}
