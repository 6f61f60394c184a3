import assert from 'node:assert/strict'
import { checkedCountry, checkedPlace, COUNTRIES, COUNTRY_GROUPS, countriesIn } from '#gateway/parties/countries.ts'

describe('Groups of countries', () => {
  it('are of countries that there are, each once, and the Union is in the economic area', () => {
    for (const group of COUNTRY_GROUPS) {
      const members = countriesIn(group)
      assert.deepEqual([members.filter(code => !COUNTRIES.has(code)), new Set(members).size], [[], members.length], group)
    }
    const [union, area] = [countriesIn('EU'), countriesIn('EEA')]
    assert.deepEqual(area.filter(code => !union.includes(code)).sort(), ['IS', 'LI', 'NO'])
    assert.deepEqual(union.filter(code => !area.includes(code)), [])
    // 27 member states, and seven of their territories that have a code.
    assert.equal(union.length, 27 + 7)
    for (const outside of ['GB', 'CH', 'TR', 'SJ', 'GL', 'UA', 'BL']) assert.ok(!area.includes(outside), outside)
  })

  it('are places, and no country that somebody is in', () => {
    assert.deepEqual(['BE', 'EU', 'EEA'].map(checkedPlace), ['BE', 'EU', 'EEA'])
    assert.deepEqual(countriesIn('BE'), ['BE'])
    for (const other of ['XX', 'eu', 'EEAA', '', 'constructor', '__proto__']) assert.throws(() => checkedPlace(other), { code: 'BAD_REQUEST', message: /EU, EEA/ })
    for (const group of COUNTRY_GROUPS) assert.throws(() => checkedCountry(group), { code: 'BAD_REQUEST' })
  })
})
