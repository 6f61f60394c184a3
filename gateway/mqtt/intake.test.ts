// Batches in, answers out: in order, after the promise, never for what was not kept.
import assert from 'node:assert/strict'
import type { Batch } from '#gateway/ingest/batch.ts'
import { Intake } from '#gateway/mqtt/intake.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { PacketIds } from '#gateway/mqtt/packet-ids.ts'
import type { Publish, Qos } from '#gateway/mqtt/codec/packets.ts'

const PUBACK = 0x40, PUBREC = 0x50, PUBCOMP = 0x70

function publish(topic: string, qos: Qos = 0, id = 0, bytes = 1): Publish {
  return { topic, payload: Buffer.alloc(bytes), qos, retain: false, receivedAt: 0, id, isDuplicate: false, properties: undefined }
}

/** An intake whose batches settle when the test says so. */
function setUp(limits = {}, inAll = { bytes: 0 }) {
  const batches: { topics: string[], settle: () => void, fail: () => void }[] = []
  const log: (string | [number, number])[] = []
  let isImmediate = false
  const ingest = (batch: Batch) => {
    const topics = Array.from(batch, ({ topic }) => topic)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    batches.push({ topics, settle: resolve, fail: () => reject(new Error('disk full')) })
    return isImmediate ? undefined : promise
  }
  const incoming = new PacketIds(), intake = new Intake(ingest, { sourceId: 'home', clientId: 'c' }, { ...MQTT_LIMITS, ...limits }, {
    settled: ({ answers, batch: packets }) => {
      for (const { type, id } of answers) log.push([type << 4, id])
      for (const { topic } of packets) log.push(`deliver ${topic}`)
    },
    crowded: isCrowded => { log.push(isCrowded ? 'crowded' : 'roomy') },
    failed: () => { log.push('failed') },
  }, incoming, inAll)
  const send = (...packets: Publish[]) => { packets.forEach(packet => intake.publish(packet)); intake.flush() }
  return { intake, incoming, batches, log, send, immediately: () => { isImmediate = true } }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('an intake', () => {
  it('hands over one batch at a flush, in order, and nothing when there is nothing', () => {
    const { intake, batches, send } = setUp()
    intake.flush()
    send(publish('a'), publish('b', 1, 1), publish('c', 2, 2))
    intake.flush()
    assert.deepEqual(batches.map(({ topics }) => topics), [['a', 'b', 'c']])
  })

  it('acknowledges at once what is settled at once', () => {
    const { log, send, immediately } = setUp()
    immediately()
    send(publish('a'), publish('b', 1, 300), publish('c', 2, 65_535))
    assert.deepEqual(log, [[PUBACK, 300], [PUBREC, 65_535], 'deliver a', 'deliver b', 'deliver c'])
  })

  it('acknowledges after the promise and not before, then delivers', async () => {
    const { batches, log, send } = setUp()
    send(publish('a', 1, 1))
    await turn()
    assert.deepEqual(log, [])
    batches[0]!.settle()
    await turn()
    assert.deepEqual(log, [[PUBACK, 1], 'deliver a'])
  })

  it('answers in the order of arrival, whichever batch settles first', async () => {
    const { intake, batches, log, send } = setUp()
    send(publish('a', 1, 1))
    send(publish('b', 2, 2))
    intake.release(2)
    intake.flush()
    send(publish('c', 1, 3))
    batches[2]!.settle()
    batches[1]!.settle()
    await turn()
    assert.deepEqual(log, [])
    batches[0]!.settle()
    await turn()
    assert.deepEqual(log.filter(entry => typeof entry !== 'string'), [[PUBACK, 1], [PUBREC, 2], [PUBCOMP, 2], [PUBACK, 3]])
  })

  it('acknowledges nothing from a batch that was not kept, nor after it', async () => {
    const { batches, log, send } = setUp()
    send(publish('a', 1, 1))
    send(publish('b', 1, 2))
    send(publish('c', 1, 3))
    batches[0]!.settle()
    batches[1]!.fail()
    batches[2]!.settle()
    await turn()
    send(publish('d', 1, 4))
    assert.deepEqual(log, [[PUBACK, 1], 'deliver a', 'failed'])
    assert.equal(batches.length, 3)
  })

  it('takes a QoS 2 packet in once until it is released, and answers it each time', () => {
    const { intake, batches, log, send, immediately } = setUp()
    immediately()
    send(publish('a', 2, 7), publish('a', 2, 7))
    intake.release(7)
    intake.release(8)
    send(publish('b', 2, 7))
    assert.deepEqual(batches.map(({ topics }) => topics), [['a'], ['b']])
    const answers = log.filter(entry => typeof entry !== 'string')
    assert.deepEqual(answers, [[PUBREC, 7], [PUBREC, 7], [PUBCOMP, 7], [PUBCOMP, 8], [PUBREC, 7]])
  })

  it('has no patience with one that comes a third time on one connection', () => {
    const { send, immediately } = setUp()
    immediately()
    send(publish('a', 2, 7), publish('a', 2, 7))
    assert.throws(() => send(publish('a', 2, 7)), { reason: 'malformed', code: 0x82 })
  })

  it('remembers of QoS 2 what is safe, and nothing that was not kept', async () => {
    const { batches, send, incoming } = setUp()
    send(publish('a', 2, 1))
    send(publish('b', 2, 2))
    assert.deepEqual([...incoming], [])
    batches[0]!.settle()
    batches[1]!.fail()
    await turn()
    assert.deepEqual([...incoming], [1])
  })

  it('counts what the client has not seen the end of', async () => {
    const { intake, batches, send } = setUp()
    send(publish('a', 1, 1), publish('b', 2, 2), publish('c'))
    assert.equal(intake.unanswered, 2)
    batches[0]!.settle()
    await turn()
    assert.equal(intake.unanswered, 1)
    intake.release(2)
    assert.equal(intake.unanswered, 0)
  })

  it('remembers every packet id of QoS 2 that is in flight', () => {
    const { batches, send, immediately } = setUp()
    immediately()
    for (let round = 0; round < 2; round++) for (let id = 1; id <= 65_535; id += 13) send(publish(`t${id}`, 2, id))
    assert.equal(batches.length, Math.ceil(65_535 / 13))
  })

  it('acknowledges what it swallows in its turn', async () => {
    const { intake, batches, log, send } = setUp()
    send(publish('a', 1, 1))
    intake.swallow(publish('$x', 1, 2))
    intake.flush()
    assert.deepEqual(log, [])
    batches[0]!.settle()
    await turn()
    assert.deepEqual(log, [[PUBACK, 1], 'deliver a', [PUBACK, 2]])
    assert.equal(batches.length, 1)
  })

  it('says when too many packets wait, and when half of them are left', async () => {
    const { batches, log, send } = setUp({ waitingPacketsMax: 4 })
    for (let count = 0; count < 4; count++) send(publish('a'))
    assert.deepEqual(log, [])
    send(publish('a'))
    assert.equal(log.at(-1), 'crowded')
    batches[0]!.settle()
    batches[1]!.settle()
    await turn()
    assert.equal(log.at(-1), 'deliver a')
    batches[2]!.settle()
    await turn()
    assert.equal(log.at(-1), 'roomy')
  })

  it('counts properties that travel on like a payload', () => {
    const { log, send } = setUp({ waitingBytesMax: 1_000 })
    send({ ...publish('a', 0, 0, 499), properties: { forwarded: Buffer.alloc(500) } })
    assert.deepEqual(log, [])
    send({ ...publish('a', 0, 0, 0), properties: { forwarded: Buffer.alloc(1) } })
    assert.deepEqual(log, ['crowded'])
  })

  it('says when too many bytes wait', () => {
    const { log, send } = setUp({ waitingBytesMax: 1_000 })
    send(publish('a', 0, 0, 999))
    assert.deepEqual(log, [])
    send(publish('a', 0, 0, 1))
    assert.deepEqual(log, ['crowded'])
  })

  it('is held up when too many bytes of all wait, if it is the one that sends most', async () => {
    const limits = { waitingBytesInAllMax: 1_000 }, inAll = { bytes: 0 }, greedy = setUp(limits, inAll), modest = setUp(limits, inAll)
    modest.send(publish('m', 0, 0, 99))
    greedy.send(publish('g', 0, 0, 449))
    assert.deepEqual(greedy.log, [])
    greedy.send(publish('g', 0, 0, 1))
    modest.send(publish('m', 0, 0, 99))
    assert.deepEqual([greedy.log, modest.log], [['crowded'], []])
    greedy.batches[0]!.settle()
    await turn()
    assert.equal(greedy.log.at(-1), 'roomy')
  })

  it('takes no room from the others any more when it has failed', async () => {
    const limits = { waitingBytesInAllMax: 1_000 }, inAll = { bytes: 0 }, broken = setUp(limits, inAll), other = setUp(limits, inAll)
    broken.send(publish('b', 0, 0, 400))
    broken.send(publish('b', 0, 0, 400))
    broken.batches[0]!.fail()
    await turn()
    broken.batches[1]!.settle()
    await turn()
    other.send(publish('o', 0, 0, 499))
    assert.deepEqual(other.log, [])
    other.send(publish('o', 0, 0, 0))
    assert.deepEqual(other.log, ['crowded'])
  })

  it('is not crowded by a batch that settles at once', () => {
    const { log, send, immediately } = setUp({ waitingPacketsMax: 1 })
    immediately()
    send(publish('a'), publish('b'), publish('c'))
    assert.deepEqual(log, ['deliver a', 'deliver b', 'deliver c'])
  })
})
