import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { BODY_BYTES_MAX, HEADER_BYTES_MAX, HEADERS_MS_MAX, PATH_PARAMETER_LENGTH_MAX, REQUEST_MS_MAX, TIMEOUT_CHECK_MS } from '#gateway/api/limits.ts'
import { errorHandler } from '#gateway/api/problems.ts'
import { call } from '#test/support/documented.ts'
import { Running, type PartyKey } from '#test/support/running.ts'

describe('The HTTP server', () => {
  let running: Running, owner: PartyKey
  before(async () => {
    running = await Running.start()
    owner = await running.party('owner')
  })
  after(() => running.stop())

  /** Sends bytes as they are, and returns what comes back until the server ends the connection. */
  async function exchange(...bytes: readonly string[]): Promise<string> {
    const socket = await open()
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk })
    for (const part of bytes) socket.write(part)
    await once(socket, 'close')
    return text
  }

  async function open(): Promise<Socket> {
    const { hostname, port } = new URL(running.http), socket = connect({ host: hostname, port: Number(port) })
    socket.on('error', () => { /* the server may cut us off */ })
    await once(socket, 'connect')
    return socket
  }

  function problemIn(text: string): any {
    const [head, body] = text.split('\r\n\r\n')
    assert.match(head!, /content-type: application\/problem\+json/i, text.slice(0, 300))
    return JSON.parse(body!)
  }

  const pair = (options: object) => call(running.http, owner.key, 'pairSource', options)

  describe('answers what is no success with a problem that says what to do', () => {
    it('for an address that there is not, whatever the method', async () => {
      for (const [method, path] of [['GET', '/v1/nothing'], ['PUT', '/v1/parties'], ['OPTIONS', '/v1/parties'], ['HEAD', '/v1/parties'], ['GET', '/../etc/passwd'], ['GET', '/v1/sources/a/b/c']] as const) {
        const response = await fetch(`${running.http}${path}`, { method })
        assert.deepEqual([response.status, response.headers.get('content-type')?.split(';')[0]], [404, 'application/problem+json'], `${method} ${path}`)
        if (method !== 'HEAD') assert.match((await response.json() as any).detail, /openapi\.json/)
      }
    })

    it('for a body that is missing, empty, no JSON, no object, or of another type', async () => {
      assert.match((await pair({ body: undefined })).body.detail, /body is missing.*POST \/v1\/sources/i)
      assert.match((await pair({ raw: '' })).body.detail, /body is missing/i)
      for (const raw of ['{', '[1,', '\u0000', 'null,', "{'name':'x'}", '{"name":"x"} {}']) {
        const { status, body } = await pair({ raw })
        assert.deepEqual([status, body.code], [400, 'BAD_REQUEST'], raw)
        assert.match(body.detail, /not JSON/)
      }
      for (const raw of ['null', '[]', '"x"', '1']) assert.match((await pair({ raw })).body.detail, /^The body must be object/, raw)
      const other = await pair({ raw: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
      assert.deepEqual([other.status, other.body.code], [415, 'BAD_REQUEST'])
    })

    it('for a body that is one byte too large, and takes one that is not', async () => {
      const bodyOf = (bytes: number) => `{"name":"x"${' '.repeat(bytes - 12)}}`
      assert.equal((await pair({ raw: bodyOf(BODY_BYTES_MAX) })).status, 201)
      const { status, body } = await pair({ raw: bodyOf(BODY_BYTES_MAX + 1) })
      assert.deepEqual([status, body.code], [413, 'BAD_REQUEST'])
      assert.match(body.detail, new RegExp(String(BODY_BYTES_MAX)))
    })

    it('for what the document does not describe, naming it and what is known', async () => {
      assert.match((await pair({ body: { name: 'x', colour: 'red' } })).body.detail, /`colour`.*known are dialect, name, location, placement, timezone/)
      assert.match((await pair({ body: { placement: 'roof' } })).body.detail, /placement must be one of indoor, outdoor/)
      assert.match((await pair({ body: { location: [181, 0] } })).body.detail, /location\.0 must be <= 180/)
      assert.match((await pair({ body: { location: ['4.35', '50.85'] } })).body.detail, /location\.0 must be number/, 'a body is not coerced')
      assert.match((await call(running.http, owner.key, 'listStreams', { query: '?yours=true' })).body.detail, /`yours`.*known are mine/)
      assert.match((await call(running.http, owner.key, 'listStreams', { query: '?mine=maybe' })).body.detail, /mine must be boolean/)
      assert.match((await call(running.http, owner.key, 'explain', { query: '?source=x&last=0' })).body.detail, /last must be >= 1/)
      assert.match((await call(running.http, owner.key, 'explain')).body.detail, /lacks `source`/)
      assert.match((await call(running.http, owner.key, 'suspendSource', { body: { force: true } })).body.detail, /takes no body/)
    })

    it('for names that would reach into JavaScript objects', async () => {
      for (const raw of ['{"__proto__":{"role":"operator"}}', '{"constructor":{"prototype":{"x":1}}}', '{"name":"x","__proto__":null}']) {
        assert.equal((await pair({ raw })).status, 400, raw)
      }
      assert.equal(({} as any).role, undefined)
      assert.equal((await call(running.http, owner.key, 'listStreams', { query: '?__proto__=1' })).status, 400)
    })

    it('for a path that is not percent-encoded, or too long', async () => {
      const head = `Host: localhost\r\nAuthorization: Bearer ${owner.key}\r\nConnection: close\r\n\r\n`
      assert.equal(problemIn(await exchange(`DELETE /v1/sources/%zz HTTP/1.1\r\n${head}`)).status, 400)
      assert.equal(problemIn(await exchange(`DELETE /v1/sources/${'a'.repeat(PATH_PARAMETER_LENGTH_MAX)} HTTP/1.1\r\n${head}`)).status, 400)
      assert.equal(problemIn(await exchange(`DELETE /v1/sources/${'a'.repeat(PATH_PARAMETER_LENGTH_MAX + 1)} HTTP/1.1\r\n${head}`)).status, 414)
    })

    it('for bytes that are no request, and for headers that are too large', async () => {
      assert.equal(problemIn(await exchange('\u0016\u0003\u0001 hello\r\n\r\n')).status, 400)
      assert.equal(problemIn(await exchange(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(HEADER_BYTES_MAX)}\r\n\r\n`)).status, 431)
      assert.equal(problemIn(await exchange('POST /v1/sources HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')).status, 400, 'two lengths (request smuggling)')
    })

    it('for an error inside: without a word of it, but in the log', () => {
      const logged: unknown[] = [], sent: any[] = []
      const reply: any = { header: () => reply, status: () => reply, type: () => reply, send: (problem: unknown) => { sent.push(problem) } }
      errorHandler({ error: (...line: unknown[]) => logged.push(line) } as any)(new Error('SELECT secret FROM parties'), { method: 'GET', routeOptions: { url: '/v1/parties' } } as any, reply)
      assert.deepEqual([sent[0].status, sent[0].code], [500, 'INTERNAL'])
      assert.ok(!JSON.stringify(sent).includes('secret') && JSON.stringify(logged).includes('secret'))
    })
  })

  it('answers no other site, keeps nothing in caches, and lets nobody frame or guess', async () => {
    for (const path of ['/livez', '/v1/parties', '/nothing']) {
      const { headers } = await fetch(`${running.http}${path}`, { headers: { origin: 'https://evil.example' } })
      assert.equal(headers.get('access-control-allow-origin'), null)
      assert.deepEqual(['cache-control', 'x-content-type-options', 'referrer-policy', 'cross-origin-resource-policy'].map(name => headers.get(name)), ['no-store', 'nosniff', 'no-referrer', 'same-origin'])
      assert.match(headers.get('content-security-policy')!, /default-src 'none'; frame-ancestors 'none'/)
    }
  })

  it('on loopback answers to names of this machine only (DNS rebinding), also when it is asked for a WebSocket', async () => {
    const ask = (host: string, more = '', path = '/livez') => exchange(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: ${more ? 'Upgrade' : 'close'}\r\n\r\n`)
    for (const host of ['localhost', 'localhost:8080', '127.0.0.1', '127.9.9.9:1', '[::1]:8080', 'LOCALHOST']) assert.match(await ask(host), /^HTTP\/1.1 200/, host)
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', '', '[::2]', 'a b']) assert.match(await ask(host), /^HTTP\/1.1 4\d\d/, host)
    const upgrade = `Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer ${owner.key}\r\n`
    const socket = await open()
    socket.write(`GET /streams/x/subscribe HTTP/1.1\r\nHost: evil.example\r\n${upgrade}Connection: Upgrade\r\n\r\n`)
    const [chunk] = await once(socket, 'data')
    assert.match(String(chunk), /^HTTP\/1.1 421/)
    socket.destroy()
  })

  it('answers in HTTP/1.1 whoever offers another protocol, and goes on', async () => {
    const socket = await open()
    for (const more of ['Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n', '']) {
      socket.write(`GET /livez HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`)
      const [chunk] = await once(socket, 'data')
      assert.match(String(chunk), /^HTTP\/1.1 200/)
    }
    socket.destroy()
  })

  it('tells plain HTTP at the address of a WebSocket to upgrade', async () => {
    const { status, headers, body } = await call(running.http, undefined, 'subscribe', { values: { streamId: 'a/b' } })
    assert.deepEqual([status, headers.get('upgrade'), body.code], [426, 'websocket', 'BAD_REQUEST'])
  })

  it('tells how it is, and gives metrics that name nobody', async () => {
    assert.deepEqual((await call(running.http, undefined, 'live')).body, { status: 'ok', reasons: [] })
    assert.deepEqual((await call(running.http, undefined, 'ready')).body, { status: 'ok', reasons: [] })
    const { body, headers } = await call<string>(running.http, undefined, 'metrics')
    const seconds = Number(/^process_cpu_seconds_total ([\d.e-]+)/m.exec(body)?.[1]), { user, system } = process.cpuUsage()
    assert.ok(seconds > 0.5 * (user + system) / 1e6, `${seconds} s of processor time`)
    assert.match(headers.get('content-type')!, /^text\/plain; version=0\.0\.4/)
    assert.match(body, /^sluice_envelopes_received_total 0$/m)
    assert.ok(!body.includes(owner.partyId))
    assert.equal((await call(running.http, undefined, 'description')).body.info.title, 'Sluice')
  })

  it('cuts off who is slow with headers, with a body, or silent altogether', async function () {
    this.timeout(REQUEST_MS_MAX + 10_000)
    const began = Date.now(), closedAfter = async (...bytes: readonly string[]) => { await exchange(...bytes); return Date.now() - began }
    const [silent, headers, body, newcomer] = await Promise.all([
      closedAfter(), closedAfter('GET /livez HTTP/1.1\r\nHost: local'),
      closedAfter(`POST /v1/sources HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${owner.key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`),
      fetch(`${running.http}/livez`).then(({ status }) => status),
    ])
    const slack = 2 * TIMEOUT_CHECK_MS + 1_000
    for (const ms of [silent, headers]) assert.ok(ms >= HEADERS_MS_MAX - 100 && ms <= HEADERS_MS_MAX + slack, `${ms} ms`)
    assert.ok(body >= REQUEST_MS_MAX - 100 && body <= REQUEST_MS_MAX + slack, `${body} ms`)
    assert.equal(newcomer, 200)
  })
})
