// The tree of filters finds whom a naive matcher finds; shares take turns.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { splitShare, Subscriptions, type SubscriptionOptions } from '#gateway/mqtt/subscriptions.ts'

interface Member { readonly name: string, isConnected: boolean }

const member = (name: string, isConnected = true): Member => ({ name, isConnected })
const options = (fields: Partial<SubscriptionOptions> = {}): SubscriptionOptions => ({ qos: 0, noLocal: false, retainAsPublished: false, subscriptionId: undefined, ...fields })
const names = (subscriptions: Subscriptions<Member>, topic: string, from?: Member) => [...subscriptions.match(topic, from).keys()].map(({ name }) => name).sort()

/** §4.7, as it is written: level by level. */
function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/'), levels = topic.split('/')
  if (topic.startsWith('$') && (wanted[0] === '#' || wanted[0] === '+')) return false
  for (const [at, level] of wanted.entries()) {
    if (level === '#') return true
    if (levels[at] === undefined || (level !== '+' && level !== levels[at])) return false
  }
  return wanted.length === levels.length
}

const level = fc.constantFrom('a', 'b', '', '$s'), topic = fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/')).filter(text => text !== '')
const filter = fc.tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...isOpen ? ['#'] : []].join('/')).filter(text => text !== '')
const readers = Array.from({ length: 4 }, (_, index) => member(`r${index}`))

describe('subscriptions', () => {
  it('find whom a naive matcher finds, whatever was subscribed to and given up before', () => {
    const step = fc.record({ isGone: fc.boolean(), reader: fc.nat(3), filter })
    fc.assert(fc.property(fc.array(step, { maxLength: 25 }), fc.array(topic, { minLength: 1, maxLength: 6 }), (steps, topics) => {
      const subscriptions = new Subscriptions<Member>(), model = new Map<string, { filter: string, name: string }>()
      for (const { isGone, reader, filter } of steps) {
        const key = `${reader} ${filter}`, had = model.has(key)
        if (isGone) {
          assert.equal(subscriptions.remove(filter, readers[reader]!), had)
          model.delete(key)
        } else {
          assert.equal(subscriptions.add(filter, readers[reader]!, options()), !had)
          model.set(key, { filter, name: readers[reader]!.name })
        }
        assert.equal(subscriptions.count, model.size)
      }
      for (const topic of topics) {
        const expected = new Set([...model.values()].filter(({ filter }) => matches(filter, topic)).map(({ name }) => name))
        assert.deepEqual(names(subscriptions, topic), [...expected].sort(), topic)
      }
    }), { numRuns: 1_000 })
  })

  for (const [filter, reached, missed] of [
    ['sport/tennis/#', ['sport/tennis', 'sport/tennis/a', 'sport/tennis/a/b', 'sport/tennis/'], ['sport', 'sport/tennisa']],
    ['#', ['a', '/', 'a/b'], ['$SYS', '$SYS/a']], ['+', ['a'], ['a/b', '/', '$SYS']], ['+/+', ['/', 'a/b', 'a/'], ['a', '$SYS/a', 'a/b/c']],
    ['/+', ['/a', '/'], ['a']], ['a/+', ['a/', 'a/b'], ['a', 'a/b/c']], ['a/+/c', ['a/b/c', 'a//c'], ['a/c']], ['$SYS/#', ['$SYS', '$SYS/a'], ['SYS/a']],
    ['A', ['A'], ['a']], ['a', ['a'], ['a/', '/a']],
  ] as const) {
    it(`of ${filter} are reached by ${reached.join(', ')}, not by ${missed.join(', ')}`, () => {
      const subscriptions = new Subscriptions<Member>()
      subscriptions.add(filter, readers[0]!, options())
      for (const topic of reached) assert.deepEqual([names(subscriptions, topic), matches(filter, topic)], [['r0'], true], topic)
      for (const topic of missed) assert.deepEqual([names(subscriptions, topic), matches(filter, topic)], [[], false], topic)
    })
  }

  it('of one reader that overlap are one match, with the highest QoS and all their ids', () => {
    const subscriptions = new Subscriptions<Member>(), reader = readers[0]!
    for (const [filter, qos, subscriptionId] of [['#', 1, 7], ['a/+', 2, 9], ['a/b', 0, undefined]] as const) subscriptions.add(filter, reader, options({ qos, subscriptionId, retainAsPublished: qos === 0 }))
    assert.deepEqual([...subscriptions.match('a/b').values()], [{ qos: 2, noLocal: false, subscriptionId: 9, subscriptionIds: [7, 9], retainAsPublished: true }])
  })

  it('are replaced by the same filter: the options are those of the last', () => {
    const subscriptions = new Subscriptions<Member>(), reader = readers[0]!
    subscriptions.add('a', reader, options({ qos: 2, subscriptionId: 1 }))
    assert.equal(subscriptions.add('a', reader, options({ qos: 1 })), false)
    assert.deepEqual([subscriptions.count, subscriptions.match('a').get(reader)?.qos, subscriptions.match('a').get(reader)?.subscriptionIds], [1, 1, undefined])
  })

  it('without echo leave out their own reader, and by another filter it is reached all the same', () => {
    const subscriptions = new Subscriptions<Member>(), [one, two] = readers as [Member, Member]
    subscriptions.add('a', one, options({ noLocal: true }))
    subscriptions.add('a', two, options({ noLocal: true }))
    assert.deepEqual([names(subscriptions, 'a', one), names(subscriptions, 'a')], [['r1'], ['r0', 'r1']])
    subscriptions.add('#', one, options())
    assert.deepEqual(names(subscriptions, 'a', one), ['r0', 'r1'])
  })

  it('leave nothing behind when the last of them goes', () => {
    const subscriptions = new Subscriptions<Member>(), filters = ['a/b/c', 'a/#', '$share/g/a/b', '+/+']
    for (const filter of filters) subscriptions.add(filter, readers[0]!, options())
    for (const filter of filters) assert.equal(subscriptions.remove(filter, readers[0]!), true)
    assert.equal(subscriptions.remove('a/#', readers[0]!), false)
    assert.deepEqual([subscriptions.count, names(subscriptions, 'a/b')], [0, []])
  })
})

describe('a share', () => {
  const shared = (filter: string, ...members: Member[]) => {
    const subscriptions = new Subscriptions<Member>()
    for (const each of members) subscriptions.add(filter, each, options({ qos: 1 }))
    return subscriptions
  }
  const turns = (subscriptions: Subscriptions<Member>, count: number, topic = 'a') => Array.from({ length: count }, () => names(subscriptions, topic).join()).join(' ')

  it('is split into its name and its filter', () => {
    assert.deepEqual(splitShare('$share/group/a/+/#'), { share: 'group', rest: 'a/+/#' })
    assert.deepEqual([splitShare('$share/g//a').rest, splitShare('$shared/g/a').share, splitShare('a').rest], ['/a', undefined, 'a'])
  })

  it('gives each message to one of its members, in turn', () => assert.equal(turns(shared('$share/g/a', member('x'), member('y'), member('z')), 7), 'x y z x y z x'))

  it('does not give its turn to the question whether there is anybody', () => {
    const subscriptions = shared('$share/g/+', member('x'), member('y'))
    assert.deepEqual(['a', 'a/b', '$a', '', 'a'].map(topic => subscriptions.reaches(topic)), [true, false, false, true, true])
    assert.equal(turns(subscriptions, 2), 'x y')
  })

  it('passes over those who are away, unless nobody else is there', () => {
    const x = member('x'), y = member('y', false), z = member('z'), subscriptions = shared('$share/g/#', x, y, z)
    assert.equal(turns(subscriptions, 4), 'x z x z')
    x.isConnected = z.isConnected = false
    assert.equal(turns(subscriptions, 4), 'x y z x')
    y.isConnected = true
    assert.equal(turns(subscriptions, 2), 'y y')
  })

  it('goes on when a member goes', () => {
    const x = member('x'), y = member('y'), subscriptions = shared('$share/g/a', x, y)
    turns(subscriptions, 1)
    subscriptions.remove('$share/g/a', y)
    assert.equal(turns(subscriptions, 2), 'x x')
  })

  it('is another one under another name or filter, and goes beside what is not shared', () => {
    const x = member('x'), y = member('y'), subscriptions = shared('$share/g/a', x)
    subscriptions.add('$share/h/a', y, options())
    assert.equal(turns(subscriptions, 2), 'x,y x,y')
    subscriptions.add('a', x, options({ qos: 2 }))
    assert.equal(subscriptions.match('a').get(x)!.qos, 2)
    assert.equal(subscriptions.remove('a', y), false)
  })

  it('with wildcards does not reach topics that begin with $', () => assert.equal(turns(shared('$share/g/#', member('x')), 1, '$SYS/a'), ''))
})
