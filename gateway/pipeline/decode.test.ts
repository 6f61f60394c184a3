import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import type { Packet } from '#adapters/packet.ts'
import { Devices } from '#gateway/devices/devices.ts'
import { Sources, type Source } from '#gateway/devices/sources.ts'
import { Decoder, TOPICS_PER_SOURCE_MAX } from '#gateway/pipeline/decode.ts'
import { openState } from '#gateway/state/database.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const RECEIVED = Date.UTC(2026, 4, 4, 10, 15, 31)
const packet = (topic: string, payload: object): Packet => ({ topic, payload: Buffer.from(JSON.stringify(payload)), qos: 1, retain: false, receivedAt: RECEIVED })

describe('The decoder', () => {
  let database: DatabaseSync, sources: Sources, devices: Devices, decoder: Decoder
  before(() => {
    database = openState(temporaryFolder())
    database.prepare("INSERT INTO parties VALUES ('own_a', 'owner', 'x', 0)").run()
    sources = new Sources(database, new TurnedClock())
    devices = new Devices(database, new TurnedClock(), sources)
    decoder = new Decoder(devices)
  })
  after(() => database.close())

  const pair = (more: object = {}): Source => sources.pair('own_a', { name: 'home', ...more }).source
  const tasmota = (source: Source) => decoder.decode(source, packet('tele/plug/SENSOR', { Time: '2026-05-04T12:15:30', ENERGY: { Power: 5 } }))?.decoded.readings[0]?.observedAt

  it('chooses the adapter by the topic, and knows when there is none', () => {
    const source = pair()
    assert.equal(decoder.decode(source, packet('zigbee2mqtt/kitchen', { temperature: 1 }))?.adapter.name, 'zigbee2mqtt')
    assert.equal(decoder.decode(source, packet('tele/plug/SENSOR', {}))?.adapter.name, 'tasmota')
    assert.equal(decoder.decode(source, packet('who/knows', {})), undefined)
  })

  it('asks the dialect that the owner named for topics that nobody knows', () => {
    assert.equal(decoder.decode(pair({ dialect: 'senml' }), packet('who/knows', []))?.adapter.name, 'senml')
  })

  it('reads local times in the zone of the device, else of its source, else not at all', () => {
    const madrid = pair({ timezone: 'Europe/Madrid' })
    assert.equal(tasmota(madrid), Date.UTC(2026, 4, 4, 10, 15, 30))
    assert.equal(tasmota(pair()), undefined)
    const device = devices.find(madrid, 'tasmota', 'plug')!
    devices.set('own_a', device.id, { timezone: 'Europe/Athens' })
    assert.equal(tasmota(madrid), Date.UTC(2026, 4, 4, 9, 15, 30))
  })

  it('keeps what adapters remember apart between sources', () => {
    const [one, two] = [pair(), pair()]
    const twoSensors = { Time: '2026-05-04T12:15:30Z', AM2301: { Temperature: 20 }, DS18B20: { Temperature: 30 } }, oneSensor = { DS18B20: { Temperature: 31 } }
    decoder.decode(one, packet('tele/probe/SENSOR', twoSensors))
    assert.notEqual(decoder.decode(one, packet('tele/probe/SENSOR', oneSensor))?.decoded.readings[0]?.device, decoder.decode(two, packet('tele/probe/SENSOR', oneSensor))?.decoded.readings[0]?.device)
  })

  it('remembers a bounded number of topics, and goes on above it', () => {
    const source = pair()
    for (let n = 0; n <= TOPICS_PER_SOURCE_MAX; n++) decoder.decode(source, packet(`zigbee2mqtt/device ${n}`, { temperature: n }))
    assert.equal(decoder.decode(source, packet('zigbee2mqtt/device 0', { temperature: 5 }))?.decoded.readings[0]?.value, 5)
  })
})
