// A certificate in the place of a password, over real TLS: whose it is, what may stand beside it, and when it is over.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { fingerprintOf } from '#gateway/lib/fingerprint.ts'
import type { Certified } from '#gateway/mqtt/server.ts'
import type { TlsOptions } from '#gateway/mqtt/listeners/tls.ts'
import { filesOf, makeCertificate, type Made } from '#test/support/device-certificates.ts'
import { connectPacket, Edge, HOST, PASSWORD, type ConnectFields } from '#test/support/mqtt-edge.ts'

const ACCEPTED = '20020000', BAD_CREDENTIALS = '20020004', NOT_AUTHORIZED = '20020005'
/** OpenSSL's (SSL_CTX_set_max_cert_list). */
const CHAIN_BYTES_MAX = 100 * 1_024
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

describe('A device certificate over TLS', () => {
  const gateway = makeCertificate('gateway'), kitchen = makeCertificate('kitchen'), garage = makeCertificate('garage'), stranger = makeCertificate('kitchen')
  const authority = makeCertificate('authority', { isAuthority: true }), vouched = makeCertificate('vouched', { by: authority })
  const printOf = ({ certificate }: Made) => fingerprintOf(new X509Certificate(certificate))
  const known = new Map<string, Certified>()
  let edge: Edge, files: { certificateFile: string, keyFile: string }
  beforeEach(() => {
    known.clear()
    for (const made of [kitchen, garage, vouched]) known.set(printOf(made), { sourceId: `home-${made.name}`, username: `home-${made.name}`, until: Infinity })
    files = filesOf(gateway)
  })
  afterEach(() => edge.stop())

  const open = async (tls: Partial<TlsOptions> = {}, options: ConstructorParameters<typeof Edge>[0] = {}) => {
    const authenticate = (username: string, password: Uint8Array) => Buffer.from(password).toString() === PASSWORD ? { sourceId: username } : undefined
    edge = await new Edge({ tls: { port: 0, ...files, ...tls }, credentials: { authenticate, certified: print => known.get(print) }, ...options }).start()
  }
  const asItself = ({ certificate, key }: Made): ConnectionOptions => ({ cert: certificate, key })
  /** Without a name and a password, unless they are given. */
  const packet = (fields: Partial<ConnectFields> = {}) => connectPacket('', { username: undefined, password: undefined, ...fields })
  /** Behind a handshake, of which it keeps the session. */
  const shaken = async (options: ConnectionOptions): Promise<{ socket: TLSSocket, session: () => Buffer }> => {
    const socket = connect({ host: HOST, port: edge.tlsPort, ca: gateway.certificate, checkServerIdentity: () => undefined, ...options })
    let session: Buffer | undefined
    socket.on('session', (fresh: Buffer) => { session = fresh })
    await once(socket, 'secureConnect')
    return { socket, session: () => session ?? socket.getSession()! }
  }

  interface Answer { readonly text: string, readonly isResumed: boolean, readonly session: Buffer }
  /** What is answered to a CONNECT; `closed` where nothing is. */
  const answer = async (options: ConnectionOptions, fields: Partial<ConnectFields> = {}): Promise<Answer> => {
    const { socket, session } = await shaken(options)
    const closed = once(socket.on('error', () => {}), 'close')
    socket.write(packet(fields))
    const text = await Promise.race([once(socket, 'data').then(([bytes]) => (bytes as Buffer).toString('hex')), closed.then(() => 'closed')])
    const result = { text, isResumed: socket.isSessionReused(), session: session() }
    socket.destroy()
    return result
  }
  const says = async (options: ConnectionOptions, fields: Partial<ConnectFields> = {}) => (await answer(options, fields)).text

  for (const version of VERSIONS) {
    const spoken = { minVersion: version, maxVersion: version }

    it(`(${version}) is its source, without a name or a password`, async () => {
      await open()
      for (const made of [kitchen, garage]) assert.equal(await says({ ...asItself(made), ...spoken }), ACCEPTED)
      assert.deepEqual(edge.connected.map(({ sourceId }) => sourceId), ['home-kitchen', 'home-garage'])
    })

    it(`(${version}) gives nothing where nobody registered it, whatever name stands in it`, async () => {
      await open()
      assert.deepEqual([await says({ ...asItself(stranger), ...spoken }), await says(spoken)], [NOT_AUTHORIZED, NOT_AUTHORIZED])
      assert.equal(await says({ ...asItself(stranger), ...spoken }, { username: 'home-kitchen' }), BAD_CREDENTIALS)
      assert.deepEqual(edge.connected, [])
    })

    it(`(${version}) is neither lost nor taken over in a session that is resumed`, async () => {
      await open()
      const { session } = await answer({ ...asItself(kitchen), ...spoken }), again = { ...spoken, session }
      for (const options of [{ ...asItself(kitchen), ...again }, again, { ...asItself(garage), ...again }]) {
        const { text, isResumed } = await answer(options)
        assert.deepEqual([text, isResumed], [ACCEPTED, true])
      }
      const { session: anonymous } = await answer(spoken)
      const { text, isResumed } = await answer({ ...spoken, ...asItself(kitchen), session: anonymous })
      assert.deepEqual([text, isResumed], [NOT_AUTHORIZED, true], 'a session that began without one stays so')
      assert.deepEqual(edge.connected.map(({ sourceId }) => sourceId), Array.from({ length: 4 }, () => 'home-kitchen'))
    })

    it(`(${version}) that was removed is none in a session that is resumed either`, async () => {
      await open()
      const { session } = await answer({ ...asItself(kitchen), ...spoken })
      known.delete(printOf(kitchen))
      const { text, isResumed } = await answer({ ...asItself(kitchen), ...spoken, session })
      assert.deepEqual([text, isResumed], [NOT_AUTHORIZED, true])
    })

    it(`(${version}) has to be shown anew when the authorities have changed`, async () => {
      const other = filesOf(makeCertificate('other', { isAuthority: true })).certificateFile, { certificateFile: clientCaFile } = filesOf(authority)
      const { promise: isReloaded, resolve } = Promise.withResolvers<void>()
      const info = (_fields: object, message: string) => { if (message.startsWith('Read')) resolve() }
      await open({ clientCaFile, reloadMs: 50 }, { log: { debug() {}, error() {}, info } })
      const { session, text } = await answer({ ...asItself(vouched), ...spoken })
      copyFileSync(other, clientCaFile)
      await isReloaded
      const after = await says({ ...asItself(vouched), ...spoken, session }).catch(() => 'closed')
      assert.deepEqual([text, after, edge.connected.length], [ACCEPTED, 'closed', 1])
    })
  }

  for (const [what, fields, expected] of [
    ['its source’s name', { username: 'home-kitchen' }, ACCEPTED],
    ['its source’s name and password', { username: 'home-kitchen', password: Buffer.from(PASSWORD) }, ACCEPTED],
    ['another’s name', { username: 'home-garage' }, BAD_CREDENTIALS],
    ['another’s name and its password', { username: 'home-garage', password: Buffer.from(PASSWORD) }, BAD_CREDENTIALS],
    ['an empty name', { username: '' }, BAD_CREDENTIALS],
    ['a wrong password', { username: 'home-kitchen', password: Buffer.from('guess') }, BAD_CREDENTIALS],
    ['an empty password', { username: 'home-kitchen', password: Buffer.alloc(0) }, BAD_CREDENTIALS],
  ] as const) {
    it(`beside ${what} is ${expected === ACCEPTED ? 'let in' : 'refused'}`, async () => {
      await open()
      assert.equal(await says(asItself(kitchen), fields), expected)
      assert.deepEqual(edge.connected.map(({ sourceId }) => sourceId), expected === ACCEPTED ? ['home-kitchen'] : [])
    })
  }

  it('of nobody leaves the password as good as it was', async () => {
    await open()
    assert.equal(await says(asItself(stranger), { username: 'home', password: Buffer.from(PASSWORD) }), ACCEPTED)
  })

  it('is not asked for where that is said', async () => {
    await open({ clientCertificates: 'none' })
    assert.equal(await says(asItself(kitchen)), NOT_AUTHORIZED)
    const contradiction = { port: 0, ...files, clientCertificates: 'none', clientCaFile: files.certificateFile } as const
    assert.throws(() => new Edge({ tls: contradiction }), /authorities for certificates of clients.*none are asked for/)
  })

  it('where it is required is one that is registered, or there is no CONNECT', async () => {
    await open({ clientCertificates: 'required' })
    const credentials = { username: 'home', password: Buffer.from(PASSWORD) }
    assert.deepEqual([await says({}, credentials), await says(asItself(stranger), credentials), await says(asItself(kitchen))], ['closed', 'closed', ACCEPTED])
    assert.equal(edge.refused.length, 0)
  })

  it('comes of the authority where there is one, or there is no CONNECT, and is still not its source unless it is registered', async () => {
    await open({ clientCertificates: 'optional', clientCaFile: filesOf(authority).certificateFile })
    const credentials = { username: 'home', password: Buffer.from(PASSWORD) }, other = makeCertificate('other', { by: authority })
    assert.deepEqual([await says({}, credentials), await says(asItself(vouched)), await says(asItself(kitchen), credentials)], [ACCEPTED, ACCEPTED, 'closed'])
    assert.deepEqual([await says(asItself(other)), await says(asItself(other), credentials)], [NOT_AUTHORIZED, ACCEPTED])
    assert.deepEqual(edge.connected.map(({ sourceId }) => sourceId), ['home', 'home-vouched', 'home'])
  })

  it('is over for whoever is connected by it when it ends, and their will stays unsaid', async () => {
    known.set(printOf(kitchen), { ...known.get(printOf(kitchen))!, until: Date.now() + 400 })
    await open()
    const [brief, lasting] = [await shaken(asItself(kitchen)), await shaken(asItself(garage))], closed = once(brief.socket.resume(), 'close')
    brief.socket.write(packet({ will: { topic: 'gone', payload: Buffer.from('1'), qos: 0, retain: false } }))
    lasting.socket.write(packet())
    await edge.until(() => edge.connected.length === 2)
    await closed
    assert.deepEqual([edge.disconnected, edge.taken, edge.server.connectionCount], [['suspended'], [], 1])
    lasting.socket.destroy()
  })

  it('that is taken away cuts those that came by it, and nobody else of their source', async () => {
    await open()
    const twin = makeCertificate('twin')
    known.set(printOf(twin), known.get(printOf(kitchen))!)
    const [first, second] = [await shaken(asItself(kitchen)), await shaken(asItself(twin))], closed = once(first.socket.resume(), 'close')
    first.socket.write(packet({ clientId: 'first' }))
    second.socket.write(packet({ clientId: 'second' }))
    await edge.until(() => edge.connected.length === 2)
    await edge.client('home-kitchen', { clientId: 'by password' })
    edge.server.disconnect('home-kitchen', printOf(kitchen))
    await closed
    assert.deepEqual([edge.disconnected, edge.server.connectionCount], [['suspended'], 2])
    second.socket.destroy()
  })

  it('comes with no more than a chain of a certain length behind it, and the gateway goes on', async () => {
    await open()
    const chained = (bytes: number) => {
      const between = makeCertificate('x'.repeat(10_000)).certificate, count = Math.floor(bytes / Buffer.from(between.replace(/-----.*-----/g, ''), 'base64').length)
      return { cert: kitchen.certificate + between.repeat(count), key: kitchen.key }
    }
    assert.equal(await says(chained(CHAIN_BYTES_MAX)), ACCEPTED)
    await assert.rejects(async () => assert.notEqual(await says(chained(CHAIN_BYTES_MAX * 2)), 'closed'))
    assert.equal(await says(asItself(garage)), ACCEPTED)
  })

  it('cannot be changed for another in the middle', async () => {
    await open()
    const { socket } = await shaken({ ...asItself(kitchen), maxVersion: 'TLSv1.2' })
    const refusal = new Promise<Error>(resolve => socket.renegotiate({}, error => resolve(error!)))
    const failed = once(socket, 'error').then(([error]) => error as Error)
    assert.match(String(await Promise.race([refusal, failed])), /renegotiation/i)
    socket.destroy()
  })
})
