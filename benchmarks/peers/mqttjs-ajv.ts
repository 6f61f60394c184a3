// A peer: the same job as Sluice's data path by the libraries that one would take. Validate, map to the same NGSI-LD, drop one in ten, publish.
//   node benchmarks/peers/mqttjs-ajv.ts PORT QOS
import { Ajv } from 'ajv'
import { connect } from 'mqtt'

interface Climate { readonly battery: number, readonly humidity: number, readonly illuminance: number, readonly linkquality: number, readonly pressure: number, readonly temperature: number }

const range = (minimum: number, maximum: number) => ({ type: 'number', minimum, maximum })
const validate = new Ajv().compile<Climate>({
  type: 'object', additionalProperties: false, required: ['battery', 'humidity', 'illuminance', 'linkquality', 'pressure', 'temperature'],
  properties: { battery: range(0, 100), humidity: range(0, 100), illuminance: range(0, 1e15), linkquality: range(0, 255), pressure: range(300, 1200), temperature: range(-60, 120) },
})
const CONTEXT = ['https://raw.githubusercontent.com/smart-data-models/dataModel.Environment/master/context.jsonld', 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld']
const TOPIC = 'zigbee2mqtt/'

const [port = '1883', qos = '0'] = process.argv.slice(2)
const client = connect(`mqtt://127.0.0.1:${port}`, { clientId: 'peer' })
const level = qos === '1' ? 1 : 0

client.on('connect', () => client.subscribe(`${TOPIC}+`, { qos: level }, () => console.log('ready')))
client.on('message', (topic, payload) => {
  const device = topic.slice(TOPIC.length)
  const message: unknown = JSON.parse(payload.toString())
  if (!validate(message) || Number(device.slice(3)) % 10 === 0) return
  client.publish(`obs/${device}`, JSON.stringify(entityOf(device, message)), { qos: level })
})

function entityOf(device: string, { humidity, illuminance, pressure, temperature }: Climate): object {
  const observedAt = new Date().toISOString()
  const property = (value: number, unitCode: string) => ({ type: 'Property', value, unitCode, observedAt })
  return {
    id: `urn:ngsi-ld:IndoorEnvironmentObserved:${device}`, type: 'IndoorEnvironmentObserved', dateObserved: { type: 'Property', value: { '@type': 'DateTime', '@value': observedAt } },
    temperature: property(temperature, 'CEL'), relativeHumidity: property(humidity / 100, 'C62'), atmosphericPressure: property(pressure, 'A97'), illuminance: property(illuminance, 'LUX'), '@context': CONTEXT,
  }
}
