// A peer for the fan-out: aedes takes the messages in, the job makes entities of them, and each subscriber is sent its attributes by ws.
//   node benchmarks/peers/ws-send.ts SETTING
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { Aedes } from 'aedes'
import { WebSocketServer, type WebSocket } from 'ws'
import { makeJob, type Registry } from '#benchmarks/peers/job.ts'

interface Subscriber { readonly socket: WebSocket, readonly attributes: readonly string[] }

const ALWAYS = ['id', 'type', 'dateObserved']
const { registry, readers } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as { registry: Registry, readers: string[][] }
const job = makeJob(registry), subscribers: Subscriber[] = []

const broker = await Aedes.createBroker(), mqtt = createServer({ noDelay: true }, broker.handle).listen(0, '127.0.0.1')
broker.on('publish', ({ topic, payload }, client) => {
  const made = client && job(topic, payload as Buffer)
  if (made) for (const { socket, attributes } of subscribers) socket.send(JSON.stringify(viewOf(made.entity, attributes)))
})
const webSockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
webSockets.on('connection', (socket, { url }) => subscribers.push({ socket, attributes: readers[Number(url!.slice(1))]! }))
await Promise.all([once(mqtt, 'listening'), once(webSockets, 'listening')])
console.log(JSON.stringify([(mqtt.address() as AddressInfo).port, (webSockets.address() as AddressInfo).port]))

function viewOf(entity: Readonly<Record<string, unknown>>, attributes: readonly string[]): object {
  const view: Record<string, unknown> = {}
  for (const name of ALWAYS) view[name] = entity[name]
  for (const name of attributes) view[name] = entity[name]
  view['@context'] = entity['@context']
  return view
}
