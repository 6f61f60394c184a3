import assert from 'node:assert/strict'
import { Subjects, SUBJECTS_PER_SOURCE_MAX } from '#gateway/devices/subjects.ts'
import { Rooms } from '#test/support/rooms.ts'

describe('The subjects of a source', () => {
  let rooms: Rooms
  beforeEach(async () => { rooms = await Rooms.open() })
  afterEach(() => rooms.close())

  it('are its owner and those who were named until they leave, also after a restart', () => {
    const owner = rooms.party('owner'), [one, other] = [rooms.party('owner').id, rooms.party('owner').id], { id: sourceId } = rooms.source(owner), of = { sourceId, ownerId: owner.id }
    const changed: string[] = [], again = () => new Subjects(rooms.database, rooms.clock, rooms.sources)
    rooms.subjects.onChange = id => { changed.push(id) }
    assert.deepEqual(rooms.subjects.of(of), { partyIds: [owner.id], since: 0 })
    rooms.subjects.add(sourceId, one)
    rooms.subjects.add(sourceId, one)
    rooms.subjects.add(sourceId, owner.id)
    rooms.clock.turn(5)
    rooms.subjects.add(sourceId, other)
    for (const known of [rooms.subjects, again()]) assert.deepEqual([known.of(of), [...known.sourcesOf(one)]], [{ partyIds: [owner.id, one, other], since: 0 }, [sourceId]])
    rooms.subjects.remove(sourceId, one)
    for (const known of [rooms.subjects, again()]) assert.deepEqual([known.of(of), [...known.sourcesOf(one)]], [{ partyIds: [owner.id, other], since: rooms.clock.now() }, []])
    assert.throws(() => rooms.subjects.remove(sourceId, one), { code: 'NOT_FOUND' })
    assert.deepEqual(changed, [sourceId, sourceId, sourceId])
  })

  it('are so many at most', () => {
    const { id } = rooms.source(rooms.party('owner'))
    for (let n = 0; n < SUBJECTS_PER_SOURCE_MAX; n++) rooms.subjects.add(id, rooms.party('owner').id)
    assert.throws(() => rooms.subjects.add(id, rooms.party('owner').id), { code: 'LIMIT_REACHED' })
  })
})
