// A peer: a flow of Node-RED, mqtt in → function → mqtt out. The function calls the same job as the other peers, out of the global context.
import { join } from 'node:path'
import { FILTERS } from '#benchmarks/peers/job.ts'
import type { Qos } from '#benchmarks/workloads/scenario.ts'

const FUNCTION = `const made = global.get('job')(msg.topic, msg.payload)
if (!made) return null
msg.topic = made.topic
msg.payload = JSON.stringify(made.entity)
return msg`

/** The nodes of its one tab. */
export function flowOf(brokerPort: number, qos: Qos): readonly object[] {
  const place = { z: 'tab', x: 100, y: 100 }
  return [
    { id: 'tab', type: 'tab', label: 'Readings', disabled: false },
    {
      id: 'broker', type: 'mqtt-broker', name: '', broker: '127.0.0.1', port: String(brokerPort), clientid: '', autoConnect: true,
      usetls: false, protocolVersion: '4', keepalive: '600', cleansession: true,
    },
    ...FILTERS.map(
      (topic, n) => (
        {
          id: `in${n}`, type: 'mqtt in', ...place, topic, qos: String(qos), datatype: 'buffer', broker: 'broker', inputs: 0,
          wires: [['map']],
        }
      )
    ),
    {
      id: 'map', type: 'function', ...place, func: FUNCTION, outputs: 1, timeout: 0, initialize: '', finalize: '', libs: [],
      wires: [['out']],
    },
    { id: 'out', type: 'mqtt out', ...place, topic: '', qos: String(qos), retain: 'false', broker: 'broker', wires: [] },
  ]
}

/** The text of its settings, which load the job. */
export function settingsOf(port: number, registry: string): string {
  const job = JSON.stringify(join(import.meta.dirname, 'job.ts'))
  const settings = {
    uiHost: '127.0.0.1', uiPort: port, flowFile: 'flows.json', credentialSecret: 'of no use here',
    telemetry: { enabled: false, updateNotification: false }, logging: { console: { level: 'info' } },
  }
  return `module.exports = { ...${JSON.stringify(settings)}, functionGlobalContext: { job: require(${job}).loadJob(${JSON.stringify(registry)}) } }\n`
}
