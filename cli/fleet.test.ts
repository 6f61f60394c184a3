import assert from 'node:assert/strict'
import { Client } from '#cli/client.ts'
import { pairAll, tellHeights } from '#cli/fleet.ts'
import { virtualClock } from '#simulators/clock.ts'
import { loadFleet } from '#simulators/fleet.ts'
import { planFleet } from '#simulators/plan.ts'
import { runFleet } from '#simulators/run.ts'
import { Running } from '#test/support/running.ts'

const START_MS = Date.parse('2026-05-04T10:00:00Z')

describe('The owner of a simulated fleet', () => {
  let running: Running, client: Client
  before(async () => {
    running = await Running.start()
    client = new Client({ url: running.http, key: (await running.party('owner')).key })
  })
  after(() => running.stop())

  it('tells once how deep the bins of either network server are, and of nothing else', async () => {
    const [city] = loadFleet('city-2000').sites, models = ['tts-bin', 'tts-parking', 'chirpstack-bin', 'chirpstack-water']
    const devices = models.map(model => ({ model, count: 2, periodS: 60 }))
    const plan = planFleet({ ...loadFleet('home'), sites: [{ ...city!, devices }] }), told: number[] = []
    const paired = await pairAll(client, plan, AbortSignal.abort(), count => told.push(count))
    assert.deepEqual([paired.size, told], [0, []], 'nobody is paired where it is interrupted')

    const credentials = await pairAll(client, plan, new AbortController().signal, count => told.push(count))
    assert.deepEqual(told, [1, 2])
    await runFleet(plan, source => credentials.get(source)!, { clock: virtualClock(START_MS), lifeS: 120 })
    await tellHeights(client, credentials)
    const known = await client.get<{ device: string, emptyMm?: number, fullMm?: number }[]>('/v1/devices')
    const depths = known.flatMap(({ emptyMm, fullMm }) => emptyMm === undefined ? [] : [`${emptyMm} ${fullMm}`])
    const planned = plan.flatMap(source => source.devices).filter(({ emptyMm }) => emptyMm !== undefined)
    assert.deepEqual(depths.sort(), planned.map(({ emptyMm, fullMm }) => `${emptyMm} ${fullMm}`).sort())
    assert.deepEqual([known.length, depths.length], [8, 4])
  })
})
