// The worked examples of the description of the models, byte for byte: what four devices say, and the entity that it becomes.
import assert from 'node:assert/strict'
import type { Reading } from '#adapters/reading.ts'
import { view } from '#semantic-models/entity.ts'
import { map } from '#semantic-models/mapper.ts'
import type { DeviceFacts } from '#semantic-models/observation.ts'
import { facts, reading } from '#test/support/readings.ts'

interface Example { readonly title: string, readonly device: DeviceFacts, readonly readings: readonly Reading[], readonly entity: readonly string[] }

const ARRIVAL = Date.parse('2026-05-04T10:15:30.250Z')
const place = { location: [-4.72, 41.65] as const }
const at = (time: string) => ({ observedAt: Date.parse(time) })
const noon = at('2026-05-04T10:15:30Z'), bin = at('2026-05-04T10:15:29.918Z')

const EXAMPLES: readonly Example[] = [
  {
    title: 'a Zigbee climate sensor, timed by its arrival, its battery and link left to its status',
    device: facts({ ...place, id: 'k3v7qm2xw5tz4rpa6hjn2ye4ds' }),
    readings: [reading('battery', 97, '%'), reading('humidity', 44.72, '%'), reading('linkQuality', 120, 'lqi'), reading('temperature', 27.34, '°C')],
    entity: [
      '{"id":"urn:ngsi-ld:IndoorEnvironmentObserved:k3v7qm2xw5tz4rpa6hjn2ye4ds","type":"IndoorEnvironmentObserved"',
      ',"dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:15:30.250Z"}}',
      ',"temperature":{"type":"Property","value":27.34,"unitCode":"CEL","observedAt":"2026-05-04T10:15:30.250Z"}',
      ',"relativeHumidity":{"type":"Property","value":0.4472,"unitCode":"C62","observedAt":"2026-05-04T10:15:30.250Z"}',
      ',"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-4.72,41.65]}}',
      ',"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:k3v7qm2xw5tz4rpa6hjn2ye4ds"}',
      ',"@context":["https://raw.githubusercontent.com/smart-data-models/dataModel.Environment/master/context.jsonld","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]}',
    ],
  },
  {
    title: 'a Tasmota energy meter of one phase',
    device: facts({ ...place, id: 'b6ynd3q5ujw2c7mzf4ktx6vhpa', dialect: 'tasmota' }),
    readings: [
      reading('energyImport', 6.404, 'kWh', noon), reading('powerActive', 2629, 'W', noon), reading('powerApparent', 2645, 'VA', noon), reading('powerReactive', 288, 'var', noon),
      reading('powerFactor', 0.99, '', noon), reading('voltage', 226, 'V', noon), reading('current', 11.677, 'A', noon),
    ],
    entity: [
      '{"id":"urn:ngsi-ld:ACMeasurement:b6ynd3q5ujw2c7mzf4ktx6vhpa","type":"ACMeasurement"',
      ',"dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:15:30.000Z"}}',
      ',"totalActivePower":{"type":"Property","value":2629,"unitCode":"WTT","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"totalReactivePower":{"type":"Property","value":288,"unitCode":"D44","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"totalApparentPower":{"type":"Property","value":2645,"unitCode":"D46","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"totalActiveEnergyImport":{"type":"Property","value":6.404,"unitCode":"KWH","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"totalPowerFactor":{"type":"Property","value":0.99,"unitCode":"C62","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"phaseVoltage":{"type":"Property","value":{"L1":226},"unitCode":"VLT","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"current":{"type":"Property","value":{"L1":11.677},"unitCode":"AMP","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"phaseType":{"type":"Property","value":"singlePhase"}',
      ',"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-4.72,41.65]}}',
      ',"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:b6ynd3q5ujw2c7mzf4ktx6vhpa"}',
      ',"@context":["https://raw.githubusercontent.com/smart-data-models/dataModel.Energy/master/context.jsonld","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]}',
    ],
  },
  {
    title: 'a SenML station outdoors',
    device: facts({ ...place, id: 't2zq6fhw4xk7mdy3cvb5rj2nsa', dialect: 'senml', placement: 'outdoor' }),
    readings: [
      reading('temperature', -3.5, 'Cel', noon), reading('humidity', 91, '%RH', noon), reading('pressure', 100870, 'Pa', noon), reading('windSpeed', 4.2, 'm/s', noon),
      reading('windDirection', 235, 'deg', noon), reading('precipitation', 0.2, 'mm', noon),
    ],
    entity: [
      '{"id":"urn:ngsi-ld:WeatherObserved:t2zq6fhw4xk7mdy3cvb5rj2nsa","type":"WeatherObserved"',
      ',"dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:15:30.000Z"}}',
      ',"temperature":{"type":"Property","value":-3.5,"unitCode":"CEL","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"relativeHumidity":{"type":"Property","value":0.91,"unitCode":"C62","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"atmosphericPressure":{"type":"Property","value":1008.7,"unitCode":"A97","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"windSpeed":{"type":"Property","value":4.2,"unitCode":"MTS","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"windDirection":{"type":"Property","value":235,"unitCode":"DD","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"precipitation":{"type":"Property","value":0.2,"unitCode":"MMT","observedAt":"2026-05-04T10:15:30.000Z"}',
      ',"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-4.72,41.65]}}',
      ',"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:t2zq6fhw4xk7mdy3cvb5rj2nsa"}',
      ',"@context":["https://raw.githubusercontent.com/smart-data-models/dataModel.Weather/master/context.jsonld","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]}',
    ],
  },
  {
    title: 'a waste bin on The Things Stack, as full as its distance tells',
    device: facts({ id: 'm5wd2jx7q4hfz3ykt6bc5vrn2e', dialect: 'tts', role: 'wasteContainer', location: [-4.7245, 41.6523], emptyMm: 1550, fullMm: 0 }),
    readings: [reading('battery', 92, '%', bin), reading('distance', 620, 'mm', bin), reading('binState', 'ok', '', bin), reading('temperature', 11.5, '°C', bin)],
    entity: [
      '{"id":"urn:ngsi-ld:WasteContainer:m5wd2jx7q4hfz3ykt6bc5vrn2e","type":"WasteContainer"',
      ',"dateObserved":{"type":"Property","value":{"@type":"DateTime","@value":"2026-05-04T10:15:29.918Z"}}',
      ',"temperature":{"type":"Property","value":11.5,"unitCode":"CEL","observedAt":"2026-05-04T10:15:29.918Z"}',
      ',"fillingLevel":{"type":"Property","value":0.6,"unitCode":"C62","observedAt":"2026-05-04T10:15:29.918Z"}',
      ',"status":{"type":"Property","value":"ok","observedAt":"2026-05-04T10:15:29.918Z"}',
      ',"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[-4.7245,41.6523]}}',
      ',"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:m5wd2jx7q4hfz3ykt6bc5vrn2e"}',
      ',"@context":["https://raw.githubusercontent.com/smart-data-models/dataModel.WasteManagement/master/context.jsonld","https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld"]}',
    ],
  },
]

describe('The worked examples:', () => {
  for (const { title, device, readings, entity } of EXAMPLES) {
    it(title, () => {
      for (const order of [readings, readings.toReversed()]) {
        assert.deepEqual(map(order, () => device, ARRIVAL).observations.map(observation => view(observation.entity, observation.entity.mask)), [entity.join('')])
      }
    })
  }
})
