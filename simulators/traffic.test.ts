import assert from 'node:assert/strict'
import { FAMILIES } from '#simulators/devices/catalogue.ts'
import { loadFleet, scaleFleet, type Faults } from '#simulators/fleet.ts'
import { planFleet } from '#simulators/plan.ts'
import { traffic, type Pace, type TimedSending } from '#simulators/traffic.ts'

const START_MS = Date.parse('2026-05-04T10:15:30.250Z')
const demo = planFleet(loadFleet('demo'))
const BAD_LINE: Faults = { duplicate: 0.02, reorder: 0.02, disconnect: 0.02, malformed: 0.02, clockSkewS: 30 }

const take = (count: number, plan = demo, pace: Pace = { startMs: START_MS }) => traffic(plan, pace).take(count).toArray()
const wire = (sendings: readonly TimedSending[]) =>
  sendings.map(({ source, atMs, message }) => `${source.name} ${atMs} ${message.topic} ${message.payload}`)
const stampOf = ({ message }: TimedSending) => (JSON.parse(message.payload) as { params: { ts: number } }).params.ts
const notifications = (sendings: readonly TimedSending[]) =>
  sendings.filter(({ source, message }) => source.dialect === 'shelly' && !message.retain)
const dialectsOf = (sendings: readonly TimedSending[]) => new Set(sendings.map(({ source }) => source.dialect))

describe('traffic', () => {
  it('is the same sequence of topics and payloads for the same seed and start, faults included', () => {
    const plan = planFleet({ ...loadFleet('demo'), faults: BAD_LINE })
    assert.deepEqual(wire(take(3_000, plan)), wire(take(3_000, planFleet({ ...loadFleet('demo'), faults: BAD_LINE }))))
  })

  it('is another one for another seed or another start', () => {
    const usual = wire(take(200))
    assert.notDeepEqual(wire(take(200, planFleet({ ...loadFleet('demo'), seed: 1 }))), usual)
    assert.notDeepEqual(wire(take(200, demo, { startMs: START_MS + 1 })), usual)
  })

  it('does not change what one home says because another one moved in', () => {
    const ofFirst = (devices: number) => {
      const sendings = take(4_000, planFleet(scaleFleet(loadFleet('home'), devices)))
      return wire(sendings.filter(({ source }) => source.site === 'home.1')).slice(0, 500)
    }
    assert.deepEqual(ofFirst(45), ofFirst(30))
  })

  it('never goes back in time, and lets each device keep its period', () => {
    const sendings = take(5_000)
    assert.ok(sendings.every(({ atMs }, k) => atMs >= START_MS && atMs >= (sendings[k - 1]?.atMs ?? 0)))
    const inKitchen = ({ source, message }: TimedSending) => source.site === 'home.1' && message.topic === 'zigbee2mqtt/kitchen_climate'
    const kitchen = sendings.filter(inKitchen).map(({ atMs }) => atMs)
    const gaps = kitchen.slice(1).map((atMs, k) => atMs - (kitchen[k] ?? 0))
    assert.ok(kitchen.length > 50 && gaps.every(gap => gap >= 2_850 && gap <= 3_150), 'three seconds but for a jitter')
    assert.ok(new Set(gaps).size > 10)
  })

  it('lets everybody speak within the first period', () => {
    const spoke = new Set(take(2_000).filter(({ atMs }) => atMs <= START_MS + 5_000).map(({ source }) => source.name))
    assert.equal(spoke.size, demo.length)
    assert.equal(dialectsOf(take(2_000)).size, 5)
  })

  it('spaces messages evenly when it is given a rate, whoever speaks', () => {
    const sendings = take(1_000, demo, { startMs: START_MS, rate: 250 })
    sendings.forEach(({ atMs }, k) => assert.equal(atMs, START_MS + k * 4))
    assert.equal(dialectsOf(sendings).size, 5)
  })

  it('begins each connection with its birth messages, after a cut once more', () => {
    const plan = planFleet({ ...loadFleet('demo'), faults: { ...BAD_LINE, malformed: 0 } })
    const sendings = take(6_000, plan)
    assert.ok(sendings.some(({ isCut }) => isCut))
    for (const source of plan) {
      const births = FAMILIES[source.dialect].birth(source, START_MS).map(({ topic }) => topic)
      const own = sendings.filter(sending => sending.source === source)
      const starts = [0, ...own.flatMap(({ isCut }, k) => isCut ? [k + 1] : [])]
      for (const start of starts) {
        const following = own.slice(start, start + births.length).map(({ message }) => message.topic)
        assert.deepEqual(following, births.slice(0, following.length))
      }
    }
  })

  it('lets a clock be wrong by as much as the fleet says, and not by less for everybody', () => {
    const plan = planFleet({ ...loadFleet('demo'), faults: { ...loadFleet('demo').faults, clockSkewS: 30 } })
    const skews = notifications(take(4_000, plan)).map(sending => stampOf(sending) - sending.atMs / 1000)
    assert.ok(skews.every(skew => Math.abs(skew) <= 30.01))
    assert.ok(Math.max(...skews.map(Math.abs)) > 3)
    for (const exact of notifications(take(1_000))) assert.ok(Math.abs(stampOf(exact) - exact.atMs / 1000) < 0.01)
  })
})
