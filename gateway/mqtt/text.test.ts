// What text may come in, held against a decoder of others.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isText, isTopicFilter, isTopicName, TOPIC_BYTES_MAX, TOPIC_LEVELS_MAX } from '#gateway/mqtt/text.ts'

const text = (bytes: Uint8Array) => isText(bytes, 0, bytes.length)
const on = (rule: typeof isText) => (topic: string) => { const bytes = Buffer.from(topic); return rule(bytes, 0, bytes.length) }

/** A slow oracle: the platform's decoder, and the forbidden characters by name. */
function isTextByDecoder(bytes: Uint8Array): boolean {
  let decoded: string
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return false
  }
  return !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(decoded)
}

describe('text on the raw bytes', () => {
  for (const [what, hex] of [
    ['a NUL', '6100'], ['U+0001', '01'], ['U+001F', '1f'], ['U+007F', '7f'], ['U+0080', 'c280'], ['U+009F', 'c29f'],
    ['an overlong slash of two bytes', 'c0af'], ['an overlong slash of three bytes', 'e080af'],
    ['an overlong letter of four bytes', 'f0808081'], ['an overlong NUL', 'c080'],
    ['the surrogate U+D800', 'eda080'], ['the surrogate U+DFFF', 'edbfbf'], ['a pair of surrogates', 'eda081edb080'],
    ['U+FFFE', 'efbfbe'], ['U+FFFF', 'efbfbf'], ['U+1FFFE', 'f09fbfbe'], ['U+10FFFF', 'f48fbfbf'], ['U+FDD0', 'efb790'],
    ['U+FDEF', 'efb7af'],
    ['U+110000', 'f4908080'], ['a lone continuation', '80'], ['a cut sequence', 'e282'], ['a sequence cut by a letter', 'e28261'],
    ['a byte that never occurs', 'ff'],
  ] as const) it(`refuses ${what}`, () => assert.equal(text(Buffer.from(hex, 'hex')), false))

  it('takes letters of one to four bytes, U+FEFF, and what borders on the forbidden', () => {
    const letters = ['', ' ', '~', '\u00a0', 'ß', '€', '퟿', '', '\ufeff', '\ufffd', '﷏', 'ﷰ', '😀', '\u{10fffd}']
    for (const good of letters) assert.equal(text(Buffer.from(good)), true, good)
  })

  it('agrees with the platform on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 8 }), bytes => assert.equal(text(bytes), isTextByDecoder(bytes))), { numRuns: 2_000 })
  })

  it('agrees with the platform on any string with one byte changed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }), fc.nat(), fc.nat(255), (string, place, byte) => {
      const bytes = Buffer.from(string)
      assert.equal(text(bytes), isTextByDecoder(bytes))
      bytes[place % bytes.length] = byte
      assert.equal(text(bytes), isTextByDecoder(bytes))
    }), { numRuns: 2_000 })
  })

  it('looks at nothing beyond its end', () => assert.equal(isText(Buffer.from('61e282ac', 'hex'), 0, 3), false))
})

describe('a topic name', () => {
  const isName = on(isTopicName)

  it('is not empty and holds no wildcard', () => {
    for (const bad of ['', '#', '+', 'a/#', 'a+', 'a#b', '+/a']) assert.equal(isName(bad), false, bad)
    for (const good of ['a', '/', 'a/b', '/a', 'a/', '//', ' ', 'a b', '$SYS/x']) assert.equal(isName(good), true, good)
  })

  it('ends at the limits', () => {
    assert.equal(isName('a'.repeat(TOPIC_BYTES_MAX)), true)
    assert.equal(isName('a'.repeat(TOPIC_BYTES_MAX + 1)), false)
    assert.equal(isName('/'.repeat(TOPIC_LEVELS_MAX - 1)), true)
    assert.equal(isName('/'.repeat(TOPIC_LEVELS_MAX)), false)
  })
})

describe('a topic filter', () => {
  const isFilter = on(isTopicFilter)

  it('has wildcards only where they fill a level, and # only at its end', () => {
    const bad = ['', 'a#', '#/a', 'a/#/b', '##', 'a+', '+a', 'a/+b', 'a/b+/c', '++', '#+', 'a/b#']
    const good = ['#', '+', 'a', '/', '+/+', 'a/+', '+/a', 'a/+/b', 'a/#', '+/#', '/#', '/+', '$SYS/#', '$share/g/a']
    assert.deepEqual(bad.filter(isFilter), [])
    assert.deepEqual(good.filter(isFilter), good)
  })

  it('ends at the limits', () => {
    assert.equal(isFilter('a'.repeat(TOPIC_BYTES_MAX)), true)
    assert.equal(isFilter('a'.repeat(TOPIC_BYTES_MAX + 1)), false)
    assert.equal(isFilter(Array(TOPIC_LEVELS_MAX).fill('+').join('/')), true)
    assert.equal(isFilter(Array(TOPIC_LEVELS_MAX + 1).fill('+').join('/')), false)
  })
})
