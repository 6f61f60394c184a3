import assert from 'node:assert/strict'
import { Running, type PartyKey } from '#test/support/running.ts'

const climate = (temperature: number) => JSON.stringify({ temperature, humidity: 44.4 })

interface ServerEvent { readonly id?: string, readonly event?: string, readonly data: any }

/** Reads server-sent events until there are so many, or the stream ends. */
async function* events(response: Response): AsyncGenerator<ServerEvent> {
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(text.slice(0, end).split('\n').filter(line => !line.startsWith(':')).map(line => line.split(/: (.*)/s, 2)))
      text = text.slice(end + 2)
      if (fields.data) yield { ...fields, data: JSON.parse(fields.data) }
    }
  }
}

describe('Server-sent events', () => {
  let running: Running, owner: PartyKey, city: PartyKey
  before(async () => {
    running = await Running.start()
    ;[owner, city] = await Promise.all([running.party('owner'), running.party('subscriber')])
  })
  after(() => running.stop())

  it('carry message ids, resume by Last-Event-ID without a gap or a repeat, and end with a code', async () => {
    const device = await running.device(await running.pair(owner))
    const send = async (...values: number[]) => { for (const value of values) await device.publishAsync('zigbee2mqtt/k', climate(value), { qos: 1 }) }
    await send(1)
    const [stream] = await running.streamsOf(owner), path = `${running.http}/v1/streams/${encodeURIComponent(stream!.streamId)}/events`
    const { consentId } = await running.deal(owner, city, stream!.streamId)
    const first = await fetch(`${path}?apiKey=${city.key}`, { headers: { accept: 'text/event-stream' } })
    assert.deepEqual([first.status, first.headers.get('content-type')], [200, 'text/event-stream'])
    const reader = events(first)
    await send(2, 3)
    const got = [(await reader.next()).value!, (await reader.next()).value!]
    assert.deepEqual(got.map(({ data }) => data.temperature.value), [2, 3])
    await reader.return(undefined)

    await send(4, 5)
    const second = events(await fetch(path, { headers: { authorization: `Bearer ${city.key}`, 'last-event-id': got[1]!.id! } }))
    assert.deepEqual([(await second.next()).value!.data.temperature.value, (await second.next()).value!.data.temperature.value], [4, 5])
    await running.ok(owner.key, 'POST', `/v1/consents/${consentId}/withdraw`)
    const last = (await second.next()).value!
    assert.deepEqual([last.event, last.data.code], ['end', 'CONSENT_WITHDRAWN'])
    assert.equal((await second.next()).done, true)
    const refused = await fetch(path, { headers: { authorization: `Bearer ${city.key}` } })
    assert.deepEqual([refused.status, refused.headers.get('content-type')?.split(';')[0], (await refused.json() as any).code], [403, 'application/problem+json', 'CONSENT_WITHDRAWN'])
  })
})
