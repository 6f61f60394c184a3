// What is on its way to a client: windows, order, what waits, and what is sent again, on a carrier that only writes down.
import assert from 'node:assert/strict'
import { Backlog } from '#gateway/mqtt/backlog.ts'
import { Budget } from '#gateway/mqtt/budget.ts'
import { OutgoingAliases } from '#gateway/mqtt/aliases.ts'
import type { Qos, Version } from '#gateway/mqtt/codec/packets.ts'
import { Violation } from '#gateway/mqtt/codec/reason.ts'
import { MQTT_LIMITS, type MqttLimits } from '#gateway/mqtt/limits.ts'
import { routed, type Delivery } from '#gateway/mqtt/routed-message.ts'
import { Session, type Carrier } from '#gateway/mqtt/session.ts'
import { plain, readByOthers } from '#test/support/mqtt-packets.ts'

const NOW = 1_700_000_000_000

/** Writes down what is sent as "PUBLISH topic QoS id", with a "!" for what is sent again. */
class Notebook implements Carrier {
  readonly version: Version = 5
  receiveMaximum = 0xffff
  maximumPacketSize = Infinity
  isBlocked = false
  outgoingAliases: OutgoingAliases | undefined
  lines: string[] = []
  last: Buffer = Buffer.alloc(0)

  send(bytes: Buffer): void {
    const packet = readByOthers(bytes, 5)
    this.last = bytes
    this.lines.push(packet.cmd === 'publish' ? `${packet.topic} ${packet.qos} ${packet.messageId ?? 0}${packet.dup ? '!' : ''}` : `${packet.cmd} ${packet.messageId}`)
  }

  take(): string[] { return this.lines.splice(0) }
}

const delivery = (topic: string, qos: Qos = 1, messageExpiry?: number, payload = ''): Delivery => ({
  message: routed({ topic, payload: Buffer.from(payload), qos, retain: false, properties: messageExpiry === undefined ? undefined : { messageExpiry } }, NOW), qos, retain: false, subscriptionIds: undefined,
})

function begin(limits: Partial<MqttLimits> = {}, fields: Partial<Notebook> = {}) {
  const told = { skipped: 0 }, backlog = new Backlog(new Budget(limits.queueBytesPerSourceMax ?? Infinity)), session = new Session('c', { ...MQTT_LIMITS, ...limits }, { skipped: () => { told.skipped++ } }, backlog), carrier = Object.assign(new Notebook(), fields)
  session.attach(carrier, NOW)
  return { session, carrier, told, backlog, give: (...given: Delivery[]) => { for (const each of given) session.deliver(each, NOW) } }
}

const isViolation = (error: unknown) => error instanceof Violation && error.code === 0x82
const numbered = (count: number, qos: Qos = 1) => Array.from({ length: count }, (_, number) => delivery(`${number}`, qos))

describe('a session', () => {
  it('gives ids from 1 on to what has to be acknowledged, and none to QoS 0', () => {
    const { give, carrier } = begin()
    give(delivery('a', 1), delivery('b', 0), delivery('c', 2))
    assert.deepEqual(carrier.take(), ['a 1 1', 'b 0 0', 'c 2 2'])
  })

  it('begins again at 1 after 65,535, and passes over ids that are in use', () => {
    const { session, give, carrier } = begin()
    give(delivery('stays'))
    for (let id = 2; id <= 65_535; id++) { give(delivery('x')); session.acknowledged(id, NOW) }
    carrier.take()
    give(delivery('y'))
    assert.deepEqual(carrier.take(), ['y 1 2'])
  })

  it('sends as far as the client takes it, then one for each that is over', () => {
    const { session, give, carrier } = begin({}, { receiveMaximum: 2 })
    give(...numbered(4))
    assert.deepEqual(carrier.take(), ['0 1 1', '1 1 2'])
    session.acknowledged(2, NOW)
    assert.deepEqual(carrier.take(), ['2 1 3'])
    give(delivery('zero', 0))
    assert.deepEqual(carrier.take(), ['zero 0 0'])
    session.acknowledged(1, NOW)
    assert.deepEqual(carrier.take(), ['3 1 4'])
  })

  it('has no more in flight than its limit, whatever the client takes', () => {
    const { give, carrier } = begin({ inFlightMax: 3 })
    give(...numbered(5))
    assert.equal(carrier.take().length, 3)
  })

  it('holds as many messages as it may, and leaves out the next', () => {
    const { session, give, carrier, told } = begin({ inFlightMax: 1, queueMessagesMax: 3 })
    give(...numbered(4))
    assert.deepEqual([told.skipped, session.waiting], [0, 4])
    give(delivery('late'))
    assert.deepEqual([told.skipped, session.waiting], [1, 4])
    for (let id = 1; id <= 4; id++) session.acknowledged(id, NOW)
    assert.deepEqual(carrier.take(), ['0 1 1', '1 1 2', '2 1 3', '3 1 4'])
    assert.equal(session.waiting, 0)
  })

  it('holds as many bytes as it may, and again when some have gone', () => {
    const big = () => delivery('t', 1, undefined, 'x'.repeat(1_000)), size = 1_000 + 1 + 128
    const { session, give, told } = begin({ inFlightMax: 1, queueBytesMax: 2 * size })
    give(big(), big(), big())
    assert.equal(told.skipped, 0)
    give(delivery('t'))
    assert.equal(told.skipped, 1)
    session.acknowledged(1, NOW)
    give(big())
    assert.equal(told.skipped, 1)
  })

  it('leaves out QoS 0 for a reader who is blocked or away, and keeps the rest', () => {
    const { session, give, carrier, told } = begin()
    carrier.isBlocked = true
    give(delivery('a', 0), delivery('b', 1))
    assert.deepEqual([told.skipped, carrier.take()], [1, []])
    carrier.isBlocked = false
    session.pump(NOW)
    assert.deepEqual(carrier.take(), ['b 1 1'])
    session.detach(NOW)
    give(delivery('c', 0), delivery('d', 2))
    assert.deepEqual([told.skipped, session.waiting, session.endedAt, session.isConnected], [2, 2, NOW, false])
  })

  it('sends again what was not acknowledged, in its order, before what waits', () => {
    const { session, give } = begin({ inFlightMax: 3 })
    give(...numbered(2), delivery('two', 2), delivery('waits'))
    session.received(3, 0, NOW)
    session.acknowledged(1, NOW)
    session.detach(NOW)
    give(delivery('later'))
    const next = new Notebook()
    session.attach(next, NOW)
    assert.deepEqual(next.take(), ['1 1 2!', 'pubrel 3', 'waits 1 4!'])
    session.completed(3, NOW)
    assert.deepEqual(next.take(), ['later 1 5'])
  })

  it('does not send what has expired while it waited; of the rest the time is told that is left', () => {
    const { session, give, carrier } = begin({ inFlightMax: 1 })
    give(delivery('first'), delivery('short', 1, 10), delivery('long', 1, 20))
    session.acknowledged(1, NOW + 10_000)
    assert.deepEqual(carrier.take(), ['first 1 1', 'long 1 2'])
    const packet = readByOthers(carrier.last, 5)
    assert.deepEqual(packet.cmd === 'publish' && plain(packet.properties), { messageExpiryInterval: 10 })
  })

  it('brings to its end what was sent in time, however long that takes', () => {
    const { session, give } = begin()
    give(delivery('once', 1, 10), delivery('twice', 2, 10))
    session.detach(NOW)
    const next = new Notebook()
    session.attach(next, NOW + 60_000)
    assert.deepEqual(next.take(), ['once 1 1!', 'twice 2 2!'])
    session.received(2, 0, NOW + 60_000)
    assert.deepEqual(next.take(), ['pubrel 2'])
  })

  it('does not send what is larger than the client takes, and uses up its id', () => {
    const { give, carrier, told } = begin({}, { maximumPacketSize: 20 })
    give(delivery('fits', 1, undefined, 'x'.repeat(9)), delivery('more', 1, undefined, 'x'.repeat(10)), delivery('next'))
    assert.deepEqual([carrier.take(), told.skipped], [['fits 1 1', 'next 1 3'], 1])
  })

  it('says a topic once where the client takes aliases, and whole again to the next connection', () => {
    const { session, give, carrier } = begin({}, { outgoingAliases: new OutgoingAliases(1) })
    give(delivery('long/topic'), delivery('long/topic'), delivery('other'))
    assert.deepEqual(carrier.take(), ['long/topic 1 1', ' 1 2', 'other 1 3'])
    session.detach(NOW)
    const next = new Notebook()
    session.attach(next, NOW)
    assert.deepEqual(next.take(), ['long/topic 1 1!', 'long/topic 1 2!', 'other 1 3!'])
  })

  it('takes QoS 2 through PUBREC, PUBREL and PUBCOMP, and ends it by a refusal', () => {
    const { session, give, carrier } = begin({ inFlightMax: 1 })
    give(...numbered(3, 2))
    session.received(1, 0, NOW)
    session.received(1, 0, NOW)
    assert.deepEqual(carrier.take(), ['0 2 1', 'pubrel 1', 'pubrel 1'])
    session.completed(1, NOW)
    session.received(2, 0x87, NOW)
    assert.deepEqual(carrier.take(), ['1 2 2', '2 2 3'])
  })

  it('answers an unknown PUBREC by PUBREL unless it refuses, and takes other unknown ids for nothing', () => {
    const { session, carrier } = begin()
    session.received(9, 0, NOW)
    session.received(10, 0x80, NOW)
    session.acknowledged(9, NOW)
    session.completed(9, NOW)
    assert.deepEqual(carrier.take(), ['pubrel 9'])
  })

  it('does not take one acknowledgement for another', () => {
    const { session, give } = begin()
    give(delivery('one', 1), delivery('two', 2))
    assert.throws(() => session.received(1, 0, NOW), isViolation)
    assert.throws(() => session.completed(1, NOW), isViolation)
    assert.throws(() => session.acknowledged(2, NOW), isViolation)
    assert.throws(() => session.completed(2, NOW), isViolation)
  })

  it('sends no more bytes ahead of its client’s acknowledgements than it may, and one message at least', () => {
    const { give, carrier, session } = begin({ inFlightBytesMax: 1_000 }), large = (topic: string) => delivery(topic, 1, undefined, 'x'.repeat(600))
    give(large('a'), large('b'), large('c'), delivery('d'))
    assert.deepEqual(carrier.take(), ['a 1 1', 'b 1 2'])
    session.acknowledged(1, NOW)
    assert.deepEqual(carrier.take(), ['c 1 3'])
    session.acknowledged(2, NOW)
    assert.deepEqual(carrier.take(), ['d 1 4'])
  })

  it('gives back what it held of the backlog of its source, however a delivery ends', () => {
    const { give, carrier, session, backlog } = begin({ inFlightMax: 3, queueMessagesMax: 2 })
    give(delivery('a', 1), delivery('b', 2), delivery('c', 2), delivery('late', 1, 1), delivery('e', 1), delivery('left out', 1))
    assert.equal(backlog.bytes, 5 * 128 + 'abce'.length + 'late'.length)
    session.acknowledged(1, NOW + 2_000)
    assert.equal(backlog.bytes, 3 * 128 + 'bce'.length)
    session.received(2, 0x80, NOW)
    session.received(3, 0, NOW)
    session.completed(3, NOW)
    session.acknowledged(4, NOW)
    assert.equal(backlog.bytes, 0)
    carrier.maximumPacketSize = 10
    give(delivery('too large for its reader'))
    assert.equal(backlog.bytes, 0)
    for (let count = 0; count < 5; count++) give(delivery('x', 1))
    session.clear()
    assert.deepEqual([backlog.bytes, session.waiting], [0, 0])
  })
})
