import assert from 'node:assert/strict'
import { sentenceOf } from '#gateway/consent/records/sentence.ts'
import { durationWords, isCountry, listWords, placeWords, purposeWords } from '#gateway/consent/notices/words.ts'

describe('Words for people', () => {
  it('know the 249 countries of ISO 3166-1 and the European Union', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'], codes = letters.flatMap(first => letters.map(second => first + second))
    assert.equal(codes.filter(isCountry).length, 250)
    for (const none of ['', 'B', 'BEL', 'be', 'UK', 'ZZ', 'EZ', 'B ']) assert.equal(isCountry(none), false, none)
    assert.deepEqual(['BE', 'EU', 'somewhere'].map(placeWords), ['Belgium', 'the European Union', 'somewhere'])
  })

  it('say durations, purposes and lists', () => {
    assert.deepEqual(['P7D', 'P1M2D', 'P1Y2M3W4DT5H', 'PT1H'].map(durationWords), ['7 days', '1 month and 2 days', '1 year, 2 months, 3 weeks, 4 days and 5 hours', '1 hour'])
    assert.deepEqual(['dpv:PublicBenefit', 'urn:x:y'].map(purposeWords), ['public benefit', 'urn:x:y'])
    assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listWords), ['', 'a', 'a and b', 'a, b and c'])
  })
})

describe('The sentence of a consent', () => {
  const terms = { streamId: 's', recipient: 'sub_1', purposes: ['dpv:PublicBenefit', 'dpv:ServiceProvision'], attributes: ['temperature', 'relativeHumidity'] }
  const usual = { terms, name: undefined, country: undefined, type: undefined, storageCountry: 'EU', isAsked: false }

  it('says who, what, why, how long, for what price and where', () => {
    assert.equal(
      sentenceOf({ ...usual, terms: { ...terms, until: Date.UTC(2027, 4, 4), keep: 'P30D' }, name: 'City', country: 'BE', type: 'IndoorEnvironmentObserved', device: 'Kitchen', price: '0.001000 EUR per message', isAsked: true }),
      'City (in Belgium) asks to receive temperature and relative humidity of “Kitchen” (indoor environment observed), for public benefit and service provision, until 4 May 2027. '
        + 'It may be kept for 30 days. The price is 0.001000 EUR per message. This gateway stores in the European Union.')
  })

  it('says how exact each of it is, with its unit, and the message as a whole', () => {
    const exact = { ...terms, attributes: ['temperature', 'relativeHumidity', 'location'], transforms: ['co2=drop', 'location=h3:7', 'temperature=round:0.5', '*=time:900', '*=sample:900'] }
    assert.match(sentenceOf({ ...usual, terms: exact, type: 'IndoorEnvironmentObserved' }),
      /may receive temperature \(rounded to 0\.5 °C\), relative humidity and location \(within some 1\.6 km\) \(indoor environment observed\), times cut down to 15 minutes and at most one reading in 15 minutes, for public benefit/)
  })

  it('says what is not said', () => {
    assert.equal(
      sentenceOf({ ...usual, terms: { ...terms, until: undefined! } }),
      'Whoever agrees with you may receive temperature and relative humidity, for public benefit and service provision, until you withdraw it. '
        + 'Nothing is said of how long it is kept. No price is named. This gateway stores in the European Union.')
    assert.match(sentenceOf({ ...usual, terms: { ...terms, until: Date.UTC(2027, 4, 4, 6, 5) } }), /until 4 May 2027, 06:05 UTC\./)
  })
})
