// What a client may send is read as a codec of others wrote it, in all versions, and what it may not is refused with the code that says so.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { generate, type Packet as WirePacket } from 'mqtt-packet'
import { rangesAfterConnect, rangesBeforeConnect } from '#gateway/mqtt/codec/lengths.ts'
import {
  readAcknowledgement, readConnect, readDisconnect, readPublish, readSubscribe, readUnsubscribe, type Qos, type Version,
} from '#gateway/mqtt/codec/packets.ts'
import type { Properties } from '#gateway/mqtt/codec/properties.ts'
import { Refusal, Violation } from '#gateway/mqtt/codec/reason.ts'
import { Frames, type Frame } from '#gateway/mqtt/frames.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { bytes, filter, packetId, plain, propertiesOf, text, theirs, topic } from '#test/support/mqtt-packets.ts'

const RUNS = { numRuns: 400 }
const RECEIVED_AT = 1_700_000_000_000
const CODES: ReadonlySet<number> = new Set([0, 0x10, 0x80, 0x92])

const version = fc.constantFrom<Version>(3, 4, 5)
const qos = fc.constantFrom<Qos>(0, 1, 2)

/** The one frame of the bytes, which come cut in two. */
function frameOf(data: Buffer, ranges = rangesAfterConnect(MQTT_LIMITS, 5), cut = 0): Frame {
  const frames = new Frames(ranges)
  if (cut > 0) {
    frames.add(data.subarray(0, cut))
    assert.equal(frames.next(), undefined)
  }
  frames.add(data.subarray(cut))
  const frame = frames.next()
  assert.ok(frame && frames.waiting === 0)
  return frame
}

const connectFrame = (data: Buffer, cut = 0) => frameOf(data, rangesBeforeConnect(MQTT_LIMITS), cut)
const write = (packet: object, level: Version) => generate(packet as WirePacket, { protocolVersion: level })
const own = (properties: Properties | undefined) => { const { forwarded: _, ...rest } = properties ?? {}; return rest }
const fields = (properties: Properties, level: Version) => level === 5 ? { properties: theirs(properties) } : {}

describe('what a codec of others wrote', () => {
  it('is the same CONNECT to ours', () => {
    const will = fc.record({ topic, payload: bytes, qos, retain: fc.boolean(), properties: propertiesOf('WILL') })
    const connect = fc.record({
      version, clientId: text, isClean: fc.boolean(), keepAlive: fc.nat(0xffff), username: fc.option(text.map(name => `u${name}`), { nil: undefined }),
      password: fc.option(bytes, { nil: undefined }), will: fc.option(will, { nil: undefined }), properties: propertiesOf('CONNECT', 'authData'), isBridge: fc.boolean(),
    })
    fc.assert(fc.property(connect, fc.nat(), ({ version, clientId, isClean, keepAlive, username, password, will, properties, isBridge }, place) => {
      const id = clientId === '' && !(isClean && version > 3) ? 'c' : clientId, secret = username === undefined ? undefined : password
      const packet = {
        cmd: 'connect', protocolId: version === 3 ? 'MQIsdp' : 'MQTT', protocolVersion: version, bridgeMode: isBridge && version !== 5, clientId: id, clean: isClean,
        keepalive: keepAlive, username, password: secret, ...fields(properties, version), will: will && { ...will, ...fields(will.properties, version) },
      }
      const data = write(packet, version), read = connectFrame(data, place % data.length)
      const { will: readWill, ...rest } = readConnect(read), expected = version === 5 ? properties : {}
      assert.deepEqual(plain(rest), plain({
        version, isBridge: isBridge && version !== 5, isClean, clientId: id, keepAlive, username, password: secret, properties: expected,
      }))
      assert.deepEqual(plain(readWill && { ...readWill, properties: own(readWill.properties) }), plain(will && { ...will, properties: version === 5 ? will.properties : {} }))
    }), RUNS)
  })

  it('is the same PUBLISH to ours, and of its properties those that travel on are kept as they were', () => {
    const publish = fc.record({ version, topic, payload: bytes, qos, id: packetId, retain: fc.boolean(), isDuplicate: fc.boolean(), properties: propertiesOf('PUBLISH') })
    fc.assert(fc.property(publish, fc.nat(), ({ version, topic, payload, qos, id, retain, isDuplicate, properties }, place) => {
      const isAgain = qos > 0 && isDuplicate
      const data = write({ cmd: 'publish', topic, payload, qos, messageId: id, retain, dup: isAgain, ...fields(properties, version) }, version)
      const { properties: read, ...rest } = readPublish(frameOf(data, undefined, place % data.length), version, RECEIVED_AT)
      assert.deepEqual(plain(rest), plain({ topic, payload, qos, id: qos > 0 ? id : 0, retain, isDuplicate: isAgain, receivedAt: RECEIVED_AT }))
      assert.deepEqual(plain(own(read)), plain(version === 5 ? properties : {}))
      const { topicAlias: _a, subscriptionIds: _s, messageExpiry: _m, ...travels } = version === 5 ? properties : {}
      const lone = Object.keys(travels).length === 0 ? '' : readPublish(frameOf(write({ cmd: 'publish', topic: 't', payload: '', qos: 0, properties: theirs(travels) }, 5)), 5, 0)
      assert.equal(read?.forwarded?.toString('hex') ?? '', lone === '' ? '' : lone.properties!.forwarded!.toString('hex'))
    }), RUNS)
  })

  it('is the same acknowledgement to ours', () => {
    const cmd = fc.constantFrom('puback', 'pubrec', 'pubrel', 'pubcomp'), code = fc.constantFrom(0, 0x10, 0x80, 0x92)
    fc.assert(fc.property(cmd, version, packetId, code, propertiesOf('ACK'), (cmd, version, id, code, properties) => {
      const isKnown = cmd === 'puback' || cmd === 'pubrec' ? code !== 0x92 : code === 0 || code === 0x92, reasonCode = isKnown ? code : 0
      const data = write({ cmd, messageId: id, ...version === 5 && { reasonCode, ...fields(properties, 5) } }, version)
      assert.deepEqual(readAcknowledgement(frameOf(data), version, CODES), { id, code: version === 5 ? reasonCode : 0 })
    }), RUNS)
  })

  it('is the same SUBSCRIBE and UNSUBSCRIBE to ours', () => {
    const wish = fc.record({ filter, qos, noLocal: fc.boolean(), retainAsPublished: fc.boolean(), retainHandling: fc.integer({ min: 0, max: 2 }) })
    const wishes = fc.array(wish, { minLength: 1, maxLength: 5 })
    fc.assert(fc.property(version, packetId, wishes, propertiesOf('SUBSCRIBE'), propertiesOf('UNSUBSCRIBE'), (version, id, wishes, properties, others) => {
      const told = wishes.map(wish => version === 5 ? wish : { ...wish, noLocal: false, retainAsPublished: false, retainHandling: 0 })
      const subscriptions = told.map(({ filter, qos, noLocal, retainAsPublished, retainHandling }) => ({ topic: filter, qos, nl: noLocal, rap: retainAsPublished, rh: retainHandling }))
      const read = readSubscribe(frameOf(write({ cmd: 'subscribe', messageId: id, subscriptions, ...fields(properties, version) }, version)), version)
      assert.deepEqual(plain(read), plain({ id, wishes: told, subscriptionId: version === 5 ? properties.subscriptionIds?.[0] : undefined }))
      const unsubscriptions = wishes.map(({ filter }) => filter), end = write({ cmd: 'unsubscribe', messageId: id, unsubscriptions, ...fields(others, version) }, version)
      assert.deepEqual(readUnsubscribe(frameOf(end), version), { id, filters: unsubscriptions })
    }), RUNS)
  })

  it('is the same DISCONNECT to ours', () => {
    const code = fc.constantFrom(0, 4, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99)
    fc.assert(fc.property(version, code, propertiesOf('DISCONNECT'), (version, reasonCode, properties) => {
      const data = write({ cmd: 'disconnect', ...version === 5 && { reasonCode, ...fields(properties, 5) } }, version)
      assert.deepEqual(plain(readDisconnect(frameOf(data), version)), plain({ code: version === 5 ? reasonCode : 0, properties: version === 5 ? properties : {} }))
    }), RUNS)
  })

  it('comes out of any packets whose stream is cut at every byte', () => {
    const packets = [
      write({ cmd: 'publish', topic: 'a/b', payload: 'x'.repeat(130), qos: 2, messageId: 7, properties: { contentType: 'text/plain', userProperties: { a: 'b' } } }, 5),
      write({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: '+/#', qos: 1 }], properties: { subscriptionIdentifier: 300 } }, 5),
      write({ cmd: 'pubrec', messageId: 7, reasonCode: 0x80, properties: { reasonString: 'no' } }, 5), write({ cmd: 'pingreq' }, 5), write({ cmd: 'disconnect', reasonCode: 4 }, 5),
    ]
    const stream = Buffer.concat(packets)
    for (let cut = 1; cut < stream.length; cut++) {
      const frames = new Frames(rangesAfterConnect(MQTT_LIMITS, 5)), taken: Buffer[] = []
      for (const chunk of [stream.subarray(0, cut), stream.subarray(cut)]) {
        frames.add(chunk)
        for (let frame = frames.next(); frame; frame = frames.next()) taken.push(frame.bytes.subarray(frame.start, frame.end))
      }
      assert.deepEqual(taken, packets, `cut at ${cut}`)
    }
  })
})

/** What reading throws: the code that is told, or "silent"; "refused" with what a CONNACK says. */
function verdict(read: () => unknown): string {
  try {
    read()
    return 'taken'
  } catch (error) {
    if (error instanceof Refusal) return `refused ${error.code.toString(16)}`
    assert.ok(error instanceof Violation, String(error))
    return error.code?.toString(16) ?? 'silent'
  }
}

const frame = (first: number, hex: string): Frame => {
  const body = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  assert.ok(body.length < 128)
  return { bytes: Buffer.concat([Buffer.from([first, body.length]), body]), start: 0, body: 2, end: body.length + 2 }
}

describe('a CONNECT', () => {
  const NAME = '0004 4d515454'
  for (const [what, hex, expected] of [
    ['with a reserved flag', `${NAME} 04 03 003c 0001 61`, '81'], ['whose will has QoS 3', `${NAME} 04 1e 003c 0001 61 0001 62 0000`, '81'],
    ['without a will, but with its QoS', `${NAME} 04 0a 003c 0001 61`, '81'], ['without a will, but with its retain flag', `${NAME} 04 22 003c 0001 61`, '81'],
    ['with a password for nobody', `${NAME} 04 42 003c 0001 61 0001 62`, '81'], ['of MQTT 5 with a password for nobody', `${NAME} 05 42 003c 00 0001 61 0001 62`, 'taken'],
    ['with bytes behind its end', `${NAME} 04 02 003c 0001 61 00`, '81'], ['that ends in its client id', `${NAME} 04 02 003c 0002 61`, '81'],
    ['of another protocol', '0004 4d515455 04 02 003c 0001 61', 'silent'], ['of a protocol that every object has by nature', '000b 636f6e7374727563746f72 04 02 003c 0001 61', 'silent'],
    ['of a level to come', `${NAME} 06 02 003c 0001 61`, 'refused 84'],
    ['of MQTT 3.1 under the new name', `${NAME} 03 02 003c 0001 61`, 'refused 84'], ['whose will has no topic', `${NAME} 04 06 003c 0001 61 0000 0000`, '81'],
    ['whose will has a wildcard', `${NAME} 04 06 003c 0001 61 0001 2b 0000`, '81'], ['whose will wants its answer on a wildcard', `${NAME} 05 06 003c 00 0001 61 04 08 0001 2b 0001 62 0000`, '82'], ['with data of an authentication without a method', `${NAME} 05 02 003c 05 16 0002 6161 0001 61`, '82'],
    ['that takes no packet in flight', `${NAME} 05 02 003c 03 21 0000 0001 61`, '82'], ['that takes no bytes', `${NAME} 05 02 003c 05 27 00000000 0001 61`, '82'],
    ['with a property twice', `${NAME} 05 02 003c 06 21 0001 21 0001 0001 61`, '82'], ['with a property that there is not', `${NAME} 05 02 003c 02 7e 00 0001 61`, '81'],
    ['whose properties end beyond it', `${NAME} 05 02 003c 7f 21 0001`, '81'],
  ] as const) it(`${what} is ${expected}`, () => assert.equal(verdict(() => readConnect(frame(0x10, hex))), expected))

  it('of MQTT 3.1 may have the flags that later versions forbid', () => assert.equal(verdict(() => readConnect(frame(0x11, '0006 4d5149736470 03 03 003c 0001 61'))), 'taken'))
})

describe('a packet after it', () => {
  const publish = (hex: string, level: Version = 5, first = 0x30) => () => readPublish(frame(first, hex), level, 0)
  const subscribe = (hex: string, level: Version = 4) => () => readSubscribe(frame(0x82, hex), level)
  for (const [what, read, expected] of [
    ['PUBLISH with a wildcard', publish('0001 2b 00'), '81'], ['PUBLISH without a topic', publish('0000', 4), '81'], ['PUBLISH with neither topic nor alias', publish('0000 00'), '81'],
    ['PUBLISH with an alias for its topic', publish('0000 03 23 0001'), 'taken'], ['PUBLISH of QoS 1 with the id 0', publish('0001 61 0000 00', 5, 0x32), '82'],
    ['PUBLISH whose answer goes to a wildcard', publish('0001 61 04 08 0001 23'), '82'], ['PUBLISH with a payload format to come', publish('0001 61 02 01 02'), '82'],
    ['PUBLISH with a property of CONNECT', publish('0001 61 03 21 0001'), '82'], ['PUBLISH with a length of properties in more bytes than it takes', publish('0001 61 8000'), '81'],
    ['PUBLISH with a length of properties of five bytes', publish('0001 61 8080808001'), '81'], ['PUBLISH with a NUL in its topic', publish('0001 00', 4), '81'],
    ['PUBLISH with a surrogate in its topic', publish('0003 eda080', 4), '81'],
    ['SUBSCRIBE to nothing', subscribe('0001'), '81'], ['SUBSCRIBE with the id 0', subscribe('0000 0001 61 00'), '81'], ['SUBSCRIBE with QoS 3', subscribe('0001 0001 61 03'), '81'],
    ['SUBSCRIBE with reserved bits', subscribe('0001 0001 61 04'), '81'], ['SUBSCRIBE of MQTT 5 with reserved bits', subscribe('0001 00 0001 61 40', 5), '81'],
    ['SUBSCRIBE with a retain handling of 3', subscribe('0001 00 0001 61 30', 5), '81'], ['SUBSCRIBE with the subscription id 0', subscribe('0001 02 0b 00 0001 61 00', 5), '81'],
    ['SUBSCRIBE with two subscription ids', subscribe('0001 04 0b 01 0b 02 0001 61 00', 5), '82'], ['SUBSCRIBE without echo to a share', subscribe('0001 00 000a 2473686172652f672f61 04', 5), '82'],
    ['SUBSCRIBE to a share of nothing', subscribe('0001 00 0009 2473686172652f672f 00', 5), '82'], ['SUBSCRIBE to a share without a name', subscribe('0001 00 0009 2473686172652f2f61 00', 5), '82'],
    ['SUBSCRIBE to a share with a wildcard in its name', subscribe('0001 00 000a 2473686172652f2b2f61 00', 5), '82'], ['SUBSCRIBE to a wildcard within a level', subscribe('0001 0002 612b 00'), '81'],
    ['UNSUBSCRIBE from nothing', () => readUnsubscribe(frame(0xa2, '0001'), 4), '81'], ['UNSUBSCRIBE with the id 0', () => readUnsubscribe(frame(0xa2, '0000 0001 61'), 4), '81'],
    ['PUBACK with the id 0', () => readAcknowledgement(frame(0x40, '0000'), 4, CODES), '82'], ['PUBACK of MQTT 3.1.1 with a code', () => readAcknowledgement(frame(0x40, '0001 00'), 4, CODES), '81'],
    ['PUBACK with a code of others', () => readAcknowledgement(frame(0x40, '0001 81'), 5, CODES), '82'], ['PUBACK with bytes behind its end', () => readAcknowledgement(frame(0x40, '0001 00 00 00'), 5, CODES), '81'],
    ['DISCONNECT of MQTT 3.1.1 with a code', () => readDisconnect(frame(0xe0, '00'), 4), '81'], ['DISCONNECT with a code of servers', () => readDisconnect(frame(0xe0, '8b'), 5), 'silent'],
    ['DISCONNECT with a property of PUBLISH', () => readDisconnect(frame(0xe0, '00 02 01 01'), 5), '82'],
  ] as const) it(`${what} is ${expected}`, () => assert.equal(verdict(read), expected))
})
