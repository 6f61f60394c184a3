// A peer: aedes. Without a registry it hands on what came in; with one it does the whole job inside the broker.
//   node benchmarks/peers/aedes.ts [REGISTRY]
import { createServer, type AddressInfo } from 'node:net'
import { Aedes } from 'aedes'
import { loadJob } from '#benchmarks/peers/job.ts'

const [registry] = process.argv.slice(2), broker = await Aedes.createBroker()
if (registry !== undefined) {
  const job = loadJob(registry)
  broker.on('publish', ({ topic, payload, qos }, client) => {
    const made = client && job(topic, payload as Buffer)
    if (made) broker.publish(
      { cmd: 'publish', dup: false, retain: false, qos, topic: made.topic, payload: JSON.stringify(made.entity) }, () => {}
    )
  })
}
const server = createServer({ noDelay: true }, broker.handle).listen(
  0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port)
)
