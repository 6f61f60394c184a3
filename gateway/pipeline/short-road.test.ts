// The short road and the long one, side by side: what leaves, and the books, are the same whichever was taken.
import assert from 'node:assert/strict'
import { mock } from 'node:test'
import fc from 'fast-check'
import type { Source } from '#gateway/devices/sources.ts'
import type { Stream } from '#gateway/devices/streams.ts'
import { Batch } from '#gateway/ingest/batch.ts'
import { Lanes } from '#gateway/pipeline/lanes.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { PURPOSE, Reader, Rooms } from '#test/support/rooms.ts'
import { rows, type Row } from '#test/support/rows.ts'

const KITCHEN = 'zigbee2mqtt/kitchen'
const climate = (temperature: number, more: object = {}): Row => ({ topic: KITCHEN, payload: JSON.stringify({ temperature, humidity: 44.4, ...more }), qos: 1 })

/** A gateway with one stream that somebody reads. */
class Scene {
  readonly rooms: Rooms
  readonly owner: Party
  readonly source: Source
  readonly stream: Stream
  readonly city: Party
  readonly reader: Reader

  private constructor(rooms: Rooms, owner: Party, source: Source, stream: Stream) {
    Object.assign(this, { rooms, owner, source, stream })
    this.rooms = rooms
    this.owner = owner
    this.source = source
    this.stream = stream
    this.city = rooms.party('subscriber')
    rooms.grant(stream)
    rooms.agree(stream, this.city)
    this.reader = rooms.watch(this.city, stream, undefined, Reader.eager())
  }

  static async open(): Promise<Scene> {
    const rooms = await Rooms.open(), { owner, source, stream } = await rooms.scene()
    return new Scene(rooms, owner, source, stream)
  }

  async send(messages: readonly Row[], how: 'rows' | 'packets' = 'rows'): Promise<void> {
    const batch = rows(this.rooms.clock.now(), messages)
    await this.rooms.pipeline.ingest(how === 'rows' ? batch : Batch.of([...batch]), { sourceId: this.source.id, clientId: 'hub' })
    await this.rooms.settled()
  }

  /** As `send`; how many took the long road. */
  async slowOf(messages: readonly Row[]): Promise<number> {
    const { roads } = this.rooms.tally, before = roads.longCount
    await this.send(messages)
    return roads.longCount - before
  }

  async close(): Promise<void> {
    await this.rooms.settled()
    await this.rooms.close()
  }
}

describe('The short road', () => {
  let scene: Scene
  beforeEach(async () => { scene = await Scene.open() })
  afterEach(() => scene.close())

  it('is taken from the second message of a topic on', async () => {
    assert.equal(await scene.slowOf([climate(1)]), 1)
    assert.equal(await scene.slowOf([climate(2), climate(3)]), 0)
    assert.deepEqual(scene.reader.temperatures, [1, 2, 3])
  })

  it('is left for what is not covered, in its turn', async () => {
    await scene.send([climate(1)])
    assert.equal(await scene.slowOf([climate(2), climate(3, { temperature_l1: 5 }), climate(4), { topic: KITCHEN, payload: '{"temperature":', qos: 1 }, climate(5)]), 2)
    assert.deepEqual(scene.reader.temperatures, [1, 2, 3, 4, 5])
    assert.equal(scene.rooms.tally.dropped.BAD_PAYLOAD, 1)
  })

  it('is counted by the rule that a topic was learned as, and the long one by the reason as well', async () => {
    const { roads } = scene.rooms.tally, hall = 'zigbee2mqtt/hall'
    const plug = (payload: object): Row => ({ topic: hall, payload: JSON.stringify(payload) })
    await scene.send([climate(1)])
    await scene.send([climate(2), climate(3, { temperature_l1: 5 }), climate(4), { topic: KITCHEN, payload: '{"temperature":' }, climate(5, { battery: 1 }), { topic: KITCHEN, payload: '{"battery":7}' }])
    await scene.send([plug({ power: 5 })])
    await scene.send([plug({ power: 6 }), { ...plug({ power: 7 }), topic: KITCHEN }])
    await scene.send([climate(6)], 'packets')
    for (const { id } of scene.rooms.consents.list(scene.owner.id)) scene.rooms.consents.withdraw(scene.owner.id, id)
    await scene.send([climate(7)])
    const told = roads.all.map(({ name, taken, long }) => [name, taken, Object.fromEntries(Object.entries(long).filter(([, count]) => count > 0))])
    assert.deepEqual(told, [
      ['none', 0, { 'not-learned': 2 }],
      ['IndoorEnvironmentObserved', 3, { 'packet': 1, 'not-covered': 2, 'only-states': 1, 'changed': 2, 'refused': 1 }],
      ['ACMeasurement', 1, {}],
    ])
  })

  it('takes nothing of what its source may take of the long road, which the long road does', async () => {
    const { rooms: { pipeline, clock }, source } = scene, connection = { sourceId: source.id, clientId: 'hub' }
    const msOf = async (batch: Batch) => { await pipeline.ingest(batch, connection); return batch.longRoadMs }
    await scene.send([climate(1)])
    assert.equal(await msOf(rows(clock.now(), [climate(2), climate(3)])), 0)
    assert.ok(await msOf(rows(clock.now(), [climate(4), climate(5, { temperature_l1: 5 })])) > 0)
    assert.ok(await msOf(Batch.of([...rows(clock.now(), [climate(6)])])) > 0)
  })

  it('lets nothing out behind a withdrawal, and goes on behind a new consent', async () => {
    await scene.send([climate(1)])
    await scene.send([climate(2)])
    for (const { id } of scene.rooms.consents.list(scene.owner.id)) scene.rooms.consents.withdraw(scene.owner.id, id)
    await scene.send([climate(3), climate(4)])
    assert.deepEqual([scene.reader.temperatures, scene.rooms.tally.dropped.CONSENT_WITHDRAWN], [[1, 2], 2])
    scene.rooms.grant(scene.stream)
    assert.equal(await scene.slowOf([climate(5)]), 1)
    assert.equal(await scene.slowOf([climate(6)]), 0)
  })

  it('lets nothing out that a consent ended before by itself', async () => {
    const { rooms, stream, owner, city } = scene
    for (const { id } of rooms.consents.list(owner.id)) rooms.consents.withdraw(owner.id, id)
    rooms.grant(stream, { until: rooms.clock.now() + 1_000 })
    const reader = rooms.watch(city, stream, undefined, Reader.eager())
    await scene.send([climate(1)])
    assert.equal(await scene.slowOf([climate(2)]), 0)
    rooms.clock.turn(1_000)
    await scene.send([climate(3)])
    assert.deepEqual([reader.temperatures, rooms.tally.delivered], [[1, 2], 2])
  })

  it('lets out no attribute that is not granted', async () => {
    await scene.send([climate(1)])
    await scene.send([climate(2)])
    assert.ok(scene.reader.got.every(({ content }) => !content.includes('relativeHumidity')))
    assert.equal(scene.reader.got.length, 2)
  })

  it('is not taken while the owner looks on, who sees all of it', async () => {
    await scene.send([climate(1)])
    const own = scene.rooms.watch(scene.owner, scene.stream, undefined, Reader.eager())
    assert.equal(await scene.slowOf([climate(2)]), 1)
    assert.ok(own.got[0]!.content.includes('relativeHumidity'))
    own.leave()
    assert.deepEqual([await scene.slowOf([climate(3)]), await scene.slowOf([climate(4)])], [1, 0])
  })

  it('follows what the owner says of the device', async () => {
    await scene.send([climate(1)])
    scene.rooms.grant(scene.stream, { attributes: ['temperature', 'location'] })
    scene.rooms.devices.set(scene.owner.id, scene.stream.deviceId, { location: [4.35, 50.85] })
    assert.equal(await scene.slowOf([climate(2)]), 1)
    assert.equal(await scene.slowOf([climate(3)]), 0)
  })

  it('knows the state of the device', async () => {
    await scene.send([climate(1, { battery: 90 })])
    assert.equal(await scene.slowOf([climate(2, { battery: 80 })]), 0)
    const device = scene.rooms.devices.get(scene.stream.deviceId)!
    device.bringUpToDate?.()
    assert.equal(device.status.get('battery')?.value, 80)
  })

  it('knows what it has sold, and does not sell it twice', async () => {
    const at = (seconds: number) => ({ last_seen: new Date(Date.UTC(2026, 4, 4, 10, 0, seconds)).toISOString() })
    await scene.send([climate(1, at(1))])
    await scene.send([climate(2, at(2)), climate(2, at(2)), climate(3, at(3)), climate(1, at(1))])
    assert.deepEqual([scene.reader.temperatures, scene.rooms.tally.dropped.DUPLICATE], [[1, 2, 3, 1], 1])
  })

  it('that breaks takes back all of its batch, which comes again, and nothing of another', async () => {
    const { rooms: { pipeline, tally, clock }, source, reader } = scene, connection = { sourceId: source.id, clientId: 'hub' }
    await scene.send([climate(1)])
    const batch = rows(clock.now(), [climate(3)]), [packet] = rows(clock.now(), [climate(2)])
    batch.addPacket(packet!)
    const other = pipeline.ingest(rows(clock.now(), [climate(0)]), connection)
    mock.method(Lanes.prototype, 'learn', () => { throw new Error('a fault of ours') })
    assert.throws(() => pipeline.ingest(batch, connection), /a fault of ours/)
    mock.restoreAll()
    await other
    assert.deepEqual([reader.temperatures, tally.inFlight, tally.failed], [[1, 0], 0, 2])
    await scene.send([climate(2), climate(3)])
    assert.deepEqual(reader.temperatures, [1, 0, 2, 3])
  })

  it('takes nothing more from a source that has gone', async () => {
    await scene.send([climate(1)])
    scene.rooms.sources.remove(scene.owner.id, scene.source.id)
    scene.rooms.pipeline.forget(scene.source.id)
    await scene.send([climate(2)])
    assert.deepEqual([scene.reader.temperatures, scene.rooms.tally.dropped.NOT_PAIRED], [[1], 1])
  })

  it('gives what the long road gives, and the same books, whatever comes and changes in between', async function () {
    this.timeout(120_000)
    const value = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constantFrom(1.5, -0, 1e3, 21.345), fc.constantFrom('5', null, true))
    const message = fc.record({
      device: fc.constantFrom('kitchen', 'hall'), fields: fc.dictionary(fc.constantFrom('temperature', 'humidity', 'co2', 'battery', 'temperature_l1', 'contact', 'x'), value, { maxKeys: 5 }),
      seen: fc.option(fc.integer({ min: 0, max: 4 })), isBroken: fc.nat(20).map(n => n === 0),
    }).map(({ device, fields, seen, isBroken }): Row => ({
      topic: `zigbee2mqtt/${device}`, qos: 1, payload: JSON.stringify({ ...fields, ...seen !== null && { last_seen: new Date(Date.UTC(2026, 4, 4, 10, 0, seen)).toISOString() } }).slice(isBroken ? 1 : 0),
    }))
    const step = fc.oneof({ weight: 6, arbitrary: fc.array(message, { minLength: 1, maxLength: 8 }) }, { weight: 1, arbitrary: fc.constantFrom('withdraw', 'grant', 'locate') })
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async steps => {
      const pair = [await Scene.open(), await Scene.open()] as const
      try {
        for (const each of steps) {
          for (const [n, one] of pair.entries()) {
            if (typeof each !== 'string') await one.send(each, n === 0 ? 'rows' : 'packets')
            else change(one, each)
            one.rooms.clock.turn(10)
          }
        }
        const [fast, long] = pair.map(one => told(one))
        assert.deepEqual(fast, long)
      } finally { for (const one of pair) await one.close() }
    }), { numRuns: 15, endOnFailure: true })
  })
})

function change({ rooms, owner, stream }: Scene, what: string): void {
  if (what === 'grant') rooms.grant(stream, { attributes: ['temperature', 'relativeHumidity'] })
  else if (what === 'locate') rooms.devices.set(owner.id, stream.deviceId, { location: [4.35, 50.85] })
  else for (const { id, withdrawnAt } of rooms.consents.list(owner.id)) if (withdrawnAt === undefined) rooms.consents.withdraw(owner.id, id)
}

/** What of a scene does not depend on random names. */
function told({ rooms, reader, owner }: Scene) {
  const devices = rooms.devices.list(owner.id)
  devices.forEach(device => device.bringUpToDate?.())
  return {
    got: reader.got.map(({ message: { position, timestamp, sequenceNumber }, content }) => [position, timestamp, sequenceNumber, Object.entries(JSON.parse(content)).filter(([name]) => !['id', 'refDevice'].includes(name))]),
    tally: rooms.tally.counts(), status: devices.map(({ key, status, lastSeen }) => [key, lastSeen, [...status].map(([name, { value, observedAt }]) => [name, value, observedAt]).sort()]),
    streams: [...rooms.streams.all()].map(stream => [stream.model.type, stream.mask]), ended: reader.ended, purpose: PURPOSE,
  }
}
