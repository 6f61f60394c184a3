import assert from 'node:assert/strict'
import { Notices } from '#gateway/consent/notices/notices.ts'
import { Restrictions } from '#gateway/rights/restrictions.ts'
import { Erasures, type ErasuresOptions } from '#gateway/rights/erasures.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { CHANGED, DELETED, OF_NOBODY } from '#gateway/rights/holdings.ts'
import { formsOf, found } from '#test/support/canaries.ts'
import { FACTS } from '#test/support/consents.ts'
import { PURPOSE, Rooms } from '#test/support/rooms.ts'
import { silentLog } from '#test/support/temporary.ts'

type Step = 'begin' | 'keys' | 'consents' | 'sources' | 'offers' | 'agreements' | 'journal' | 'sessions' | 'state' | 'backups' | 'file' | 'none'
const STEPS: readonly Step[] = ['keys', 'consents', 'sources', 'offers', 'agreements', 'journal', 'sessions', 'state', 'backups', 'file', 'none']

/** Erasures over the rooms of a data directory, where one step never ends well. */
function erasuresOver(rooms: Rooms, failing: Step = 'none', more: Partial<ErasuresOptions> = {}): Erasures {
  const fail = (step: Step) => { if (step === failing) throw new Error(`killed at ${step}`) }
  const failingAt = <T extends object>(step: Step, target: T, method: keyof T): T => step !== failing ? target : new Proxy(target, {
    get: (inner, name) => name === method ? () => fail(step) : typeof inner[name as keyof T] === 'function' ? (inner[name as keyof T] as (...args: unknown[]) => unknown).bind(inner) : inner[name as keyof T],
  })
  const { database, clock, devices, streams, ledger, meter, network } = rooms
  const failingDatabase = failing === 'state' ? failingAt('state', failingAt('state', database, 'exec'), 'exec') : failing === 'file' ? failingAt('file', database, 'exec') : database
  return new Erasures({
    database: failingDatabase, clock, devices, streams, ledger, meter, network, signingKey: SigningKey.open(rooms.directory), log: silentLog, history: undefined, restrictions: new Restrictions(database, clock),
    groups: rooms.groups, subjects: rooms.subjects, notices: new Notices(database, clock, FACTS), previews: { forget: () => {} }, transparency: rooms.transparency,
    parties: failingAt('keys', rooms.parties, 'revokeKeys'), consents: failingAt('consents', rooms.consents, 'withdraw'), sources: failingAt('sources', rooms.sources, 'remove'),
    offers: failingAt('offers', rooms.offers, 'withdraw'), agreements: failingAt('agreements', rooms.agreements, 'end'), journal: failingAt('journal', rooms.journal, 'erase'),
    mqtt: { disconnect: () => {}, forgetSource: () => {}, forgetTopics: () => {}, saveSessions: () => fail('sessions') },
    backups: { idle: () => Promise.try(() => fail('backups')) }, ...more,
  })
}

describe('Erasing an owner', () => {
  for (const step of STEPS) {
    it(`that is killed at its step "${step}" is finished by the next start`, async () => {
      let rooms = await Rooms.open()
      const { owner, source, stream } = await rooms.scene(), other = await rooms.scene(), city = rooms.party('subscriber')
      for (const each of [stream, other.stream]) {
        rooms.grant(each)
        rooms.agree(each, city, { price: 1_000n, budget: 1_000_000n })
      }
      const reader = rooms.watch(city, stream), readerOfOther = rooms.watch(city, other.stream)
      await Promise.all([rooms.send(source, [21.731941]), rooms.send(other.source, [21.5, 21.6])])
      await rooms.settled()
      assert.deepEqual([reader.waiting.length, readerOfOther.waiting.length], [1, 2])
      rooms.meter.seal()
      const canaries = new Map([owner.id, stream.id, owner.address!, source.id, stream.deviceId, '21.731941'].map(text => [text, formsOf(text)]))
      assert.equal(new Set(found(rooms.directory, canaries).map(each => each.split(' in ')[0])).size, canaries.size)

      const erasing = erasuresOver(rooms, step).erase(owner.id, 'owner')
      if (step === 'none') await erasing
      else await assert.rejects(erasing, { code: 'UNAVAILABLE', message: /has begun/ })
      rooms = await rooms.reopen('kill')
      const erasures = erasuresOver(rooms)
      await erasures.resume()
      assert.deepEqual(erasures.list().map(({ finishedAt, ownerId, history }) => [finishedAt !== undefined, ownerId, history]), [[true, undefined, []]])
      assert.deepEqual(found(rooms.directory, canaries), [])
      assert.deepEqual([rooms.parties.get(owner.id), rooms.streams.get(stream.id), rooms.sources.get(source.id), rooms.consents.list(owner.id).length], [undefined, undefined, undefined, 0])

      const again = rooms.watch(city, other.stream, 'earliest')
      await rooms.settled()
      again.read()
      assert.deepEqual(again.temperatures, [21.5, 21.6])
      assert.deepEqual([rooms.ledger.sums(), rooms.consents.verify() >= 2, rooms.parties.get(other.owner.id)?.id], [{ EUR: 0n }, true, other.owner.id])
      rooms.meter.seal()
      await rooms.close()
    })
  }

  it('is one erasure, however often it is asked for, and one behind the other for two', async () => {
    const rooms = await Rooms.open(), erasures = erasuresOver(rooms), [one, other] = [rooms.party('owner'), rooms.party('owner')]
    const [first, second, third] = await Promise.all([erasures.erase(one.id, 'owner'), erasures.erase(one.id, 'operator'), erasures.erase(other.id, 'owner')])
    assert.deepEqual([first, erasures.list().length, first.erasureId === third.erasureId], [second, 2, false])
    assert.throws(() => erasures.erase(one.id, 'owner'), { code: 'NOT_FOUND' })
    await rooms.close()
  })

  it('takes a consent of somebody else\'s that named them along, and leaves that owner the rest', async () => {
    const rooms = await Rooms.open(), gone = rooms.party('owner'), { owner, stream } = await rooms.scene()
    const kept = rooms.grant(stream), naming = rooms.grant(stream, { recipient: gone.id })
    await erasuresOver(rooms).erase(gone.id, 'owner')
    assert.deepEqual(rooms.consents.list(owner.id).map(({ id }) => id), [kept])
    assert.deepEqual(found(rooms.directory, new Map([[gone.id, formsOf(gone.id)]])), [])
    const again = await rooms.reopen('kill')
    assert.deepEqual(again.consents.list(owner.id).map(({ id }) => id), [kept])
    assert.ok(naming)
    await again.close()
  })

  it('of a household leaves the source of somebody else, and nothing leaves that any more', async () => {
    let rooms = await Rooms.open()
    const gone = rooms.party('owner'), { owner, source, stream } = await rooms.scene(), city = rooms.party('subscriber')
    rooms.subjects.add(source.id, gone.id)
    const kept = rooms.grant(stream), theirs = rooms.grant({ ...stream, ownerId: gone.id }), agreement = rooms.agree(stream, city), group = rooms.groups.add('neighbours').id
    rooms.groups.join(group, gone.id)
    rooms.parties.setCountry(gone.id, 'BE')
    rooms.parties.setFacts(gone.id, { contact: 'mailto:gone@canary.example' })
    assert.equal(rooms.plans.stateOf(agreement), 'active')
    await erasuresOver(rooms).erase(gone.id, 'owner')
    const check = (now: Rooms): void => {
      const beside = now.subjects.beside(source.id)
      assert.deepEqual([beside.length, beside[0]!.startsWith('erased_'), now.subjects.sourcesOf(gone.id).size], [1, true, 0])
      assert.deepEqual([now.groups.get(group)!.members.size, now.consents.get(theirs), now.consents.list(owner.id).map(({ id }) => id), now.parties.get(gone.id)], [0, undefined, [kept], undefined])
      assert.equal(now.plans.stateOf(now.agreements.get(agreement.id)!), 'waiting')
      assert.equal(now.consents.verify(), 3) // two given, one withdrawn
    }
    check(rooms)
    assert.deepEqual(found(rooms.directory, new Map([gone.id, 'gone@canary'].map(text => [text, formsOf(text)]))), [])
    rooms = await rooms.reopen('kill')
    check(rooms)
    await rooms.close()
  })

  it('takes along what others of the household had consented to, what was asked and what was said of their streams', async () => {
    const rooms = await Rooms.open(), { owner, source, stream } = await rooms.scene(), partner = rooms.party('owner'), city = rooms.party('subscriber')
    rooms.subjects.add(source.id, partner.id)
    const theirs = rooms.grant({ ...stream, ownerId: partner.id }), notices = new Notices(rooms.database, rooms.clock, FACTS), said = { language: 'en', text: 'what we do', isMaterial: false }
    const notice = notices.set(owner.id, said), restrictions = new Restrictions(rooms.database, rooms.clock)
    const asked = rooms.consents.request({ ownerId: owner.id, streamId: stream.id, recipient: city.id, purposes: [PURPOSE], attributes: ['temperature'] })
    restrictions.restrict(stream.id, partner.id, 'owner')
    await erasuresOver(rooms, 'none', { notices, restrictions }).erase(owner.id, 'owner')
    assert.deepEqual([rooms.consents.get(theirs), rooms.consents.list(partner.id), rooms.consents.requests.get(asked.id), rooms.consents.requests.list(city.id)], [undefined, [], undefined, []])
    assert.deepEqual([rooms.subjects.beside(source.id), rooms.subjects.sourcesOf(partner.id).size, notices.get(notice.hash), restrictions.has(stream.id)], [[], 0, undefined, false])
    assert.deepEqual(found(rooms.directory, new Map([owner.id, owner.address!, stream.id, 'what we do'].map(text => [text, formsOf(text)]))), [])
    await rooms.close()
  })

  it('lets no prohibition go before what it forbids', async () => {
    const rooms = await Rooms.open(), { owner, stream } = await rooms.scene(), city = rooms.party('subscriber')
    const forbidden = rooms.grant(stream, { kind: 'prohibition' }), given = rooms.grant(stream), agreement = rooms.agree(stream, city)
    await assert.rejects(erasuresOver(rooms, 'sources').erase(owner.id, 'owner'))
    assert.deepEqual([forbidden, given].map(id => rooms.consents.get(id)!.withdrawnAt !== undefined), [false, true])
    assert.equal(rooms.plans.stateOf(agreement), 'waiting')
    await rooms.close()
  })

  it('knows of every table of the state whose it is', async () => {
    const rooms = await Rooms.open(), known = [...DELETED, ...CHANGED].map(({ table }) => table)
    const tables = rooms.database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all().map(({ name }) => name as string)
    assert.deepEqual(tables.filter(table => !known.includes(table) && !OF_NOBODY.includes(table)), [], 'say in gateway/rights/holdings.ts whose rows they have')
    assert.deepEqual([...known, ...OF_NOBODY].filter(table => !tables.includes(table)), [])
    await rooms.close()
  })
})
