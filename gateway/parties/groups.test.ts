import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { COUNTRIES } from '#gateway/parties/countries.ts'
import { Groups, GROUPS_MAX, isGroupId, MEMBERS_PER_GROUP_MAX } from '#gateway/parties/groups.ts'
import { Parties } from '#gateway/parties/parties.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { openState } from '#gateway/state/database.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

describe('Groups', () => {
  let directory: string, database: DatabaseSync, clock: TurnedClock, parties: Parties, groups: Groups
  const load = () => {
    parties = new Parties(database, clock, new Vault(directory))
    return groups = new Groups(database, clock, parties)
  }
  beforeEach(() => {
    directory = temporaryFolder()
    database = openState(directory)
    database.exec('PRAGMA synchronous = OFF')
    clock = new TurnedClock()
    load()
  })
  afterEach(() => database.close())
  const city = () => parties.add({ role: 'subscriber', name: 'City' }).party.id

  it('have members from when they join until they leave, also after a restart', () => {
    const { id } = groups.add(' Cities '), [one, other] = [city(), city()], since = clock.now()
    assert.ok(isGroupId(id) && !isGroupId(one))
    groups.join(id, one)
    clock.turn(5)
    groups.join(id, one)
    groups.join(id, other)
    for (const known of [groups, load()]) assert.deepEqual([known.get(id)!.name, [...known.get(id)!.members]], ['Cities', [[one, since], [other, since + 5]]])
    groups.leave(id, one)
    for (const known of [groups, load()]) assert.deepEqual([known.memberSince(id, one), known.memberSince(id, other), known.memberSince('grp_x', other)], [undefined, since + 5, undefined])
  })

  it('tell of whoever comes and goes, and of their own end, when it is so', () => {
    const told: unknown[] = [], { id } = groups.add('Cities'), member = city()
    groups.onMember = partyId => { told.push([partyId, groups.memberSince(id, partyId) !== undefined]) }
    groups.onRemoved = groupId => { told.push([groupId, groups.get(groupId) !== undefined]) }
    groups.join(id, member)
    groups.leave(id, member)
    groups.join(id, member)
    groups.remove(id)
    assert.deepEqual(told, [[member, true], [member, false], [member, true], [id, false]])
    assert.deepEqual(load().list(), [])
  })

  it('take nobody who is not there, and are not made up', () => {
    const { id } = groups.add('Cities')
    for (const wrong of [() => groups.join(id, 'sub_x'), () => groups.join('grp_x', city()), () => groups.leave('grp_x', 'sub_x'), () => groups.remove('grp_x')]) assert.throws(wrong, { code: 'NOT_FOUND' })
    assert.throws(() => groups.add(' '), { code: 'BAD_REQUEST' })
  })

  it('are so many at most, with so many members', () => {
    const { id } = groups.add('Cities'), [last, more] = [city(), city()]
    database.exec(`INSERT INTO parties WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${MEMBERS_PER_GROUP_MAX}) SELECT 'sub_' || i, 'subscriber', 'x', 0 FROM n`)
    database.exec(`INSERT INTO group_members SELECT '${id}', id, 0 FROM parties WHERE name = 'x'`)
    load().join(id, last)
    assert.throws(() => groups.join(id, more), { code: 'LIMIT_REACHED' })
    for (let n = 1; n < GROUPS_MAX; n++) groups.add('Cities')
    assert.throws(() => groups.add('Cities'), { code: 'LIMIT_REACHED' })
  })
})

describe('The country of a party', () => {
  it('is said, changed and taken back, and is there after a restart', () => {
    const directory = temporaryFolder(), database = openState(directory), clock = new TurnedClock(), load = () => new Parties(database, clock, new Vault(directory))
    const parties = load(), { party: { id }, key } = parties.add({ role: 'subscriber', name: 'City', country: 'BE' }), began = clock.now(), moved: string[] = []
    parties.onMoved = partyId => { moved.push(`${partyId} ${parties.get(partyId)!.country}`) }
    for (const known of [parties, load()]) assert.deepEqual([known.get(id)!.country, known.get(id)!.countrySince], ['BE', began])
    clock.turn(5)
    parties.setCountry(id, 'BE')
    parties.setCountry(id, 'NL')
    for (const known of [parties, load()]) assert.deepEqual([known.get(id), known.get(id)!.country, known.get(id)!.countrySince], [known.authenticate(key), 'NL', began + 5])
    parties.setCountry(id, null)
    assert.deepEqual([load().get(id)!.country, moved], [undefined, [`${id} NL`, `${id} undefined`]])
    for (const country of ['be', 'EU', 'ZZ', '']) assert.throws(() => parties.setCountry(id, country), { code: 'BAD_REQUEST' })
    assert.throws(() => parties.setCountry('sub_x', 'BE'), { code: 'NOT_FOUND' })
    database.close()
  })

  it('is one of those that have a name', () => {
    const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
    assert.equal(COUNTRIES.size, 249)
    for (const code of COUNTRIES) assert.ok(names.of(code), code)
  })
})
