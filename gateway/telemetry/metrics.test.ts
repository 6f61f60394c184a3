import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeMetrics, type MetricSources } from '#gateway/telemetry/metrics.ts'
import { LONG_ROAD_REASONS } from '#gateway/telemetry/roads.ts'
import { StageTimes } from '#gateway/telemetry/stage-times.ts'
import { DoorCounts, Tally } from '#gateway/telemetry/tally.ts'

function begin(): MetricSources {
  const none = () => 0
  return {
    tally: new Tally(), times: new StageTimes(), door: new DoorCounts(), connections: none, subscriptions: none, bridges: () => ({}), history: () => undefined,
    aggregates: { count: 1, outcomes: { RELEASED: 3, TOO_FEW: 2 }, spentCount: 4 }, journalBytes: none, streams: none,
  }
}

/** The lines of a metric. */
async function told(sources: MetricSources, name: string): Promise<readonly string[]> {
  return (await makeMetrics(sources).metrics()).split('\n').filter(line => line.startsWith(name)).map(line => line.slice(name.length))
}

describe('The metrics', () => {
  it('tell by rule which road messages took and why, with both roads of a rule from its first message on', async () => {
    const sources = begin(), { roads } = sources.tally, rule = roads.of('zigbee2mqtt', 'IndoorEnvironmentObserved')
    roads.of('zigbee2mqtt').long['not-learned'] = 2
    rule.learned = 1
    rule.long['not-covered'] = 3
    rule.long.refused = 4
    assert.equal(roads.of('zigbee2mqtt', 'IndoorEnvironmentObserved'), rule)
    assert.deepEqual(await told(sources, 'sluice_short_road_total{'), ['dialect="zigbee2mqtt",rule="IndoorEnvironmentObserved"} 0'])
    assert.deepEqual(await told(sources, 'sluice_topics_learned_total{'), ['dialect="zigbee2mqtt",rule="IndoorEnvironmentObserved"} 1'])
    assert.deepEqual(await told(sources, 'sluice_long_road_total{'), [
      'dialect="zigbee2mqtt",rule="IndoorEnvironmentObserved",reason="not-covered"} 3',
      'dialect="zigbee2mqtt",rule="IndoorEnvironmentObserved",reason="refused"} 4',
      'dialect="zigbee2mqtt",rule="none",reason="not-learned"} 2',
    ])
  })

  it('tell how often and how long sources were held, and for what', async () => {
    const sources = begin()
    sources.door.hold(10, 'rate')
    sources.door.hold(250, 'long-road')
    sources.door.hold(250, 'long-road')
    assert.deepEqual(await told(sources, 'sluice_mqtt_holds_total{'), ['cause="rate"} 1', 'cause="long-road"} 2'])
    assert.deepEqual(await told(sources, 'sluice_mqtt_held_seconds_total{'), ['cause="rate"} 0.01', 'cause="long-road"} 0.5'])
  })

  it('tell what became of the windows of aggregates', async () => {
    assert.deepEqual(await told(begin(), 'sluice_aggregate_windows_total{'), ['outcome="RELEASED"} 3', 'outcome="TOO_FEW"} 2'])
    assert.deepEqual(await told(begin(), 'sluice_aggregate_spent_total '), ['4'])
  })

  it('of the roads are described for the operator, each with its reasons', () => {
    const manual = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operating.md'), 'utf8')
    const names = ['sluice_short_road_total', 'sluice_long_road_total', 'sluice_topics_learned_total', 'sluice_mqtt_holds_total', 'sluice_mqtt_held_seconds_total']
    for (const name of [...names, ...LONG_ROAD_REASONS]) assert.ok(manual.includes(`\`${name}\``), name)
  })
})
