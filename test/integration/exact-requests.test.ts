// How exact a consent is, from the first question to the receipt: asked for, read in a sentence, looked at, narrowed, given, and recorded.
import assert from 'node:assert/strict'
import type { MqttClient } from 'mqtt'
import { missingIn } from '#gateway/consent/records/profile.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { call, type CallOptions } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

const PURPOSE = 'dpv:PublicBenefit', ATTRIBUTES = ['temperature', 'relativeHumidity', 'location']

describe('A request that says how exact it is to be', () => {
  let running: Running, owner: PartyKey, city: PartyKey, device: MqttClient, streamId: string, requestId: string
  const as = (who: PartyKey) => ({ SLUICE_URL: running.http, SLUICE_KEY: who.key })
  const ask = (who: PartyKey, id: string, options?: CallOptions) => call(running.http, who.key, id, options)
  const send = (temperature: number) => device.publishAsync('zigbee2mqtt/kitchen', JSON.stringify({ temperature, humidity: 50 }), { qos: 1 })

  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
    device = await running.device(await running.pair(owner, { location: [4.3571234, 50.8503456], placement: 'indoor' }))
    await send(20)
    ;({ streamId } = (await running.streamsOf(owner)).find(({ type }) => type === 'IndoorEnvironmentObserved')!)
    await sluiceJson(['offer', 'create', '--stream', streamId, '--price', '0.001', '--unit', 'message', '--currency', 'EUR', '--attributes', 'temperature', '--transform', 'temperature=round:0.10'], as(owner))
  })
  after(() => running.stop())

  it('is made for attributes that can be told so, and for no others', async () => {
    for (const text of ['temperature=h3:7', 'co2=round:1', 'temperature=blur:1', '*=round:1']) {
      const { status, body } = await ask(city, 'requestConsent', { body: { streamId, purposes: [PURPOSE], attributes: ATTRIBUTES, transforms: [text] } })
      assert.deepEqual([status, body.code], [400, 'BAD_REQUEST'], text)
    }
    assert.match((await sluice(['streams'], as(city))).out, /for any purpose: temperature \(temperature=round:0\.1\)/)
    const offerId = (await ask(city, 'listStreams')).body[0].offers[0].offerId as string
    const asked = await sluiceJson(['consent', 'request', '--stream', streamId, '--purpose', PURPOSE, '--attributes', ATTRIBUTES.join(), '--offer', offerId, '--transform', 'location=h3:9,relativeHumidity=drop,*=time:900'], as(city))
    requestId = asked.requestId
    assert.deepEqual([asked.attributes, asked.transforms], [['temperature', 'location'], ['location=h3:9', 'relativeHumidity=drop', '*=time:900']])
  })

  it('is read by its owner in a sentence, with readings as they would leave by it and by the offer', async () => {
    await send(21.3456)
    const { body } = await ask(owner, 'showRequest', { values: { requestId } })
    assert.match(body.sentence, /asks to receive temperature and location \(within some 230 m\) of “kitchen” \(indoor environment observed\), times cut down to 15 minutes, for public benefit/)
    const [seen] = body.preview, instant = new Date(seen.dateObserved.value['@value'])
    assert.deepEqual([seen.temperature.value, seen.location.value.coordinates, 'relativeHumidity' in seen, instant.getTime() % 900_000], [21.3, [4.35733, 50.85036], false, 0])
  })

  it('is given less exactly, and never more', async () => {
    for (const wider of ['location=h3:10', 'location=grid:1', '*=time:60']) {
      const { code, err } = await sluice(['consent', 'accept', requestId, '--transform', wider], as(owner))
      assert.equal(code, 1)
      assert.match(err, /can be narrowed, and not widened: .* does not follow from what was asked for/)
    }
    const { receipt } = await sluiceJson(['consent', 'accept', requestId, '--transform', 'location=h3:7,temperature=round:0.5,*=sample:60'], as(owner))
    const transforms = ['location=h3:7', 'temperature=round:0.5', '*=time:900', '*=sample:60']
    assert.deepEqual([receipt.attributes, receipt.transforms], [['temperature', 'location'], transforms])
    const record = await sluiceJson(['consent', 'show', requestId], as(city)), [process] = record['dpv:hasProcess']
    assert.deepEqual(missingIn(record), [])
    assert.match(process['dct:description'], /may receive temperature \(rounded to 0\.5 °C\) and location \(within some 1\.6 km\) .*times cut down to 15 minutes and at most one reading in 1 minute/)
    assert.deepEqual(process['dpv:hasPersonalData'].map((each: any) => each['dct:description']), ['rounded to 0.5 °C', 'within some 1.6 km'])
  })

  it('is tried out before anything is given: what would leave, and how much that exposes', async () => {
    const tried = async (transform: string) => (await sluiceJson(['consent', 'grant', '--dry-run', '--stream', streamId, '--recipient', city.partyId, '--purpose', PURPOSE, '--attributes', 'location,temperature', '--transform', transform], as(owner)))
    const before = (await ask(owner, 'listConsents')).body.length, first = await tried('location=h3:7')
    assert.match(first.sentence, /^subscriber may receive temperature and location \(within some 1\.6 km\) of “kitchen”/)
    await send(22.49)
    const scores: number[] = []
    for (const [transform, coordinates] of [['location=h3:3', undefined], ['location=h3:7', [4.3555, 50.8476]], ['location=h3:12', undefined], ['location=pass', [4.3571234, 50.8503456]]] as const) {
      const { preview, risk: { score } } = await tried(`${transform},temperature=round:0.5`)
      if (coordinates) assert.deepEqual([preview.at(-1).location.value.coordinates, preview.at(-1).temperature.value], [coordinates, 22.5])
      scores.push(score)
    }
    assert.deepEqual(scores.toSorted((a, b) => a - b), scores)
    assert.equal(new Set(scores).size, scores.length)
    const [whole, sampled] = [await tried('location=pass'), await tried('*=sample:3600')].map(({ risk: { score } }) => score as number) as [number, number]
    assert.ok(sampled < whole, `${sampled} ${whole}`)
    const { out } = await sluice(['consent', 'grant', '--dry-run', '--stream', streamId, '--recipient', 'any', '--purpose', PURPOSE, '--attributes', 'temperature'], as(owner))
    assert.match(out, /^Whoever agrees with you may receive temperature .*\n\{"id":.*"temperature":/)
    assert.equal((await ask(owner, 'listConsents')).body.length, before)
  })
})
