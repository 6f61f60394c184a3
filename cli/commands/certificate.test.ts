import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readCertificate } from '#gateway/mqtt/listeners/certificate-files.ts'
import { hasOpenssl } from '#test/support/certificates.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

/** Extended key usage of TLS clients (RFC 5280 §4.2.1.12). */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const trial = (dir: string, ...more: string[]) => ['certificate', 'trial', '--dir', dir, ...more]
const read = (file: string) => new X509Certificate(readFileSync(file))

describe('certificate trial', () => {
  before(function () { if (!hasOpenssl) { console.log('      skipped: openssl is not installed'); this.skip() } })

  it('makes what the settings of mqtts take, good for each name, and for three months', async () => {
    const dir = join(temporaryFolder(), 'new', 'one')
    const { certificateFile, keyFile, caFile, days, hosts } = await sluiceJson(trial(dir, '--name', 'gateway.example,127.0.0.1,::1', '--name', '*.home.example'))
    const [certificate, ca] = [read(certificateFile), read(caFile)]
    assert.deepEqual([days, hosts], [90, ['gateway.example', '127.0.0.1', '::1', '*.home.example']])
    assert.ok(readCertificate({ certificateFile, keyFile, clientCaFile: caFile }))
    assert.ok(certificate.checkIssued(ca) && certificate.verify(ca.publicKey) && ca.ca && !certificate.ca)
    assert.ok(certificate.checkHost('gateway.example') && certificate.checkHost('kitchen.home.example') && certificate.checkIP('127.0.0.1') && certificate.checkIP('::1'))
    assert.equal(certificate.checkHost('other.example'), undefined)
    assert.ok(Math.abs(certificate.validToDate.getTime() - Date.now() - 90 * 86_400_000) < 60_000)
    assert.deepEqual(readdirSync(dir).sort(), ['ca.key', 'ca.pem', 'server.key', 'server.pem'])
  })

  it('keeps keys from other accounts', async () => {
    const dir = temporaryFolder()
    await sluiceJson(trial(dir, '--name', 'localhost', '--device', 'kitchen'))
    for (const key of ['ca.key', 'server.key', 'kitchen.key']) assert.equal(statSync(join(dir, key)).mode & 0o777, 0o600, key)
  })

  it('makes certificates for devices too, which are not good for a server', async () => {
    const dir = temporaryFolder(), { devices, caFile } = await sluiceJson(trial(dir, '--name', 'localhost', '--device', 'kitchen,hub_2'))
    assert.deepEqual(devices, [join(dir, 'kitchen.pem'), join(dir, 'hub_2.pem')])
    const serials = new Set<string>()
    for (const file of devices) {
      const device = read(file)
      assert.deepEqual([device.verify(read(caFile).publicKey), device.keyUsage], [true, [CLIENT_AUTH]])
      serials.add(device.serialNumber)
    }
    assert.equal(serials.size, 2)
    assert.equal(read(devices[1] as string).subject, 'CN=hub_2')
  })

  it('leaves alone what is there', async () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'server.key'), 'mine')
    const { code, err } = await sluice(trial(dir, '--name', 'localhost', '--json'))
    assert.deepEqual([code, JSON.parse(err).error.code, readFileSync(join(dir, 'server.key'), 'utf8'), readdirSync(dir)], [1, 'CONFLICT', 'mine', ['server.key']])
  })

  it('takes for a name nothing else, least of all a line of configuration', async () => {
    const dir = join(temporaryFolder(), 'none')
    for (const more of [['--name', 'a b'], ['--name', 'a\n[server]'], ['--name', '-a'], ['--name', 'a.*'], ['--name', `${'a'.repeat(64)}.b`], ['--name', 'a', '--device', '../x'], ['--name', 'a', '--device', 'ca']]) {
      assert.match((await sluice(trial(dir, ...more, '--json'))).err, /"BAD_REQUEST"/, more.join(' '))
    }
    assert.equal((await sluice(trial(dir))).code, 2)
    assert.throws(() => readdirSync(dir))
  })

  it('says what to install where there is no openssl, and leaves nothing behind', async () => {
    const dir = temporaryFolder(), { PATH } = process.env
    process.env['PATH'] = dir
    try {
      assert.match((await sluice(trial(join(dir, 'x'), '--name', 'localhost'))).err, /openssl, which is not installed: `apt-get install openssl`/)
    } finally { process.env['PATH'] = PATH }
    assert.deepEqual(readdirSync(join(dir, 'x')), [])
  })

  it('leaves nothing behind where openssl fails', async () => {
    const bin = temporaryFolder(), dir = join(temporaryFolder(), 'x'), { PATH } = process.env
    mkdirSync(dir)
    writeFileSync(join(bin, 'openssl'), '#!/bin/sh\necho "no entropy" >&2\nexit 1\n')
    chmodSync(join(bin, 'openssl'), 0o755)
    process.env['PATH'] = `${bin}:${PATH}`
    try {
      assert.match((await sluice(trial(dir, '--name', 'localhost'))).err, /The certificates were not made: .*no entropy/s)
    } finally { process.env['PATH'] = PATH }
    assert.deepEqual(readdirSync(dir), [])
  })
})
