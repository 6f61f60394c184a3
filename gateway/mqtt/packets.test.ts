// Each packet type against mqtt-packet as the oracle for what is valid, and against the clauses for what is not.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { generate } from 'mqtt-packet'
import { type CloseReason, Violation } from '#gateway/mqtt/close-reason.ts'
import { type Frame, Frames } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { checkFilters, rangesAfterConnect, rangesBeforeConnect, readConnect, readPacketId, readPublish } from '#gateway/mqtt/packets.ts'
import { connectPacket, publishPacket, subscribePacket } from '#test/support/mqtt-edge.ts'

const RECEIVED_AT = 1_700_000_000_000

function frameOf(bytes: Buffer | number[]): Frame {
  const buffer = Buffer.from(bytes), frames = new Frames((buffer[0] === 0x10 ? rangesBeforeConnect : rangesAfterConnect)(MQTT_LIMITS))
  frames.add(buffer)
  const frame = frames.next()
  assert.ok(frame, 'a whole frame')
  return frame
}

function violation(act: () => unknown): Violation {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof Violation, String(error))
    return error
  }
  throw new Error('nothing was refused')
}

/** A CONNECT by hand: flags and payload as given. */
function connect(flags: number, payload: string, { name = '00044d515454', level = 4 } = {}): Buffer {
  const body = Buffer.from(`${name}${level.toString(16).padStart(2, '0')}${flags.toString(16).padStart(2, '0')}003c${payload}`, 'hex')
  return Buffer.concat([Buffer.from([0x10, body.length]), body])
}

function string(text: string | Buffer): string {
  const bytes = Buffer.from(text)
  return bytes.length.toString(16).padStart(4, '0') + bytes.toString('hex')
}

// Text that is allowed, whatever a user may type.
const word = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(text => !/[\p{Cc}\p{Noncharacter_Code_Point}#+]/u.test(text))
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const)
const payload = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))

describe('CONNECT', () => {
  it('reads what others write', () => {
    const will = fc.record({ topic: word.map(text => `w${text}`), payload, qos, retain: fc.boolean() }, { noNullPrototype: true })
    const fieldsOfAny = fc.record({
      clientId: word, keepalive: fc.nat(65_535), username: fc.option(word.map(text => `u${text}`), { nil: undefined }),
      password: fc.option(payload, { nil: undefined }), will: fc.option(will, { nil: undefined }),
    })
    fc.assert(fc.property(fieldsOfAny, fields => {
      const password = fields.username === undefined ? undefined : fields.password
      const packet = generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, ...fields, password })
      const { clientId, keepalive: keepAlive, username, will } = fields
      assert.deepEqual(readConnect(frameOf(packet)), { clientId, keepAlive, username, password, will })
    }), { numRuns: 500 })
  })

  it('keeps its will when the socket has moved on', () => {
    const frame = frameOf(connectPacket('home', { will: { topic: 'gone', payload: Buffer.from('bye'), qos: 1, retain: false } }))
    const { will } = readConnect(frame)
    frame.bytes.fill(0)
    assert.equal(Buffer.from(will!.payload).toString(), 'bye')
  })

  for (const [what, bytes] of [
    ['an unknown name', connect(2, string('c'), { name: string('HTTP') })], ['no name', connect(2, string('c'), { name: '0000' })],
    ['the name of MQTT 3.1', connect(2, string('c'), { name: string('MQIsdp'), level: 3 })],
    ['level 3', connect(2, string('c'), { level: 3 })], ['level 5', connect(2, '00' + string('c'), { level: 5 })],
    ['a bridge’s level', connect(2, string('c'), { level: 0x84 })],
    ['a short packet of MQTT 5', Buffer.from('10070004' + '4d51545405', 'hex')],
  ] as const) {
    it(`of ${what} is told that its protocol is not taken`, () => {
      const { reason, connack } = violation(() => readConnect(frameOf(bytes)))
      assert.deepEqual([reason, connack], ['bad-protocol', 1])
    })
  }

  it('without a client id has to ask for a clean session', () => {
    assert.equal(readConnect(frameOf(connect(2, '0000'))).clientId, '')
    const { reason, connack } = violation(() => readConnect(frameOf(connect(0, '0000'))))
    assert.deepEqual([reason, connack], ['bad-client-id', 2])
  })

  const c = string('c')
  for (const [what, bytes, reason = 'malformed'] of [
    ['the reserved flag', connect(0x03, c)], ['a password without a name', connect(0x42, c + string('p'))],
    ['a will of QoS 3', connect(0x1e, c + string('w') + string('m'))],
    ['a will QoS and no will', connect(0x0a, c)], ['a will to retain and no will', connect(0x22, c)], ['no client id', connect(2, '')],
    ['a client id that is cut', connect(2, '000561')],
    ['a will that is missing', connect(0x06, c)], ['a will message that is missing', connect(0x06, c + string('w'))],
    ['a name that is missing', connect(0x82, c)], ['a password that is missing', connect(0xc2, c + string('u'))],
    ['more than it announced', connect(2, c + '00')], ['a protocol name that is cut', Buffer.from('1002ffff', 'hex')],
    ['a half keep alive', Buffer.from('100900044d5154540402' + '00', 'hex')],
    ['an invalid client id', connect(2, string(Buffer.from([0xc0, 0xaf]))), 'bad-text'],
    ['a NUL in its name', connect(0x82, c + string('a\0')), 'bad-text'],
    ['a surrogate in its will topic', connect(0x06, c + string(Buffer.from('77eda080', 'hex')) + string('m')), 'bad-text'],
    ['a will topic with a wildcard', connect(0x06, c + string('w/#') + string('m')), 'bad-topic'],
    ['an empty will topic', connect(0x06, c + '0000' + string('m')), 'bad-topic'],
  ] as [string, Buffer, CloseReason?][]) {
    it(`with ${what} is refused without a word`, () => {
      const refused = violation(() => readConnect(frameOf(bytes)))
      assert.deepEqual([refused.reason, refused.connack], [reason, undefined])
    })
  }
})

describe('PUBLISH', () => {
  it('reads what others write', () => {
    const topics = word.map(text => `t${text}`), ids = fc.integer({ min: 1, max: 65_535 })
    fc.assert(fc.property(topics, payload, qos, ids, fc.boolean(), (topic, bytes, level, id, retain) => {
      const read = readPublish(frameOf(publishPacket(topic, bytes, { qos: level, id, retain })), RECEIVED_AT)
      const expected = { topic, payload: bytes, qos: level, retain, receivedAt: RECEIVED_AT, id: level === 0 ? 0 : id }
      assert.deepEqual({ ...read, payload: Buffer.from(read.payload) }, expected)
    }), { numRuns: 500 })
  })

  it('leaves a byte order mark where it is', () => assert.equal(readPublish(frameOf(publishPacket('\ufeffa', '')), 0).topic, '\ufeffa'))

  for (const [what, bytes, reason = 'malformed'] of [
    ['the packet id 0', [0x32, 5, 0, 1, 0x61, 0, 0]], ['half a packet id', [0x32, 4, 0, 1, 0x61, 0]],
    ['no packet id', [0x34, 3, 0, 1, 0x61]], ['a topic longer than itself', [0x30, 3, 0, 2, 0x61]],
    ['an empty topic', [0x30, 3, 0, 0, 0x61], 'bad-topic'], ['a + in its topic', [0x30, 3, 0, 1, 0x2b], 'bad-topic'],
    ['a # in its topic', [0x30, 4, 0, 2, 0x61, 0x23], 'bad-topic'],
    ['a NUL in its topic', [0x30, 3, 0, 1, 0], 'bad-text'], ['a broken letter in its topic', [0x30, 4, 0, 2, 0xe2, 0x82], 'bad-text'],
  ] as [string, number[], CloseReason?][]) {
    it(`with ${what} is refused`, () => assert.equal(violation(() => readPublish(frameOf(bytes), 0)).reason, reason))
  }
})

describe('SUBSCRIBE and UNSUBSCRIBE', () => {
  it('take any number of valid filters', () => {
    checkFilters(frameOf(subscribePacket(1, 'a', '#', '+/b/#', '$SYS/#')))
    checkFilters(frameOf(generate({ cmd: 'unsubscribe', messageId: 65_535, unsubscriptions: ['a', 'b/+'] })))
  })

  for (const [what, bytes, reason = 'malformed'] of [
    ['the packet id 0', [0x82, 6, 0, 0, 0, 1, 0x61, 0]], ['QoS 3', [0x82, 6, 0, 1, 0, 1, 0x61, 3]],
    ['reserved bits beside its QoS', [0x82, 6, 0, 1, 0, 1, 0x61, 4]],
    ['no QoS after its last filter', [0x82, 10, 0, 1, 0, 1, 0x61, 0, 0, 2, 0x61, 0x61]],
    ['a filter longer than itself', [0x82, 6, 0, 1, 0, 9, 0x61, 0]], ['an empty filter', [0x82, 6, 0, 1, 0, 0, 0, 0], 'bad-topic'],
    ['a bad wildcard in its second filter', [0x82, 11, 0, 1, 0, 1, 0x61, 0, 0, 2, 0x61, 0x23, 0], 'bad-topic'],
    ['a control character in its filter', [0x82, 6, 0, 1, 0, 1, 1, 0], 'bad-text'],
    ['a packet id 0 to unsubscribe', [0xa2, 5, 0, 0, 0, 1, 0x61]],
    ['a bad filter to unsubscribe', [0xa2, 6, 0, 1, 0, 2, 0x23, 0x61], 'bad-topic'],
  ] as [string, number[], CloseReason?][]) {
    it(`with ${what} are refused`, () => assert.equal(violation(() => checkFilters(frameOf(bytes))).reason, reason))
  }
})

describe('a packet id', () => {
  it('is any but 0', () => {
    assert.equal(readPacketId(frameOf([0x62, 2, 0xff, 0xff])), 65_535)
    for (const first of [0x40, 0x50, 0x62, 0x70]) assert.equal(violation(() => readPacketId(frameOf([first, 2, 0, 0]))).reason, 'malformed')
  })
})
