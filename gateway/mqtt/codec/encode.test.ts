// What we write is read by a codec of others as what we meant, in all versions.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { acknowledgement, connack, disconnect, PINGRESP, publish, suback, unsuback } from '#gateway/mqtt/codec/encode.ts'
import { TYPE, type Qos, type Version } from '#gateway/mqtt/codec/packets.ts'
import { REASON } from '#gateway/mqtt/codec/reason.ts'
import { bytes, packetId, plain, propertiesOf, readByOthers, theirs, topic } from '#test/support/mqtt-packets.ts'

const RUNS = { numRuns: 400 }
const version = fc.constantFrom<Version>(3, 4, 5)

/** What the others read, as far as it is expected. */
function assertRead(data: Buffer, level: Version, expected: object): void {
  const read = plain(readByOthers(data, level)) as Record<string, unknown>
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(read[name], plain(value), name)
}

describe('what we wrote is to others', () => {
  it('the same CONNACK', () => {
    fc.assert(fc.property(fc.boolean(), propertiesOf('CONNACK'), (hasSession, properties) => {
      assertRead(connack(5, REASON.SUCCESS, hasSession, properties), 5, { cmd: 'connack', sessionPresent: hasSession, reasonCode: 0, properties: theirs(properties) })
    }), RUNS)
  })

  it('a CONNACK of older versions with one of their six codes, and a session present from 3.1.1 on', () => {
    const codes = Object.values(REASON).map(code => [code, readByOthers(connack(4, code), 4)] as const).map(([code, packet]) => [code, 'returnCode' in packet && packet.returnCode])
    assert.deepEqual(Object.fromEntries(codes), {
      ...Object.fromEntries(Object.values(REASON).map(code => [code, 5])),
      [REASON.SUCCESS]: 0, [REASON.UNSUPPORTED_VERSION]: 1, [REASON.BAD_CLIENT_ID]: 2, [REASON.UNAVAILABLE]: 3, [REASON.BUSY]: 3, [REASON.QUOTA]: 3, [REASON.BAD_CREDENTIALS]: 4,
    })
    assert.deepEqual([3, 4].map(level => connack(level as Version, 0, true)[2]), [0, 1])
  })

  it('the same PUBLISH, whatever its length', () => {
    const sizes = fc.constantFrom(0, 1, 100, 125, 130, 16_370, 16_390, 70_000)
    const fields = fc.record({ topic, size: sizes, qos: fc.constantFrom<Qos>(0, 1, 2), id: packetId, retain: fc.boolean(), isDuplicate: fc.boolean(), properties: propertiesOf('PUBLISH') })
    fc.assert(fc.property(version, fields, (version, { topic, size, qos, id, retain, isDuplicate, properties }) => {
      const payload = Buffer.alloc(size, 7), isAgain = qos > 0 && isDuplicate
      const data = publish({ topic: Buffer.from(topic), payload, qos, id, retain, isDuplicate: isAgain, properties }, version)
      assertRead(data, version, {
        cmd: 'publish', topic, payload, qos, retain, dup: isAgain, ...qos > 0 && { messageId: id }, ...version === 5 && { properties: theirs(properties) },
      })
    }), RUNS)
  })

  it('a PUBLISH whose remaining length takes as many bytes as it needs', () => {
    for (const [length, size] of [[127, 1], [128, 2], [16_383, 2], [16_384, 3], [2_097_151, 3], [2_097_152, 4]] as const) {
      const data = publish({ topic: Buffer.from('a'), payload: Buffer.alloc(length - 3), qos: 0, id: 0, retain: false, isDuplicate: false, properties: undefined }, 4)
      assert.equal(data.length, 1 + size + length)
      assertRead(data, 4, { topic: 'a', length })
    }
  })

  it('a PUBLISH with several subscription ids, in their order', () => {
    const properties = { subscriptionIds: [1, 128, 268_435_455] }
    assertRead(publish({ topic: Buffer.from('a'), payload: Buffer.of(1), qos: 0, id: 0, retain: false, isDuplicate: false, properties }, 5), 5, { properties: theirs(properties) })
  })

  it('the same acknowledgements, with a code in MQTT 5 only', () => {
    const types = { puback: TYPE.PUBACK, pubrec: TYPE.PUBREC, pubrel: TYPE.PUBREL, pubcomp: TYPE.PUBCOMP }
    const codes = { puback: [0, 0x10, 0x80], pubrec: [0, 0x97], pubrel: [0, 0x92], pubcomp: [0, 0x92] }
    for (const cmd of ['puback', 'pubrec', 'pubrel', 'pubcomp'] as const) for (const level of [3, 4, 5] as const) for (const code of codes[cmd]) for (const id of [1, 256, 65_535]) {
      assertRead(acknowledgement(types[cmd], id, level, code), level, { cmd, messageId: id, ...level === 5 && { reasonCode: code } })
    }
  })

  it('the same SUBACK and UNSUBACK, with 0x80 for every refusal before MQTT 5', () => {
    const codes = fc.array(fc.constantFrom(0, 1, 2, 0x80, 0x87, 0x8f, 0x97), { minLength: 1, maxLength: 200 })
    fc.assert(fc.property(version, packetId, codes, (version, id, codes) => {
      const granted = version === 5 ? codes : codes.map(code => Math.min(code, 0x80))
      assertRead(suback(id, version, codes), version, { cmd: 'suback', messageId: id, granted })
      const ends = codes.map(code => code < 0x80 ? 0 : REASON.NO_SUBSCRIPTION)
      assertRead(unsuback(id, version, ends), version, { cmd: 'unsuback', messageId: id, ...version === 5 && { granted: ends } })
    }), RUNS)
  })

  it('a PINGRESP, and a DISCONNECT with its code', () => {
    assertRead(PINGRESP, 4, { cmd: 'pingresp' })
    for (const code of [0x81, 0x82, 0x8b, 0x8d, 0x8e, 0x93, 0x95, 0x98]) assertRead(disconnect(code), 5, { cmd: 'disconnect', reasonCode: code })
  })

  it('of a payload, what was in it', () => {
    fc.assert(fc.property(bytes, payload => {
      assertRead(publish({ topic: Buffer.from('a'), payload, qos: 0, id: 0, retain: false, isDuplicate: false, properties: undefined }, 4), 4, { payload })
    }), RUNS)
  })
})
