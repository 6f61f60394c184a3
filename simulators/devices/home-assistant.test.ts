import assert from 'node:assert/strict'
import { assertNeverFalls, assertWithin, describeDevice, planOf, watch } from '#simulators/devices/device.contract.ts'
import { homeAssistant } from '#simulators/devices/home-assistant.ts'

type Config = Readonly<Record<string, unknown>>
const models = Object.keys(homeAssistant.models)
const births = (model: string) => homeAssistant.birth(planOf(model)[0]!, 0)
const configs = (model: string) => births(model).slice(0, -1).map(({ topic, payload }) => [topic, JSON.parse(payload) as Config] as const)
const said = (model: string, object: string, options = {}) =>
  watch(model, options).filter(({ message }) => message.topic.endsWith(`/${object}/state`)).map(({ message }) => message.payload)
const numbers = (model: string, object: string, options = {}) => said(model, object, options).map(Number)

for (const model of models) describeDevice(model)

describe('home-assistant', () => {
  it('declares first, retained, and then says that it is there; its will says that it is not', () => {
    for (const model of models) {
      const all = births(model), [source] = planOf(model), last = all.at(-1)!
      assert.ok(all.length >= 2 && all.every(({ retain }) => retain))
      const declared = all.slice(0, -1).map(({ topic }) => topic)
      for (const topic of declared) assert.match(topic, /^homeassistant\/(sensor|binary_sensor|device)\/([a-z0-9-]+\/)?[a-z0-9]+\/config$/)
      assert.match(last.topic, /\/status$/)
      assert.deepEqual([last.payload, homeAssistant.will(source!)], ['online', { ...last, payload: 'offline' }])
    }
  })

  it('of ESPHome speaks on the topics that its entities were declared with, and the broker keeps it', () => {
    for (const model of models.filter(name => name.startsWith('esphome'))) {
      const declared = configs(model).map(([, config]) => config.stat_t)
      const spoken = watch(model, { hours: 1 })
      assert.deepEqual(new Set(spoken.map(({ message }) => message.topic)), new Set(declared))
      assert.ok(spoken.every(({ message }) => message.retain))
      assert.equal(new Set(configs(model).map(([, config]) => config.uniq_id)).size, declared.length)
    }
  })

  it('declares a plant sensor whole, its topics from a base, and a template for each value of its JSON', () => {
    const [[topic, config] = assert.fail()] = configs('ha-plant')
    assert.match(topic, /^homeassistant\/device\/[0-9a-f]{12}\/config$/)
    const base = String(config['~'])
    assert.deepEqual([config.stat_t, config.avty_t, births('ha-plant').at(-1)!.topic], ['~/state', '~/status', `${base}/status`])
    const members = Object.values(config.cmps as Readonly<Record<string, Config>>)
      .map(({ val_tpl }) => /^{{ value_json\.(\w+) }}$/.exec(String(val_tpl))?.[1])
    for (const { message } of watch('ha-plant', { hours: 2 })) {
      assert.equal(message.topic, `${base}/state`)
      assert.deepEqual(Object.keys(JSON.parse(message.payload) as object), members)
    }
  })

  it('writes numbers with the decimals of its sensors, and measures what can be', () => {
    assertWithin('temperature', numbers('esphome-climate', 'temperature'), 12, 28)
    assertWithin('CO2', numbers('esphome-climate', 'co2'), 400, 3_000)
    assertNeverFalls('energy', numbers('esphome-meter', 'energy', { hours: 72 }))
    for (const text of said('esphome-climate', 'temperature', { hours: 1 })) assert.match(text, /^\d+\.\d$/)
  })

  it('waters its plants when they are dry', () => {
    const weeks = watch('ha-plant', { hours: 24 * 20, periodS: 3_600 })
    const moisture = weeks.map(({ message }) => (JSON.parse(message.payload) as { moisture: number }).moisture)
    assertWithin('moisture', moisture, 12, 46)
    const watered = moisture.filter((now, k) => now > (moisture[k - 1] ?? now) + 15).length
    assert.ok(watered >= 3 && watered <= 9, `watered ${watered} times in twenty days`)
  })
})
