import assert from 'node:assert/strict'
import { assertNeverFalls, assertWithin, describeDevice, planOf, watch } from '#simulators/devices/device.contract.ts'
import { shelly1 } from '#simulators/devices/shelly1.ts'

const IDS: Readonly<Record<string, RegExp>> = {
  'shelly1-em3': /^shellyem3-[0-9A-F]{12}$/, 'shelly1-plug': /^shellyplug-s-[0-9A-F]{6}$/, 'shelly1-ht': /^shellyht-[0-9A-F]{6}$/,
  'shelly1-door': /^shellydw2-[0-9A-F]{6}$/, 'shelly1-flood': /^shellyflood-[0-9A-F]{6}$/,
}
/** What a device said on one of its topics. */
const said = (model: string, figure: string, options = {}) =>
  watch(model, options).filter(({ message }) => message.topic.endsWith(`/${figure}`)).map(({ message }) => message.payload)
const numbers = (model: string, figure: string, options = {}) => said(model, figure, options).map(Number)

for (const model of Object.keys(shelly1.models)) describeDevice(model)

describe('shelly1', () => {
  it('is known by the ids of the vendor, which are its client ids and stand in its topics', () => {
    assert.deepEqual(Object.keys(IDS), Object.keys(shelly1.models))
    for (const [model, pattern] of Object.entries(IDS)) {
      const [source] = planOf(model)
      assert.match(source!.clientId, pattern)
      for (const { message: { topic } } of watch(model, { hours: 1 })) assert.ok(topic.startsWith(`shellies/${source!.clientId}/`), topic)
    }
  })

  it('says that it is online, announces itself to all and by itself, and leaves a will', () => {
    const [source] = planOf('shelly1-em3'), id = source!.clientId
    const [online, ...announcements] = shelly1.birth(source!, 0)
    assert.deepEqual(online, { topic: `shellies/${id}/online`, payload: 'true', retain: true })
    assert.deepEqual(announcements.map(({ topic }) => topic), ['shellies/announce', `shellies/${id}/announce`])
    assert.ok(announcements.every(({ retain }) => !retain))
    const told = JSON.parse(announcements[0]!.payload) as Record<string, unknown>
    assert.deepEqual([told.id, told.model, told.mac], [id, 'SHEM-3', id.split('-')[1]])
    assert.deepEqual(shelly1.will(source!), { topic: `shellies/${id}/online`, payload: 'false', retain: true })
  })

  it('has three phases whose figures belong together, and registers that only rise', () => {
    for (const phase of [0, 1, 2]) {
      const of = (figure: string) => numbers('shelly1-em3', `emeter/${phase}/${figure}`)
      const [power, pf, current, voltage] = [of('power'), of('pf'), of('current'), of('voltage')]
      power.forEach((watts, k) => assert.ok(Math.abs(Math.abs(watts) - pf[k]! * current[k]! * voltage[k]!) < 3 + 0.01 * Math.abs(watts)))
      assertWithin('voltage', voltage, 215, 245)
      assertNeverFalls('total', of('total'))
    }
    assert.match(said('shelly1-em3', 'emeter/0/power', { hours: 1 })[0]!, /^-?\d+\.\d\d$/)
  })

  it('counts watt-minutes since it was plugged in', () => {
    const energy = numbers('shelly1-plug', 'relay/0/energy', { hours: 72 }), power = numbers('shelly1-plug', 'relay/0/power', { hours: 72 })
    assertNeverFalls('energy', energy)
    assert.equal(energy[0], 0)
    const wattMinutes = power.reduce((sum, watts) => sum + watts, 0)
    assert.ok(Math.abs(energy.at(-1)! - wattMinutes) < 0.1 * wattMinutes, `${energy.at(-1)} counted, ${wattMinutes} from the power`)
  })

  it('says in words whether a door is open, and hardly ever that it is', () => {
    const states = said('shelly1-door', 'sensor/state', { hours: 72 })
    assert.deepEqual(new Set(states), new Set(['open', 'close']))
    assert.ok(states.filter(state => state === 'open').length < 0.25 * states.length)
    assert.deepEqual(new Set(said('shelly1-flood', 'sensor/flood')), new Set(['false']))
  })

  it('has a climate as rooms have', () => {
    assertWithin('temperature', numbers('shelly1-ht', 'sensor/temperature'), 12, 28)
    assertWithin('humidity', numbers('shelly1-ht', 'sensor/humidity'), 15, 95)
    assertWithin('battery', numbers('shelly1-ht', 'sensor/battery'), 40, 100)
  })
})
