import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { factsOf } from '#gateway/consent/notices/facts.ts'
import { NOTICE_CHARS_MAX, NOTICE_VERSIONS_MAX, Notices } from '#gateway/consent/notices/notices.ts'
import { openState } from '#gateway/state/database.ts'
import { FACTS } from '#test/support/consents.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const CITY = { name: 'City of Example', address: '1 Market Square', contact: 'privacy@example.org', country: 'BE', jurisdiction: 'BE', authority: 'APD', authorityAddress: 'x', authorityContact: 'y' }
const text = (words: string, more: object = {}) => ({ language: 'en', text: words, isMaterial: true, ...more })

describe('Notices', () => {
  let database: DatabaseSync
  const clock = new TurnedClock()
  const open = (facts = FACTS) => new Notices(database, clock, facts)
  beforeEach(() => { database = openState(temporaryFolder()) })
  afterEach(() => database.close())

  it('are there from the first start on, in plain words, and the same after the next', () => {
    const notice = open().current('own_a')
    assert.deepEqual([notice.ownerId, notice.language, notice.version, notice.isMaterial], ['', 'en', 1, false])
    assert.equal(notice.hash, createHash('sha256').update(notice.text).digest('hex'))
    for (const word of ['operator of this gateway', 'the European Union', '7 days', 'withdraw', 'complain']) assert.ok(notice.text.includes(word), word)
    assert.deepEqual(open().current('own_b'), notice)
    assert.deepEqual(open().get(notice.hash), notice)
  })

  it('have a new version where who answers for the gateway has changed, and the old one is kept', () => {
    const before = open().current('own_a'), facts = factsOf(CITY, 0.5), notices = open(facts), now = notices.current('own_a')
    assert.deepEqual([now.version, now.isMaterial, now.facts], [2, true, facts])
    for (const word of ['City of Example', 'Belgium', '12 hours', 'APD']) assert.ok(now.text.includes(word), word)
    assert.deepEqual(notices.get(before.hash), before)
    assert.deepEqual([notices.isOutdated('own_a', before), notices.isOutdated('own_a', now), notices.isOutdated('own_a', undefined)], [true, false, true])
  })

  it('are an owner\'s own where there is one, in the language that was named or the one that was written last', () => {
    const notices = open(), before = notices.current('own_a')
    const dutch = notices.set('own_a', text('Wij delen de temperatuur.', { language: 'nl' }))
    assert.ok(dutch.text.startsWith('Wij delen de temperatuur.\n\nNotice 1.'))
    assert.deepEqual([notices.current('own_a'), notices.current('own_a', 'en'), notices.current('own_b')], [dutch, before, before])
    assert.throws(() => notices.current('own_b', 'nl'), { code: 'BAD_REQUEST', message: /no notice in "nl": there is one in en/ })
    clock.turn(1)
    const english = notices.set('own_a', text('We share the temperature.'))
    assert.deepEqual([notices.current('own_a'), notices.current('own_a', 'nl')], [english, dutch])
    assert.deepEqual(open().current('own_a'), english)
  })

  it('ask again for what matters, and for nothing else', () => {
    const notices = open(), first = notices.set('', text('One.')), same = notices.set('', text(' One. '))
    assert.equal(same, first)
    notices.set('', text('One!', { isMaterial: false }))
    assert.equal(notices.isOutdated('own_a', first), false)
    notices.set('', text('Two.'))
    const last = notices.set('', text('Two!', { isMaterial: false }))
    assert.deepEqual([notices.isOutdated('own_a', first), notices.isOutdated('own_a', last)], [true, false])
    notices.set('own_a', text('Ours.'))
    assert.deepEqual([notices.isOutdated('own_a', last), notices.isOutdated('own_b', last)], [true, false])
  })

  it('have a text of bounded length, and versions of bounded number', () => {
    database.exec('PRAGMA synchronous = OFF')
    const notices = open()
    notices.set('own_a', text('x'.repeat(NOTICE_CHARS_MAX)))
    for (const wrong of ['', '  ', 'x'.repeat(NOTICE_CHARS_MAX + 1)]) assert.throws(() => notices.set('own_a', text(wrong)), { code: 'BAD_REQUEST' })
    for (let n = 1; n < NOTICE_VERSIONS_MAX; n++) notices.set('own_a', text(String(n)))
    assert.throws(() => notices.set('own_a', text('one more')), { code: 'LIMIT_REACHED' })
  })

  it('name who answers for it together with whoever runs the gateway', () => {
    const joint = factsOf({ ...CITY, joint: ['Coop | 1 Lane | privacy@coop.example | BE', ' Housing Association|2 Lane|+32 2|NL '] }, 7)
    assert.deepEqual(joint.jointControllers?.map(({ name, country }) => [name, country]), [['Coop', 'BE'], ['Housing Association', 'NL']])
    assert.match(new Notices(database, clock, joint).current('own_a').text, /\nCoop answers for it together with them \(address: 1 Lane; contact: privacy@coop\.example\): you may ask any of them.*\nHousing Association answers/)
    assert.equal(factsOf(CITY, 7).jointControllers, undefined)
    assert.throws(() => factsOf({ ...CITY, joint: ['a | b | c | XX'] }, 7), { code: 'BAD_REQUEST', message: /controller.joint is XX/ })
  })

  it('name no country that there is not', () => {
    for (const wrong of ['XX', 'ZZ', 'UK', 'be']) assert.throws(() => factsOf({ ...CITY, jurisdiction: wrong }, 7), { code: 'BAD_REQUEST', message: /controller.jurisdiction is/ }, wrong)
  })
})
