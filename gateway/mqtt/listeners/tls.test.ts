// TLS as it is offered: versions, client certificates, files that change, and crowds that never finish a handshake.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import mqtt from 'mqtt'
import { readCertificate } from '#gateway/mqtt/listeners/certificate-files.ts'
import { hasOpenssl, makeCertificates, type Certificates } from '#test/support/certificates.ts'
import { connectPacket, Edge, HOST, PASSWORD } from '#test/support/mqtt-edge.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const NO_OPENSSL = '      skipped: openssl is not installed'

describe('MQTT over TLS', () => {
  let mine: Certificates, others: Certificates, edge: Edge | undefined
  before(function () {
    if (!hasOpenssl) { console.log(NO_OPENSSL); this.skip() }
    mine = makeCertificates()
    others = makeCertificates()
  })
  afterEach(() => edge?.stop())

  const files = ({ certificate, key }: Certificates) => ({ certificateFile: certificate, keyFile: key })
  const open = async (tls: object = {}, options: ConstructorParameters<typeof Edge>[0] = {}) => {
    edge = await new Edge({ tls: { port: 0, ...files(mine), ...tls }, ...options }).start()
    return edge
  }
  const trusting = ({ ca }: Certificates, more: ConnectionOptions = {}): ConnectionOptions => ({ host: HOST, port: edge!.tlsPort, ca: readFileSync(ca), ...more })
  /** Resolves behind the handshake; rejects where it fails. */
  const shaken = async (options: ConnectionOptions): Promise<TLSSocket> => {
    const socket = connect(options)
    await once(socket, 'secureConnect')
    return socket
  }
  /** The CONNACK to a CONNECT that went through the handshake; throws where the server ended it. */
  const connack = async (options: ConnectionOptions): Promise<string> => {
    const socket = await shaken(options)
    socket.write(connectPacket('home'))
    const [answer] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => { throw new Error('closed') })]) as [Buffer]
    socket.destroy()
    return answer.toString('hex')
  }

  it('serves clients of others beside those that come without it', async () => {
    const { tlsPort } = await open()
    const secure = await mqtt.connectAsync(`mqtts://${HOST}:${tlsPort}`, { ca: readFileSync(mine.ca), username: 'home', password: PASSWORD, reconnectPeriod: 0 })
    const plain = await edge!.client('home', { clientId: 'plain' }), heard = new Promise<string>(resolve => plain.once('message', (_topic, payload) => resolve(payload.toString())))
    await plain.subscribeAsync('a')
    await secure.publishAsync('a', 'b', { qos: 2 })
    assert.equal(await heard, 'b')
    await secure.endAsync()
  })

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`speaks ${version}`, async () => {
      await open()
      const socket = await shaken(trusting(mine, { minVersion: version, maxVersion: version }))
      assert.equal(socket.getProtocol(), version)
      socket.destroy()
    })
  }

  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    it(`does not speak ${version}`, async () => {
      await open()
      await assert.rejects(shaken(trusting(mine, { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' })), /version|protocol/i)
    })
  }

  it('asks for a certificate where it is given authorities, and takes no other', async () => {
    await open({ clientCaFile: mine.ca })
    const own = { cert: readFileSync(mine.certificate), key: readFileSync(mine.key) }, foreign = { cert: readFileSync(others.certificate), key: readFileSync(others.key) }
    assert.equal(await connack(trusting(mine, own)), '20020000')
    await assert.rejects(connack(trusting(mine)))
    await assert.rejects(connack(trusting(mine, foreign)))
    assert.equal(edge!.connected.length, 1)
  })

  it('still wants the password of a source from whoever has a certificate', async () => {
    await open({ clientCaFile: mine.ca })
    const socket = await shaken(trusting(mine, { cert: readFileSync(mine.certificate), key: readFileSync(mine.key) }))
    socket.write(connectPacket('home', { password: Buffer.from('guess') }))
    await once(socket.resume(), 'close')
    assert.deepEqual(edge!.refused, ['bad-credentials'])
  })

  it('shows newcomers a certificate that has changed, and cuts nobody', async () => {
    const folder = temporaryFolder(), [certificateFile, keyFile] = [join(folder, 'c.pem'), join(folder, 'k.pem')], told: string[] = []
    const { promise: isReloaded, resolve } = Promise.withResolvers<void>()
    const note = (_fields: object, message: string) => { told.push(message); if (message === 'Read the changed certificate') resolve() }
    copyFileSync(mine.certificate, certificateFile)
    copyFileSync(mine.key, keyFile)
    await open({ certificateFile, keyFile, reloadMs: 50 }, { log: { debug() {}, info: note, error: note } })
    const before = await shaken(trusting(mine))
    before.write(connectPacket('home', { clientId: 'before' }))
    await once(before, 'data')
    copyFileSync(others.certificate, certificateFile)
    copyFileSync(others.key, keyFile)
    await isReloaded
    assert.equal(await connack(trusting(others)), '20020000')
    await assert.rejects(shaken(trusting(mine)), /certificate/)
    before.write(Buffer.from([0xc0, 0]))
    assert.equal((await once(before, 'data') as [Buffer])[0].toString('hex'), 'd000')
    before.destroy()
  })

  it('keeps the certificate that it has where the new one is none', async () => {
    const folder = temporaryFolder(), certificateFile = join(folder, 'c.pem'), { promise: said, resolve } = Promise.withResolvers<string>()
    copyFileSync(mine.certificate, certificateFile)
    await open({ certificateFile, reloadMs: 50 }, { log: { debug() {}, info() {}, error: fields => resolve(JSON.stringify(fields)) } })
    writeFileSync(certificateFile, 'half of it')
    assert.ok((await said).includes(certificateFile))
    assert.equal(await connack(trusting(mine)), '20020000')
  })

  it('listens nowhere where its port is taken', async () => {
    const { tlsPort, port } = await open()
    const other = new Edge({ tls: { port: tlsPort, ...files(mine) } })
    await assert.rejects(other.start(), { code: 'EADDRINUSE', port: tlsPort })
    await other.stop()
    assert.notEqual(port, tlsPort)
  })

  it('lets a newcomer in through a crowd that never finishes its handshake, and ends the crowd', async () => {
    await open({}, { limits: { newcomersMax: 20, connectDeadlineMs: 400 } })
    const crowd = Array.from({ length: 30 }, () => connectSocket(edge!.tlsPort, HOST).on('error', () => {}).resume())
    const areClosed = crowd.map(socket => once(socket, 'close'))
    await Promise.all(crowd.map(socket => once(socket, 'connect')))
    await Promise.all(areClosed.slice(0, 10)) // crowded out, as the oldest
    assert.equal(await connack(trusting(mine)), '20020000')
    await Promise.all(areClosed)
  })

  it('stops at once while handshakes are under way', async () => {
    await open()
    const half = connectSocket(edge!.tlsPort, HOST).on('error', () => {}).resume(), isClosed = once(half, 'close')
    await once(half, 'connect')
    const began = performance.now()
    await edge!.server.stop(0)
    await isClosed
    assert.ok(performance.now() - began < 2_000)
  })
})

describe('A certificate in files', () => {
  let right: Certificates, wrong: Certificates
  before(function () {
    if (!hasOpenssl) { console.log(NO_OPENSSL); this.skip() }
    right = makeCertificates()
    wrong = makeCertificates()
  })
  const text = (content: string) => { const file = join(temporaryFolder(), 'x.pem'); writeFileSync(file, content); return file }
  const faultOf = (certificateFile: string, keyFile: string, clientCaFile?: string) => { try { readCertificate({ certificateFile, keyFile, clientCaFile }); return '' } catch (error) { return (error as Error).message } }

  it('is read where all is well', () => { assert.equal(faultOf(right.certificate, right.key, right.ca), '') })

  it('names the file that is at fault, and what is wrong', () => {
    const damaged = text(readFileSync(right.certificate, 'utf8').replace(/^(.{64}\n.{64}\n).*\n/m, '$1')), nothing = text('')
    assert.ok(faultOf('/nowhere/c.pem', right.key).startsWith('The file /nowhere/c.pem cannot be read: ENOENT'))
    assert.equal(faultOf(right.key, right.key), `There is no certificate in ${right.key}: it has to be PEM`)
    assert.equal(faultOf(right.certificate, right.certificate), `There is no key in ${right.certificate}: it has to be PEM`)
    assert.equal(faultOf(nothing, right.key), `There is no certificate in ${nothing}: it has to be PEM`)
    assert.ok(faultOf(damaged, right.key).startsWith(`The certificate in ${damaged} cannot be used: `))
    assert.equal(faultOf(right.certificate, wrong.key), `The key in ${wrong.key} is not that of the certificate in ${right.certificate}`)
    assert.equal(faultOf(right.certificate, right.key, nothing), `There is no certificate in ${nothing}: it has to be PEM`)
  })
})
