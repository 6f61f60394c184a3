import assert from 'node:assert/strict'
import { virtualClock } from '#simulators/clock.ts'
import { IN_FLIGHT_MAX } from '#simulators/connection.ts'
import { loadFleet, scaleFleet, type Faults } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'
import { CONNECTING_MAX } from '#simulators/pool.ts'
import { runFleet, type Progress } from '#simulators/run.ts'
import { FleetBroker, type Arrival } from '#simulators/fleet-broker.fake.ts'
import { traffic, type TimedSending } from '#simulators/traffic.ts'

const START_MS = Date.parse('2026-05-04T10:15:30Z')
const RSS_GROWTH_BYTES_MAX = 400_000_000
const demo = planFleet(loadFleet('demo'))
const badDemo = (faults: Partial<Faults>) => planFleet({ ...loadFleet('demo'), faults: { ...loadFleet('demo').faults, ...faults } })

/** What came from a source, and what was to come from it, in order. */
const saidBy = (source: SourcePlan, arrivals: readonly Arrival[]) =>
  arrivals.filter(({ user }) => user === source.name).map(({ topic, payload }) => `${topic} ${payload}`)
const meantBy = (source: SourcePlan, sendings: readonly TimedSending[]) =>
  sendings.filter(sending => sending.source === source).map(({ message: { topic, payload } }) => `${topic} ${payload}`)

describe('run', () => {
  let broker: FleetBroker

  beforeEach(async () => {
    broker = new FleetBroker()
    await broker.start(demo)
  })
  afterEach(() => broker.stop())

  it('brings every message of a fleet to the broker once, under the credentials and the client id of its source', async () => {
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 1_000, count: 400 })
    const { byDialect, ...totals } = counts
    assert.deepEqual(totals, { sent: 400, acknowledged: 400, refused: 0, duplicates: 0, malformed: 0, reordered: 0, disconnects: 0 })
    assert.equal(broker.arrivals.length, 400)
    for (const { user, clientId, topic, qos, retain } of broker.arrivals) {
      const source = demo.find(({ name }) => name === user)!
      assert.equal(clientId, source.clientId)
      assert.equal(qos, 1)
      assert.equal(retain, /LWT$|online$|bridge\/state$|availability$/.test(topic))
    }
    for (const [dialect, sent] of Object.entries(byDialect)) {
      assert.equal(broker.arrivals.filter(({ user }) => demo.find(({ name }) => name === user)!.dialect === dialect).length, sent)
    }
    assert.ok(broker.arrivals.every(({ payload }) => !payload.includes('ffline')), 'it says goodbye, so no will is published')
  })

  it('sends exactly what its traffic is, in order, for a seed and a virtual clock', async () => {
    const counts = await runFleet(demo, broker.credentialsOf, { clock: virtualClock(START_MS), count: 500 })
    assert.equal(counts.acknowledged, 500)
    const expected = traffic(demo, { startMs: START_MS }).take(500).toArray()
    for (const source of demo) assert.deepEqual(saidBy(source, broker.arrivals), meantBy(source, expected))
  })

  it('loses nothing to duplicates, swaps, cut sockets and broken payloads, and counts them', async () => {
    const plan = badDemo({ duplicate: 0.05, reorder: 0.05, disconnect: 0.02, malformed: 0.05, clockSkewS: 5 })
    const counts = await runFleet(plan, broker.credentialsOf, { clock: virtualClock(START_MS), count: 1_500 })
    const expected = traffic(plan, { startMs: START_MS }).take(1_500).toArray()
    const flagged = (wanted: string) => expected.filter(({ fault }) => fault === wanted).length
    assert.deepEqual([counts.sent, counts.acknowledged, counts.refused], [1_500, 1_500, 0])
    assert.equal(counts.duplicates, flagged('duplicate'))
    assert.equal(counts.malformed, flagged('malformed'))
    assert.equal(counts.reordered, flagged('reordered'))
    assert.ok(counts.duplicates > 20 && counts.malformed > 20 && counts.reordered > 20)
    assert.ok(counts.disconnects > 5 && counts.disconnects <= expected.filter(({ isCut }) => isCut).length)
    assert.equal(broker.connectionCount, plan.length + counts.disconnects)
    for (const source of plan) {
      const arrived = new Set(saidBy(source, broker.arrivals))
      for (const said of meantBy(source, expected)) assert.ok(arrived.has(said), said.slice(0, 120))
    }
    assert.ok(broker.arrivals.some(({ payload }) => payload === '{"state":"offline"}'), 'a hub that was cut off left its will')
  })

  it('lets a source fall silent that is refused, and the others speak', async () => {
    broker.refused.add('home.1 zigbee2mqtt')
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 2_000, count: 600 })
    assert.equal(counts.sent, 600)
    assert.ok(counts.refused > 20)
    assert.equal(counts.acknowledged, 600 - counts.refused)
    assert.ok(broker.arrivals.every(({ user }) => user !== 'home.1 zigbee2mqtt'))
  })

  it('ends by itself when all are refused', async () => {
    for (const { name } of demo) broker.refused.add(name)
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 2_000 })
    assert.equal(counts.acknowledged, 0)
    assert.equal(counts.refused, counts.sent)
  })

  it('waits for a broker that is not there yet, and goes on when it comes', async () => {
    await broker.stop()
    let isBack: Promise<void> | undefined
    const onProgress = ({ inFlight }: Progress) => { if (inFlight > 0) isBack ??= broker.start(demo) }
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 500, count: 300, onProgress })
    await isBack
    assert.deepEqual([counts.sent, counts.acknowledged], [300, 300])
  })

  it('sends again what a broker took and did not acknowledge before it went down', async () => {
    let restarted: Promise<void> | undefined
    const restart = async () => {
      broker.held = []
      await broker.stop()
      await broker.start(demo)
    }
    const onProgress = ({ counts }: Progress) => { if (counts.acknowledged > 100) restarted ??= restart() }
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 400, count: 400, onProgress })
    assert.ok(restarted)
    await restarted
    assert.deepEqual([counts.sent, counts.acknowledged], [400, 400])
  })

  it('has a bounded number of messages in flight with a broker that does not answer', async () => {
    broker.held = []
    const city = demo.filter(({ dialect }) => dialect === 'tts')
    const full: number[] = []
    const onProgress = ({ inFlight }: Progress) => {
      full.push(inFlight)
      if (full.filter(seen => seen === IN_FLIGHT_MAX).length === 2) broker.release()
    }
    const counts = await runFleet(city, broker.credentialsOf, { rate: 5_000, count: 2_000, onProgress })
    assert.equal(Math.max(...full), IN_FLIGHT_MAX)
    assert.deepEqual([counts.sent, counts.acknowledged], [2_000, 2_000])
  })

  it('lives a life whole, however slow the broker is, and tells how far it is behind', async () => {
    broker.held = []
    const behind: number[] = [], shares: number[] = []
    const onProgress = ({ behindMs, share, inFlight, counts }: Progress) => {
      behind.push(behindMs)
      shares.push(share!)
      if (counts.sent > 0 && counts.acknowledged === 0 && inFlight >= IN_FLIGHT_MAX) setTimeout(() => broker.release(), 300)
    }
    const counts = await runFleet(demo, broker.credentialsOf, { startMs: START_MS, speedup: 600, lifeS: 120, onProgress })
    const life = traffic(demo, { startMs: START_MS }).take(9_000).filter(({ atMs }) => atMs <= START_MS + 120_000).toArray()
    assert.deepEqual([counts.sent, counts.acknowledged], [life.length, life.length])
    for (const source of demo) assert.deepEqual(new Set(saidBy(source, broker.arrivals)), new Set(meantBy(source, life)))
    assert.ok(Math.max(...behind) > 100, `at most ${Math.max(...behind)} ms behind`)
    assert.ok(shares.at(-1)! > 0.98 && shares.at(-1)! <= 1, `lived ${shares.at(-1)}`)
  })

  it('ends when its time is over, and tells how far it is', async () => {
    const shares: number[] = []
    const began = performance.now()
    const onProgress = ({ share, sources }: Progress) => {
      assert.equal(sources, demo.length)
      shares.push(share!)
    }
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 200, seconds: 1, onProgress })
    assert.ok(performance.now() - began < 5_000)
    assert.ok(counts.sent > 20 && counts.sent <= 201 && counts.acknowledged === counts.sent)
    assert.deepEqual(shares, [...shares].sort((a, b) => a - b))
    assert.ok(shares.length >= 2 && shares.at(-1)! > 0.95 && shares.at(-1)! <= 1)
  })

  it('ends when it is told to, and still waits for the acknowledgements', async () => {
    const stop = new AbortController()
    const onProgress = ({ counts, share }: Progress) => {
      assert.equal(share, undefined)
      if (counts.sent > 50) stop.abort()
    }
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 500, onProgress, signal: stop.signal })
    assert.ok(counts.sent > 50 && counts.acknowledged === counts.sent)
  })

  it('lives faster than real time when it is told to, by the times that its devices tell', async () => {
    const plan = planFleet(loadFleet('home'))
    await broker.stop()
    await broker.start(plan)
    const counts = await runFleet(plan, broker.credentialsOf, { speedup: 300, seconds: 1 })
    assert.ok(counts.sent > 20, `${counts.sent} messages of five minutes in a second`)
    const told = broker.arrivals.filter(({ topic }) => topic.startsWith('shellypro3em') && topic.endsWith('rpc'))
    const [first, last] = [told[0]!, told.at(-1)!].map(({ payload }) => (JSON.parse(payload) as { params: { ts: number } }).params.ts)
    assert.ok(last! - first! > 60 && last! - first! <= 300, `${last! - first!} seconds`)
  })

  it('speaks QoS 0 when it is told to', async () => {
    const counts = await runFleet(demo, broker.credentialsOf, { rate: 1_000, count: 200, qos: 0 })
    assert.deepEqual([counts.sent, counts.acknowledged], [200, 200])
    assert.ok(broker.arrivals.every(({ qos }) => qos === 0))
  })

  it('fails when nobody can say what the credentials are', async () => {
    await assert.rejects(runFleet(demo, () => Promise.reject(new Error('Pairing is closed')), { count: 10 }), /Pairing is closed/)
  })

  it('runs 10,000 devices at 2,000 messages a second within a modest memory', async function () {
    this.timeout(60_000)
    const plan = planFleet(scaleFleet(loadFleet('city'), 10_000))
    await broker.stop()
    await broker.start(plan)
    const before = process.memoryUsage().rss
    let connected = 0
    const onProgress = (progress: Progress) => { connected = progress.connected }
    const counts = await runFleet(plan, broker.credentialsOf, { rate: 2_000, count: 6_000, onProgress })
    assert.deepEqual([counts.sent, counts.acknowledged], [6_000, 6_000])
    assert.ok(connected > CONNECTING_MAX, 'more connections than are made at one time')
    assert.ok(process.memoryUsage().rss - before < RSS_GROWTH_BYTES_MAX)
  })
})
