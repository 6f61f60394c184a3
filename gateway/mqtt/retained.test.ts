// What is retained is found by the filters that match it, parents first, and weighed.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Retained } from '#gateway/mqtt/retained.ts'
import { routed } from '#gateway/mqtt/routed-message.ts'
import { Subscriptions } from '#gateway/mqtt/subscriptions.ts'

const NOW = 1_700_000_000_000
const message = (topic: string, payload = 'x', messageExpiry?: number) => routed({ topic, payload: Buffer.from(payload), qos: 1, retain: true, properties: messageExpiry === undefined ? undefined : { messageExpiry } }, NOW)
const found = (retained: Retained, filter: string, now = NOW) => retained.match(filter, now).map(({ topic }) => topic)
const holding = (...topics: string[]) => {
  const retained = new Retained()
  for (const topic of topics) retained.set(message(topic))
  return retained
}

const level = fc.constantFrom('a', 'b', '', '$s'), topic = fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/'))
const filter = fc.tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean()).map(([levels, isOpen]) => [...levels, ...isOpen ? ['#'] : []].join('/'))

describe('retained messages', () => {
  it('are found by a filter exactly where that filter is found by their topic', () => {
    fc.assert(fc.property(fc.uniqueArray(topic, { maxLength: 12 }), filter, (topics, filter) => {
      const subscriptions = new Subscriptions<{ isConnected: boolean }>()
      subscriptions.add(filter, { isConnected: true }, { qos: 0, noLocal: false, retainAsPublished: false, subscriptionId: undefined })
      assert.deepEqual([...found(holding(...topics), filter)].sort(), topics.filter(topic => subscriptions.match(topic).size > 0).sort())
    }), { numRuns: 1_000 })
  })

  it('come parents first, and siblings in the order in which they came', () => {
    const retained = holding('a/b/c', 'd', 'a/b', 'a', 'a/a')
    assert.deepEqual(found(retained, '#'), ['a', 'a/b', 'a/b/c', 'a/a', 'd'])
    assert.deepEqual(found(retained, 'a/#'), ['a', 'a/b', 'a/b/c', 'a/a'])
    assert.deepEqual(found(retained, '+/+'), ['a/b', 'a/a'])
    assert.deepEqual(retained.list().map(({ topic }) => topic), ['a', 'a/b', 'a/b/c', 'a/a', 'd'])
  })

  it('are counted and weighed as they come, are replaced and go', () => {
    const step = fc.record({ topic, payload: fc.string({ maxLength: 8 }), isGone: fc.boolean() })
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), steps => {
      const retained = new Retained(), model = new Map<string, string>()
      for (const { topic, payload, isGone } of steps) {
        if (isGone) { retained.delete(topic); model.delete(topic) } else { retained.set(message(topic, payload)); model.set(topic, payload) }
        const bytes = [...model].reduce((sum, [topic, payload]) => sum + Buffer.byteLength(topic) + Buffer.byteLength(payload) + 256 * topic.split('/').length, 0)
        assert.deepEqual([retained.count, retained.bytes], [model.size, bytes])
        assert.equal(retained.get(topic)?.payload.toString(), model.get(topic))
      }
      assert.deepEqual(retained.list().map(({ topic }) => topic).sort(), [...model.keys()].sort())
    }))
  })

  it('that have expired are found no more, and forgotten; up to then they are there', () => {
    const retained = holding('a')
    retained.set(message('b', 'x', 10))
    assert.deepEqual(found(retained, '#', NOW + 9_999), ['a', 'b'])
    assert.deepEqual(found(retained, '#', NOW + 10_000), ['a'])
    assert.deepEqual([retained.count, retained.get('b')], [1, undefined])
  })

  it('stay when one above or below them goes', () => {
    const retained = holding('a', 'a/b', 'a/b/c')
    retained.delete('a/b')
    assert.deepEqual(found(retained, '#'), ['a', 'a/b/c'])
    retained.delete('a/b/c')
    retained.delete('a/x/y')
    assert.deepEqual(found(retained, '#'), ['a'])
  })
})
