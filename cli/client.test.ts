import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Client } from '#cli/client.ts'
import { connect } from '#cli/connect.ts'
import { CliError } from '#cli/errors.ts'
import { Input } from '#cli/input.ts'
import { Running, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('The client', () => {
  let running: Running, owner: PartyKey
  const servers: Server[] = []
  before(async () => {
    running = await Running.start()
    owner = await running.party('owner')
  })
  after(async () => {
    for (const server of servers) server.close()
    await running.stop()
  })

  /** Some other server than a gateway. */
  async function other(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const fails = (promise: Promise<unknown>, code: string, message: RegExp) => assert.rejects(promise, (error: CliError) => {
    assert.ok(error instanceof CliError)
    assert.deepEqual([error.code, error.exitCode], [code, 1], error.message)
    assert.match(error.message, message)
    return true
  })

  it('brings what the gateway answers', async () => {
    const client = new Client({ url: running.http, key: owner.key })
    const { sourceId } = await client.post<{ sourceId: string }>('/v1/sources', { name: 'ünï' })
    assert.deepEqual((await client.get<{ name: string }[]>('/v1/sources')).map(({ name }) => name), ['ünï'])
    assert.deepEqual(await client.delete(`/v1/sources/${sourceId}`), { sourceId, state: 'removed' })
  })

  it('throws what the gateway refuses, by its code and with its words', async () => {
    const client = new Client({ url: running.http, key: owner.key })
    await fails(client.get('/v1/ledger'), 'FORBIDDEN', /operators/)
    await fails(client.post('/v1/sources', { nonsense: 1 }), 'BAD_REQUEST', /`nonsense`/)
    await fails(new Client({ url: running.http, key: 'not-a-key' }).get('/v1/streams'), 'UNAUTHENTICATED', /not known/)
  })

  it('says where it looked for a gateway that does not answer, and what to do', async () => {
    await fails(new Client({ url: 'http://127.0.0.1:1', key: 'x' }).get('/v1/streams'), 'UNAVAILABLE', /http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\).*sluice serve.*--url or SLUICE_URL/)
    await fails(new Client({ url: 'http://gateway.invalid:1', key: 'x' }).get('/v1/streams'), 'UNAVAILABLE', /gateway\.invalid:1/)
  })

  it('says that something else answers', async () => {
    for (const answer of ['<html>', '"x"', '[1', ''] as const) {
      await fails(new Client({ url: await other((_request, response) => response.end(answer)), key: 'x' }).get('/v1/streams'), 'UNAVAILABLE', /no Sluice gateway \(status 200\)/)
    }
    await fails(new Client({ url: await other((_request, response) => response.writeHead(404).end('{"error":"x"}')), key: 'x' }).get('/'), 'UNAVAILABLE', /status 404/)
    await fails(new Client({ url: await other((_request, response) => { response.write('['); response.destroy() }), key: 'x' }).get('/'), 'UNAVAILABLE', /No gateway answers/)
  })

  it('finds a gateway below a prefix, and sends the key in a header only', async () => {
    const seen: (string | undefined)[] = []
    const url = await other((request, response) => { seen.push(request.url, request.headers.authorization); response.end('[]') })
    for (const prefix of ['/sluice', '/sluice/']) await new Client({ url: url + prefix, key: 'k' }).get('/v1/streams?mine=true')
    assert.deepEqual(seen, ['/sluice/v1/streams?mine=true', 'Bearer k', '/sluice/v1/streams?mine=true', 'Bearer k'])
  })

  describe('is made of options first, then of the environment', () => {
    const file = join(temporaryFolder(), 'key')
    writeFileSync(file, 'from-file\n')
    const made = (options: Record<string, string>, environment: NodeJS.ProcessEnv) => connect(new Input(new Map(Object.entries(options))), environment)

    it('for the URL and the key', async () => {
      const both = await made({ 'url': 'http://a:1', 'key-file': file }, { SLUICE_URL: 'http://b:2', SLUICE_KEY: 'from-environment' })
      assert.deepEqual([both.url.href, both.key], ['http://a:1/', 'from-file'])
      const neither = await made({}, { SLUICE_KEY: ' from-environment\n' })
      assert.deepEqual([neither.url.href, neither.key], ['http://127.0.0.1:8080/', 'from-environment'])
      assert.equal((await made({}, { SLUICE_URL: 'https://c/x', SLUICE_KEY: 'k' })).url.href, 'https://c/x/')
    })

    it('and says what is missing or wrong', async () => {
      await fails(made({}, {}), 'UNAUTHENTICATED', /SLUICE_KEY.*--key-file/)
      await fails(made({}, { SLUICE_KEY: 'two words' }), 'UNAUTHENTICATED', /no key/)
      await assert.rejects(made({ 'key-file': '/nowhere/key' }, {}), { code: 'BAD_USAGE', exitCode: 2, message: /ENOENT/ })
      for (const url of ['nonsense', 'ftp://x', 'localhost:8080']) await assert.rejects(made({ url }, { SLUICE_KEY: 'k' }), { code: 'BAD_USAGE', exitCode: 2 })
    })
  })
})
