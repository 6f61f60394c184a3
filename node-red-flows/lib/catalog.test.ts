// Which streams a search finds.
import assert from 'node:assert/strict'
import { find, type Offer, type Search, type Stream } from './catalog.ts'
import { locationOf } from './location.ts'

const offer = (price: string): Offer => {
  return { offerId: `offer_${price}`, price, unit: 'message', currency: 'EUR', purposes: [], attributes: ['temperature'] }
}
const room: Stream = {
  streamId: 'room', type: 'IndoorEnvironmentObserved', attributes: ['temperature', 'relativeHumidity'],
  offers: [offer('0.001000'), offer('0.100000')],
}
const air: Stream = { streamId: 'air', type: 'AirQualityObserved', attributes: ['temperature', 'pm25'], offers: [offer('0.000000')] }
const own: Stream = { streamId: 'own', type: 'AirQualityObserved', attributes: ['pm25'], offers: [] }
const found = (search: Partial<Search>): string[] => find([room, air, own], { attributes: [], ...search }).map(({ streamId }) => streamId)

describe('find', () => {
  it('finds all where nothing is asked', () => assert.deepEqual(found({}), ['room', 'air', 'own']))

  it('finds by type, however it is written', () => assert.deepEqual(found({ type: 'airqualityobserved' }), ['air', 'own']))

  it('finds what has all of the attributes', () => {
    assert.deepEqual(found({ attributes: ['temperature'] }), ['room', 'air'])
    assert.deepEqual(found({ attributes: ['temperature', 'pm25'] }), ['air'])
    assert.deepEqual(found({ attributes: ['noise'] }), [])
  })

  it('leaves out what is dearer, and what is not on offer', () => {
    assert.deepEqual(found({ priceMax: 0 }), ['air'])
    assert.deepEqual(find([room], { attributes: [], priceMax: 0.001 }), [{ ...room, offers: [offer('0.001000')] }])
    assert.deepEqual(found({ priceMax: 0.0009 }), ['air'])
  })
})

describe('locationOf', () => {
  it('reads what users write, and what messages carry', () => {
    for (const value of ['4.35,50.85', ' 4.35 , 50.85 ', [4.35, 50.85], ['4.35', '50.85']]) {
      assert.deepEqual(locationOf(value), [4.35, 50.85])
    }
    assert.deepEqual(locationOf('-180,-90'), [-180, -90])
  })

  it('refuses what is no place on earth', () => {
    for (const value of ['', '4.35', '4.35,', ',50', '4.35,50.85,3', '181,0', '0,90.1', 'here', [4], {}, 7]) {
      assert.throws(() => locationOf(value), { name: 'GatewayError', code: 'BAD_REQUEST' }, JSON.stringify(value))
    }
  })
})
