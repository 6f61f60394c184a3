// A peer: the same job by the libraries that one would take, beside a broker.
//   node benchmarks/peers/mqttjs-ajv.ts PORT QOS REGISTRY
import { connect } from 'mqtt'
import { FILTERS, loadJob } from '#benchmarks/peers/job.ts'

const [port = '1883', qos = '0', registry = ''] = process.argv.slice(2), level = qos === '1' ? 1 : 0
const job = loadJob(registry), client = connect(`mqtt://127.0.0.1:${port}`, { clientId: 'peer', keepalive: 0 })

client.on('connect', () => client.subscribe(FILTERS, { qos: level }, () => console.log('ready')))
client.on('message', (topic, payload) => {
  const made = job(topic, payload)
  if (made) client.publish(made.topic, JSON.stringify(made.entity), { qos: level })
})
