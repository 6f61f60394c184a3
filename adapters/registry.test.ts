import assert from 'node:assert/strict'
import { DIALECTS } from '#adapters/adapter.ts'
import { ADAPTERS, recognise } from '#adapters/registry.ts'

const found = (...asked: Parameters<typeof recognise>) => {
  const { adapter, key } = recognise(...asked) ?? {}
  return [adapter?.name, key]
}

describe('The registry', () => {
  it('knows each adapter by the name of its dialect, once', () => {
    const names = ADAPTERS.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const name of names) assert.ok(DIALECTS.includes(name))
  })

  it('finds the adapter of a topic by its pattern, whatever the source was paired with', () => {
    assert.deepEqual(found('zigbee2mqtt/kitchen'), ['zigbee2mqtt', 'zigbee2mqtt'])
    assert.deepEqual(found('tele/heatpump/SENSOR'), ['tasmota', 'heatpump'])
    assert.deepEqual(found('tele/heatpump/SENSOR', 'zigbee2mqtt'), ['tasmota', 'heatpump'])
    assert.deepEqual(found('zigbee2mqtt/kitchen', 'tasmota'), ['zigbee2mqtt', 'zigbee2mqtt'])
  })

  it('knows Shelly, SenML and The Things Stack by their topics', () => {
    assert.deepEqual(found('home/plug/events/rpc'), ['shelly', 'home/plug'])
    assert.deepEqual(found('home/plug/status/switch:0', 'zigbee2mqtt'), ['shelly', 'home/plug'])
    assert.deepEqual(found('roof/senml'), ['senml', 'roof/senml'])
    assert.deepEqual(found('v3/city@ttn/devices/bin-17/up', 'senml'), ['tts', 'city@ttn/bin-17'])
    assert.deepEqual(found('any/thing', 'senml'), ['senml', 'any/thing'])
  })

  it("asks the source's own dialect first where a topic is of several", () => {
    assert.deepEqual(found('zigbee2mqtt/tele/SENSOR'), ['zigbee2mqtt', 'zigbee2mqtt'])
    assert.deepEqual(found('zigbee2mqtt/tele/SENSOR', 'tasmota'), ['tasmota', 'zigbee2mqtt'])
  })

  it("gives a topic that nobody claims to the source's own dialect, and to no other", () => {
    assert.deepEqual(found('home/z2m/kitchen', 'zigbee2mqtt'), ['zigbee2mqtt', 'home/z2m'])
    assert.deepEqual(found('home/z2m/kitchen'), [undefined, undefined])
    assert.deepEqual(found('home/z2m/kitchen', 'tasmota'), [undefined, undefined])
  })
})
