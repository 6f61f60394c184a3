// Shelly Gen1: the contract, the topics, and every topic rule that somebody else tabulated.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recognise } from '#adapters/registry.ts'
import { shelly1 } from '#adapters/shelly1/adapter.ts'
import { FIGURES } from '#adapters/shelly1/figures.ts'
import { adapterContract, fixturesOf } from '#test/contract/adapter.contract.ts'

const RULES = join(import.meta.dirname, '../../../shared/samples/shelly/topics-from-iobroker.tsv')

adapterContract(shelly1, fixturesOf(import.meta.dirname))

const decode = (topic: string, text: string) =>
  shelly1.decode({ topic, payload: Buffer.from(text), qos: 0, retain: false, receivedAt: Date.UTC(2026, 4, 4) }, undefined, {})

describe('Which topics are a first-generation Shelly\'s', () => {
  it('takes the level behind shellies as the key', () => {
    assert.equal(shelly1.recognise('shellies/shellyplug-s-1/relay/0/power'), 'shellyplug-s-1')
    assert.equal(shelly1.recognise('shellies/my plug/light/0/set'), 'my plug')
    assert.equal(shelly1.recognise('shellies/x/relay/0/power/a/b'), undefined)
  })

  it('takes what a bridge put behind a prefix only for a source that was paired so', () => {
    assert.equal(shelly1.recognise('cellar/shellies/a/relay/0'), undefined)
    assert.equal(shelly1.adopt?.('cellar/shellies/a/relay/0'), 'a')
    assert.equal(decode('cellar/shellies/a/relay/0/power', '3').readings[0]?.device, 'a')
  })

  it('leaves later generations to their own adapter, also below the same prefix', () => {
    for (const topic of [
      'shellies/shellyplus1pm-1/events/rpc', 'shellies/attic/status/switch:0', 'shellies/attic/status/wifi',
      'shellies/shellypro4pm-1/online', 'shellies/shelly1pmg3-1/online', 'shellies/shellyplusht-1/online',
    ]) {
      assert.equal(shelly1.recognise(topic), undefined, topic)
      assert.equal(recognise(topic)?.adapter.name, 'shelly', topic)
    }
    assert.equal(recognise('shellies/shelly1pm-1/online')?.adapter.name, 'shelly1')
    assert.equal(recognise('shellies/shellymotionsensor-1/status')?.adapter.name, 'shelly1')
  })

  it('keeps wildcards out', () => {
    for (const topic of [
      'shellies/+/relay/0', 'shellies/#', 'shellies/a#/online', 'shellies', 'shellies/', 'shellies/a', 'shellies//online',
    ]) {
      assert.equal(shelly1.recognise(topic), undefined, topic)
    }
  })
})

describe('The topic rules of another project (skipped where ../shared/samples is absent)', () => {
  before(function () {
    if (!existsSync(RULES)) this.skip()
  })

  const NOT_MAPPED = new RegExp([
    '^(?:relay|roller|light|color|white)/\\d$', 'command$', '/(?:pos|source|status|overpower_value)$',
    '^(?:input|input_event|longpush|ext_switch)/', '^(?:overpower|overtemperature|temperature|temperature_f|status)$',
    '^ext_temperature_f/', '^sensor/(?:act_reasons|charger|wakeupevent)$',
    '^sensor/(?:concentration|illumination|operation|self_test|tilt)$',
  ].join('|'))
  const said = (tail: string): string => {
    const words = FIGURES.get(tail.replace(/\/\d+/, '').replace(/^([^/]+)$/, '$1/'))?.words
    return words ? Object.keys(words).find(word => words[word] !== undefined)! : '21.5'
  }

  it('are all known: each gives one reading, or is one of those that are no readings', () => {
    const rows = readFileSync(RULES, 'utf8').split('\n').map(line => line.split('\t')).filter(([, topic]) => topic?.startsWith('shellies/'))
    let read = 0
    for (const [file = '', topic = '', unit = ''] of rows) {
      const id = `${/^gen1\/(\w+)\.ts$/.exec(file)?.[1] ?? 'shelly1pm'}-aabbcc`
      const real = topic.replace('<mqttprefix>', id).replace(/\$\{\w+\}/, '0'), tail = real.split('/').slice(2).join('/')
      assert.equal(shelly1.recognise(real), id, real)
      const { readings, refused } = decode(real, said(tail))
      if (NOT_MAPPED.test(tail)) assert.deepEqual(refused.map(({ code }) => code), [tail === 'status' ? 'BAD_PAYLOAD' : 'NO_READING'], real)
      else assert.equal(readings.length, 1, real)
      read += readings.length
      const spelled: Record<string, string> = { Lux: 'lx', '°C': readings[0]?.quantity === 'leak' ? '' : '°C' }
      if (unit !== '' && readings[0]) assert.equal(readings[0].unit, spelled[unit] ?? unit, real)
    }
    assert.ok(rows.length > 150 && read > 60, `${rows.length} rules, ${read} readings`)
  })
})
