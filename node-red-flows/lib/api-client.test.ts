// Calls to a gateway, to none, and to what is none.
import assert from 'node:assert/strict'
import { ApiClient } from './api-client.ts'
import { FakeGateway } from './gateway.fake.ts'

describe('ApiClient', () => {
  let gateway: FakeGateway
  const client = (path = '', answerMsMax?: number): ApiClient => new ApiClient({ url: `${gateway.url}${path}`, key: 'k1' }, answerMsMax)

  beforeEach(async () => { gateway = await new FakeGateway().start() })
  afterEach(() => gateway.stop())

  it('asks with its key below the URL that it was given', async () => {
    gateway.reply = ({ method, url, headers: { authorization, ...headers } }, body) => {
      return { status: 200, body: [method, url, authorization, headers['content-type'], body] }
    }
    assert.deepEqual(await client().get('/v1/usage'), ['GET', '/v1/usage', 'Bearer k1', null, ''])
    assert.deepEqual(await client('/city').post('/v1/sources', { name: 'home' }), [
      'POST', '/city/v1/sources', 'Bearer k1', 'application/json', '{"name":"home"}',
    ])
  })

  it('throws what the gateway refuses with: a code, what to do, and the problem', async () => {
    const code = 'PURPOSE_MISMATCH', detail = 'The offer is for dpv:ServiceProvision.'
    const problem = { type: 'about:blank', title: 'Forbidden', status: 403, code, detail }
    gateway.reply = () => ({ status: 403, body: problem })
    await assert.rejects(client().post('/v1/agreements', {}), { name: 'GatewayError', code, message: detail, problem })
  })

  it('says UNAVAILABLE of what is no gateway, or none any more, and names no secret', async () => {
    gateway.reply = () => ({ status: 200, body: '<html>' })
    await assert.rejects(client().get('/'), { code: 'UNAVAILABLE', message: /no Sluice gateway \(status 200\)/ })
    gateway.reply = () => ({ status: 502, body: '{}' })
    await assert.rejects(client().get('/'), { code: 'UNAVAILABLE', message: /status 502/ })
    await gateway.stop()
    await assert.rejects(client('/secret').get('/'), ({ code, message }: Error & { code: string }) => {
      assert.equal(code, 'UNAVAILABLE')
      assert.match(message, /ECONNREFUSED|UND_ERR_SOCKET|ECONNRESET/)
      assert.doesNotMatch(message, /secret/)
      return true
    })
  })

  it('waits only so long for an answer', async () => {
    gateway.reply = () => undefined
    await assert.rejects(client('', 30).get('/'), { code: 'UNAVAILABLE', message: /timeout/ })
  })

  it('stops when it is told to', async () => {
    gateway.reply = () => undefined
    const ending = new AbortController(), call = client().get('/', ending.signal)
    ending.abort()
    await assert.rejects(call, { code: 'UNAVAILABLE' })
  })

  it('does not follow the key to another place', async () => {
    const elsewhere = await new FakeGateway().start()
    let hasAsked = false
    elsewhere.reply = () => { hasAsked = true; return { status: 200, body: [] } }
    gateway.redirectsTo = elsewhere.url
    await assert.rejects(client().get('/v1/usage'), { code: 'UNAVAILABLE' })
    assert.equal(hasAsked, false)
    await elsewhere.stop()
  })

  it('says what is wrong with a URL', async () => {
    for (const url of ['', 'gateway', 'ftp://127.0.0.1']) {
      await assert.rejects(new ApiClient({ url, key: 'k' }).get('/'), { code: 'BAD_REQUEST' })
    }
  })
})
