// Which filter matches which topic, and at what QoS who gets it.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Packet } from '#adapters/packet.ts'
import { type Qos } from '#gateway/mqtt/packets.ts'
import { matches, type Reader, Readers } from '#gateway/mqtt/readers.ts'

const packet = (topic: string, qos: Qos = 0): Packet => ({ topic, payload: Buffer.from(''), qos, retain: false, receivedAt: 0 })

function reader(filters: Record<string, Qos>): Reader & { readonly got: [string, Qos][] } {
  const got: [string, Qos][] = []
  return { got, filters: new Map(Object.entries(filters)), deliver: ({ topic }, qos) => { got.push([topic, qos]) } }
}

/** The same by a regular expression. */
function matchesByPattern(filter: string, topic: string): boolean {
  const levels = filter.split('/').map(level => level === '+' ? '[^/]*' : level.replace(/[^\w]/g, '\\$&'))
  if (levels.at(-1) !== '\\#') return new RegExp(`^${levels.join('/')}$`).test(topic)
  const parents = levels.slice(0, -1)
  return parents.length === 0 || new RegExp(`^${parents.join('/')}(/.*)?$`).test(topic)
}

describe('a filter', () => {
  it('matches as the standard’s own examples say', () => {
    for (const [filter, topic, isMatch] of [
      ['sport/tennis/player1/#', 'sport/tennis/player1', true], ['sport/tennis/player1/#', 'sport/tennis/player1/ranking', true],
      ['sport/#', 'sport', true], ['sport/tennis/+', 'sport/tennis/player1', true],
      ['sport/tennis/+', 'sport/tennis/player1/ranking', false], ['sport/+', 'sport', false], ['sport/+', 'sport/', true],
      ['+/+', '/finance', true], ['/+', '/finance', true], ['+', '/finance', false], ['#', 'a/b', true],
    ] as const) assert.equal(matches(filter, topic), isMatch, `${filter} ${topic}`)
  })

  it('matches as its pattern does, whatever the levels', () => {
    const level = fc.constantFrom('', 'a', 'b', 'ab'), ends = fc.constantFrom([], ['#'])
    const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/')).filter(topic => topic !== '')
    const filters = fc.tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), ends)
      .map(([levels, end]) => [...levels, ...end].join('/')).filter(filter => filter !== '')
    fc.assert(fc.property(filters, topics, (filter, topic) => {
      assert.equal(matches(filter, topic), matchesByPattern(filter, topic), `${filter} ${topic}`)
    }), { numRuns: 3_000 })
  })
})

describe('readers', () => {
  it('get a packet once, at the lower of its QoS and the highest that they were granted', () => {
    const readers = new Readers(), one = reader({ '#': 0, 'a/+': 2, 'a/b': 1 }), other = reader({ 'c': 2 })
    readers.add('home', one)
    readers.add('home', other)
    readers.route('home', [packet('a/b', 2), packet('a/b', 1), packet('x', 2), packet('c', 1)])
    assert.deepEqual(one.got, [['a/b', 2], ['a/b', 1], ['x', 0], ['c', 0]])
    assert.deepEqual(other.got, [['c', 1]])
  })

  it('of one source get nothing of another', () => {
    const readers = new Readers(), mine = reader({ '#': 0 }), theirs = reader({ '#': 0, 'home/#': 0 })
    readers.add('home', mine)
    readers.add('home2', theirs)
    readers.route('home', [packet('home/a'), packet('a')])
    assert.deepEqual([mine.got.length, theirs.got.length], [2, 0])
  })

  it('are forgotten when they leave, and their subscriptions with them', () => {
    const readers = new Readers(), one = reader({ 'a': 0, 'b': 0 }), other = reader({ 'a': 0 })
    readers.add('home', one)
    readers.add('home', other)
    assert.equal(readers.filterCount('home'), 3)
    readers.remove('home', one)
    readers.remove('home', one)
    assert.equal(readers.filterCount('home'), 1)
    readers.remove('home', other)
    assert.equal(readers.filterCount('home'), 0)
    readers.route('home', [packet('a')])
    assert.deepEqual(one.got, [])
  })
})
