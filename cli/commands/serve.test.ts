// serve as a process: what its ready line tells of each listener, and how it ends where it cannot start.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectAsync } from 'mqtt'
import { hasOpenssl, makeCertificates } from '#test/support/certificates.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const SLUICE = join(import.meta.dirname, '..', '..', 'bin', 'sluice.js')

/** The ready line, or the error that it ended with. */
async function serve(data: string, environment: Readonly<Record<string, string>> = {}, ...more: string[]) {
  const options = ['--data', data, ...more.includes('--mqtt-port') ? [] : ['--mqtt-port', '0'], '--http-port', '0', '--json', ...more]
  const child = spawn(process.execPath, [SLUICE, 'serve', ...options], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SLUICE_LOG_LEVEL: 'silent', ...environment } })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => { complaint += chunk.toString() })
  const ended = once(child, 'close') as Promise<[number | null]>
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended.then(() => undefined)])
  const stop = async () => { child.kill('SIGTERM'); return (await ended)[0] }
  return line ? { ready: JSON.parse(String(line[0])), stop } : { ready: undefined, code: (await ended)[0], error: JSON.parse(complaint).error, stop }
}

describe('serve', () => {
  it('names the port for devices where it is taken, and ends, though another port is open by then', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo, { code, error } = await serve(temporaryFolder(), {}, '--mqtt-port', String(port))
    taken.close()
    assert.deepEqual([code, error.code], [1, 'UNAVAILABLE'])
    assert.match(error.message, new RegExp(`^Port ${port} is taken: .*--mqtt-port`))
  })

  it('opens a plain broker for protocol suites where it is told to, which knows nothing of the gateway', async () => {
    const { ready, stop } = await serve(temporaryFolder(), {}, '--conformance-port', '0')
    assert.equal(new URL(ready.conformance).hostname, '127.0.0.1')
    const options = { reconnectPeriod: 0, protocolVersion: 5 } as const
    const [one, other] = await Promise.all([connectAsync(ready.conformance, options), connectAsync(ready.conformance, { ...options, username: 'anybody' })])
    const heard = new Promise<string>(resolve => other.once('message', (topic, payload) => resolve(`${topic} ${payload.toString()}`)))
    await other.subscribeAsync('a/#')
    await assert.rejects(other.subscribeAsync('test/nosubscribe'), /Unspecified error/i)
    await one.publishAsync('a/b', 'c', { qos: 2 })
    assert.equal(await heard, 'a/b c')
    await assert.rejects(connectAsync(ready.mqtt, options), /Not authorized/i)
    const metrics = await (await fetch(`${ready.http}/metrics`, { headers: { authorization: `Bearer ${ready.operatorKey}` } })).text()
    assert.match(metrics, /^sluice_envelopes_received_total 0$/m)
    await Promise.all([one.endAsync(), other.endAsync()])
    assert.equal(await stop(), 0)
  })

  it('opens none by itself, and none beside the data of people', async () => {
    const running = await Running.start()
    await running.party('owner')
    await running.stop()
    const refused = await serve(running.data, {}, '--conformance-port', '0')
    assert.deepEqual([refused.code, refused.error?.code], [1, 'CONFLICT'])
    assert.ok(refused.error.message.includes(running.data))
    const { ready, stop } = await serve(running.data)
    assert.deepEqual([ready.ready, ready.conformance, ready.mqtts], [true, undefined, undefined])
    assert.equal(await stop(), 0)
  })

  it('names the file of a certificate that it cannot use, and ends', async () => {
    const { code, error } = await serve(temporaryFolder(), { SLUICE_MQTTS_CERTIFICATE_FILE: '/nowhere/server.pem', SLUICE_MQTTS_KEY_FILE: '/nowhere/server.key' })
    assert.deepEqual([code, error.code], [1, 'BAD_REQUEST'])
    assert.match(error.message, /^The file \/nowhere\/server\.pem cannot be read: ENOENT.* Correct the settings of mqtts.*sluice certificate trial/)
  })

  it('names the port of TLS where it is taken, and ends', async function () {
    if (!hasOpenssl) { console.log('      skipped: openssl is not installed'); this.skip() }
    const { certificate, key } = makeCertificates(), taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { code, error } = await serve(temporaryFolder(), { SLUICE_MQTTS_CERTIFICATE_FILE: certificate, SLUICE_MQTTS_KEY_FILE: key, SLUICE_MQTTS_PORT: String(port) })
    taken.close()
    assert.deepEqual([code, error.code], [1, 'UNAVAILABLE'])
    assert.match(error.message, new RegExp(`^Port ${port} is taken: .*mqtts\\.port`))
  })
})
