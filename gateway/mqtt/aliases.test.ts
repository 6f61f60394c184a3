// Names that a client gives to topics, and those that we give to them.
import assert from 'node:assert/strict'
import { Aliases, OutgoingAliases } from '#gateway/mqtt/aliases.ts'
import type { Publish } from '#gateway/mqtt/codec/packets.ts'
import { REASON, Violation } from '#gateway/mqtt/codec/reason.ts'

const packet = (topic: string, topicAlias?: number): Publish => ({
  topic, id: 0, qos: 0, retain: false, isDuplicate: false, properties: topicAlias === undefined ? undefined : { topicAlias }, payload: Buffer.alloc(0), receivedAt: 0,
})
const withCode = (code: number) => (error: unknown) => error instanceof Violation && error.code === code

describe('aliases of a client', () => {
  it('stand for the topic that they were given last', () => {
    const aliases = new Aliases(2)
    aliases.resolve(packet('a', 1))
    aliases.resolve(packet('b', 2))
    assert.deepEqual([aliases.resolve(packet('', 1)).topic, aliases.resolve(packet('', 2)).topic], ['a', 'b'])
    aliases.resolve(packet('c', 1))
    assert.deepEqual([aliases.resolve(packet('', 1)).topic, aliases.resolve(packet('d')).topic], ['c', 'd'])
  })

  it('are taken up to their limit, and refused at 0, above it, and where they stand for nothing', () => {
    const aliases = new Aliases(64)
    assert.equal(aliases.resolve(packet('a', 64)).topic, 'a')
    for (const alias of [0, 65, 65_535]) assert.throws(() => aliases.resolve(packet('a', alias)), withCode(REASON.BAD_ALIAS))
    assert.throws(() => aliases.resolve(packet('', 1)), withCode(REASON.PROTOCOL_ERROR))
    assert.throws(() => new Aliases(0).resolve(packet('a', 1)), withCode(REASON.BAD_ALIAS))
  })
})

describe('aliases of ours', () => {
  it('go to the first topics, as many as the client takes, and are new until it was told', () => {
    const aliases = new OutgoingAliases(2), tell = (topic: string) => { const alias = aliases.of(topic)!; aliases.told(topic, alias); return alias }
    assert.deepEqual(aliases.of('a'), { alias: 1, isNew: true })
    assert.deepEqual(tell('a'), { alias: 1, isNew: true })
    assert.deepEqual(tell('b'), { alias: 2, isNew: true })
    assert.deepEqual([aliases.of('a'), aliases.of('b'), aliases.of('c')], [{ alias: 1, isNew: false }, { alias: 2, isNew: false }, undefined])
  })
})
