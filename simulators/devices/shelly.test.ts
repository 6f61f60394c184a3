import assert from 'node:assert/strict'
import { assertNeverFalls, assertWithin, describeDevice, planOf, watch } from '#simulators/devices/device.contract.ts'
import { shelly } from '#simulators/devices/shelly.ts'

type Component = Readonly<Record<string, number>>
interface Notification {
  readonly src: string
  readonly dst: string
  readonly method: string
  readonly params: { readonly ts: number } & Readonly<Record<string, Component>>
}

const notifications = (model: string, options = {}) =>
  watch(model, options).map(({ message }) => JSON.parse(message.payload) as Notification)

for (const model of Object.keys(shelly.models)) describeDevice(model)

describe('shelly', () => {
  it('says that it is online, retained, under the id that is its topic prefix and client id', () => {
    const [source] = planOf('shelly-ht')
    assert.deepEqual(shelly.birth(source!, 0), [{ topic: `${source!.clientId}/online`, payload: 'true', retain: true }])
    assert.deepEqual(shelly.will(source!), { topic: `${source!.clientId}/online`, payload: 'false', retain: true })
  })

  it('notifies on its own topic with the time of its clock in seconds', () => {
    for (const { atMs, source, message } of watch('shelly-plug', { hours: 1 })) {
      const { src, dst, params } = JSON.parse(message.payload) as Notification
      assert.deepEqual([message.topic, src, dst], [`${source.clientId}/events/rpc`, source.clientId, `${source.clientId}/events`])
      assert.ok(Math.abs(params.ts - atMs / 1000) < 0.006)
    }
  })

  it('tells everything once, and then what has changed', () => {
    const [first, ...rest] = notifications('shelly-plug', { hours: 24 })
    assert.equal(first!.method, 'NotifyFullStatus')
    const members = ['id', 'source', 'output', 'apower', 'voltage', 'current', 'aenergy', 'temperature']
    assert.deepEqual(Object.keys(first!.params['switch:0']!), members)
    const known = new Map(Object.entries(first!.params['switch:0']!).map(([key, value]) => [key, JSON.stringify(value)]))
    for (const { method, params } of rest) {
      assert.equal(method, 'NotifyStatus')
      assert.equal(params['switch:0']?.output, undefined, 'the switch is never touched')
      for (const [key, value] of Object.entries(params['switch:0'] ?? {})) {
        if (key !== 'id') assert.notEqual(JSON.stringify(value), known.get(key), `${key} is told again unchanged`)
        known.set(key, JSON.stringify(value))
      }
    }
    const tellsPower = ({ params }: Notification) => params['switch:0']?.apower !== undefined
    assert.ok(rest.some(tellsPower) && !rest.every(tellsPower))
  })

  it('measures three phases whose sums are the totals', () => {
    for (const { params: { 'em:0': em } } of notifications('shelly-em3', { periodS: 300 })) {
      const sum = (key: string) => em![`a_${key}`]! + em![`b_${key}`]! + em![`c_${key}`]!
      assert.ok(Math.abs(sum('act_power') - em!.total_act_power!) < 0.2)
      assert.ok(Math.abs(sum('aprt_power') - em!.total_aprt_power!) < 0.2)
      assert.ok(Math.abs(sum('current') - em!.total_current!) < 0.003)
      assert.equal(em!.n_current, null)
      assertWithin('voltage', ['a', 'b', 'c'].map(phase => em![`${phase}_voltage`]!), 215, 240)
    }
  })

  it('feeds the grid at noon where there is a roof, counting what is drawn and what is fed apart', () => {
    const startMs = Date.parse('2026-06-14T22:00:00Z')
    const homes = [1, 2, 3, 4, 5, 6].map(seed => notifications('shelly-em3', { seed, periodS: 300, startMs }))
    const withRoof = homes.filter(home => home.some(({ params }) => params['em:0']!.a_act_power! < -500))
    assert.ok(withRoof.length > 0 && withRoof.length < homes.length)
    for (const home of homes) {
      const data = home.map(({ params }) => params['emdata:0']!)
      assertNeverFalls('energy drawn', data.map(({ total_act }) => total_act!))
      const fed = data.map(({ a_total_act_ret_energy }) => a_total_act_ret_energy!)
      if (withRoof.includes(home)) assertNeverFalls('energy fed', fed)
      else assert.equal(fed.at(-1), fed[0])
    }
  })

  it('wakes up to tell the whole climate', () => {
    for (const { method, params } of notifications('shelly-ht', { periodS: 300 })) {
      assert.equal(method, 'NotifyFullStatus')
      const { tC, tF } = params['temperature:0']!
      assert.ok(Math.abs(tC! * 1.8 + 32 - tF!) < 0.06)
      assertWithin('humidity', [params['humidity:0']!.rh!], 15, 95)
      assert.ok((params['devicepower:0'] as unknown as { battery: { percent: number } }).battery.percent <= 100)
    }
  })
})
