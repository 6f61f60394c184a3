// Folding of names: what must meet, meets, and what must not, does not.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { foldName, NAME_REMEMBERED_LENGTH_MAX, NAMES_REMEMBERED_MAX, remembering, splitChannel } from '#adapters/name.ts'

describe('A name that is looked up', () => {
  it('is the same in every convention', () => {
    for (const name of ['wind_speed', 'windSpeed', 'WindSpeed', 'Wind Speed', 'wind-speed', 'WIND.SPEED', ' wind speed ']) {
      assert.equal(foldName(name), 'windspeed', name)
    }
  })

  it('keeps a decimal apart from a number without one', () => {
    assert.equal(foldName('PM1_0'), 'pm1.0')
    assert.equal(foldName('pm1.0'), 'pm1.0')
    assert.equal(foldName('pm2-5'), 'pm2.5')
    assert.equal(foldName('PM_10'), 'pm10')
    assert.equal(foldName('pm10.'), 'pm10')
  })

  it('has letters and digits of ASCII only, and stays as it is when folded again', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), name => {
      const folded = foldName(name)
      assert.match(folded, /^[a-z0-9.]*$/)
      assert.equal(foldName(folded), folded)
    }))
  })

  it('may end with the number of a channel, of at most three digits', () => {
    assert.deepEqual(splitChannel('temp2'), { stem: 'temp', channel: '2' })
    assert.deepEqual(splitChannel('a1b100'), { stem: 'a1b', channel: '100' })
    for (const name of ['temp', '12', 'temp1234', 'pm2.5', '']) assert.equal(splitChannel(name), undefined, name)
  })

  it('is worked out once, but for long ones, and again when too many others came between', () => {
    let made = 0
    const length = remembering(name => { made++; return name === '' ? undefined : name.length })
    const longest = 'x'.repeat(NAME_REMEMBERED_LENGTH_MAX), tooLong = longest + 'x'
    for (let i = 0; i < 2; i++) assert.deepEqual([length('ab'), length(''), length(longest)], [2, undefined, NAME_REMEMBERED_LENGTH_MAX])
    assert.equal(made, 3)
    for (let i = 0; i < 2; i++) assert.equal(length(tooLong), tooLong.length)
    assert.equal(made, 5)
    for (let i = 0; i < NAMES_REMEMBERED_MAX; i++) length(`n${i}`)
    length('ab')
    assert.equal(made, 5 + NAMES_REMEMBERED_MAX + 1)
  })
})
