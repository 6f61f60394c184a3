import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { Certificates, CERTIFICATES_PER_SOURCE_MAX } from '#gateway/devices/certificates.ts'
import { readDeviceCertificate, RSA_BITS_MIN, SUBJECT_CHARS_MAX } from '#gateway/devices/device-certificate.ts'
import { Sources } from '#gateway/devices/sources.ts'
import { fingerprintOf } from '#gateway/lib/fingerprint.ts'
import { openState } from '#gateway/state/database.ts'
import { makeCertificate, type Made, type Wish } from '#test/support/device-certificates.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const OWNER = 'own_a', OTHER = 'own_b'
const SECOND_MS = 1_000, DAY_MS = 86_400_000

describe('A device certificate', () => {
  const clock = new TurnedClock()
  const make = (name: string, wish: Wish = {}): Made => makeCertificate(name, { from: new Date(clock.now() - DAY_MS), until: new Date(clock.now() + DAY_MS), ...wish })
  const fault = (pem: string): string => {
    try { readDeviceCertificate(pem, clock.now()); return '' } catch (error) {
      assert.equal((error as { code?: string }).code, 'BAD_REQUEST')
      return (error as Error).message
    }
  }

  describe('is read', () => {
    it('as what it is, whatever words stand around it', () => {
      const { certificate } = make('kitchen'), x509 = new X509Certificate(certificate)
      const read = readDeviceCertificate(`Certificate:\n    Data:\n${certificate}\n`, clock.now())
      assert.deepEqual(read, { fingerprint: fingerprintOf(x509), subject: 'CN=kitchen', from: x509.validFromDate.getTime(), until: x509.validToDate.getTime() })
      assert.match(read.fingerprint, /^[0-9a-f]{64}$/)
    })

    it('with a subject that is no more than a line of text', () => {
      const { subject } = readDeviceCertificate(make(`a\u001b[2J\n${'x'.repeat(2 * SUBJECT_CHARS_MAX)}`).certificate, clock.now())
      assert.equal(subject.length, SUBJECT_CHARS_MAX)
      assert.doesNotMatch(subject, /\p{Cc}/u)
      assert.equal(readDeviceCertificate(make('', { subject: Buffer.from('3000', 'hex') }).certificate, clock.now()).subject, '')
    })

    it('where it is good only later, or has no end that anybody will see', () => {
      assert.equal(fault(make('later', { from: new Date(clock.now() + DAY_MS / 2) }).certificate), '')
      assert.equal(fault(make('always', { until: new Date('9999-12-31T23:59:59Z') }).certificate), '')
    })

    it('until the last second of its time', () => {
      const until = new Date(Math.ceil(clock.now() / SECOND_MS) * SECOND_MS), { certificate } = make('old', { until })
      assert.doesNotThrow(() => readDeviceCertificate(certificate, until.getTime()))
      assert.throws(() => readDeviceCertificate(certificate, until.getTime() + 1), /over since \d{4}-.*have a new one made/)
    })

    it('for a client, or for anything, and not for a server', () => {
      for (const use of [undefined, 2] as const) assert.equal(fault(make('device', { use }).certificate), '')
      assert.match(fault(make('server', { use: 1 }).certificate), /not for clients but for a server/)
    })

    it('with a key that proves something', () => {
      assert.equal(fault(make('long', { rsaBits: RSA_BITS_MIN }).certificate), '')
      assert.match(fault(make('short', { rsaBits: RSA_BITS_MIN / 2 }).certificate), /too short: RSA needs 2048 bits/)
    })
  })

  describe('is not taken for', () => {
    const { certificate, key } = make('kitchen')
    for (const [what, pem, expected] of [
      ['its key', key, /a private key in this: send the certificate only/],
      ['its key beside it', certificate + key, /a private key in this/],
      ['an old form of a key', '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n', /a private key in this/],
      ['a whole chain', certificate + make('ca').certificate, /There are 2 certificates in this: send that of the device only/],
      ['a request', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n', /a request for a certificate: have it signed/],
      ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /There is no certificate in this\. It has to be PEM/],
      ['nothing', '', /There is no certificate in this/],
      ['bytes', '0\u0082\u0001', /There is no certificate in this/],
      ['half of it', certificate.slice(0, certificate.length / 2), /cannot be read: it is damaged, or cut short/],
      ['one with a wrong byte', certificate.replace(/\n[A-Za-z0-9]{20}/, '\n!!!!!!!!!!!!!!!!!!!!'), /cannot be read/],
    ] as const) it(what, () => assert.match(fault(pem), expected))
  })

  describe('that is registered', () => {
    let folder: string, database: DatabaseSync, sources: Sources, certificates: Certificates
    const open = () => {
      database = openState(folder)
      sources = new Sources(database, clock)
      certificates = new Certificates(database, clock, sources)
    }
    const reopen = () => { database.close(); open() }
    beforeEach(() => {
      folder = temporaryFolder()
      open()
      for (const id of [OWNER, OTHER]) database.prepare("INSERT INTO parties VALUES (?, 'owner', 'x', 0)").run(id)
    })
    afterEach(() => database.close())
    const pair = (owner = OWNER) => sources.pair(owner, { name: 'home' }).source
    const printOf = ({ certificate }: Made) => fingerprintOf(new X509Certificate(certificate))

    it('is its source, and none that is not registered is, after a restart as well', () => {
      const home = pair(), barn = pair(), mine = make('kitchen'), next = make('barn')
      const added = certificates.add(OWNER, home.id, mine.certificate)
      certificates.add(OWNER, barn.id, next.certificate)
      for (const restart of [() => {}, reopen]) {
        restart()
        assert.equal(certificates.find(printOf(mine))?.source.id, home.id)
        assert.equal(certificates.find(printOf(next))?.source.id, barn.id)
        assert.deepEqual(certificates.list(home.id), [added])
        for (const stranger of [printOf(make('kitchen')), '', '__proto__', printOf(mine).toUpperCase()]) assert.equal(certificates.find(stranger), undefined)
      }
      const rows = JSON.stringify(database.prepare('SELECT * FROM source_certificates').all())
      assert.ok(rows.includes(added.fingerprint) && !rows.includes('BEGIN') && !rows.includes(mine.certificate.slice(100, 140)))
    })

    it('is good from its first to its last second only', () => {
      const { id } = pair(), now = clock.now(), [from, until] = [new Date(now + 10 * SECOND_MS), new Date(now + 20 * SECOND_MS)], made = make('brief', { from, until })
      const { fingerprint, from: first, until: last } = certificates.add(OWNER, id, made.certificate)
      const turnTo = (time: number) => clock.turn(time - clock.now()), isGoodAt = (time: number) => { turnTo(time); return certificates.find(fingerprint) !== undefined }
      assert.deepEqual([first - 1, first, last, last + 1].map(isGoodAt), [false, true, true, false])
      turnTo(last)
      assert.equal(certificates.find(fingerprint)?.until, last)
      turnTo(now)
    })

    it('gives nothing while its source is suspended, and no more when it is removed', () => {
      const { id } = pair(), { fingerprint } = certificates.add(OWNER, id, make('kitchen').certificate)
      sources.suspend(OWNER, id)
      assert.equal(certificates.find(fingerprint), undefined)
      sources.resume(OWNER, id)
      assert.ok(certificates.find(fingerprint))
      sources.rotate(OWNER, id)
      assert.ok(certificates.find(fingerprint), 'a new password leaves it in place')
      sources.remove(OWNER, id)
      assert.equal(certificates.find(fingerprint), undefined)
    })

    it('is free for another source when its own was removed, even where the gateway was killed in between', () => {
      const made = make('kitchen'), first = pair(), second = pair(), third = pair()
      certificates.add(OWNER, first.id, made.certificate)
      sources.remove(OWNER, first.id)
      certificates.forget(first.id)
      certificates.add(OWNER, second.id, made.certificate)
      sources.remove(OWNER, second.id)
      reopen()
      certificates.add(OWNER, third.id, made.certificate)
      reopen()
      assert.equal(certificates.find(printOf(made))?.source.id, third.id)
    })

    it('is one source’s only, and who has it is told to nobody else', () => {
      const home = pair(), barn = pair(), theirs = pair(OTHER), made = make('kitchen')
      certificates.add(OWNER, home.id, made.certificate)
      const conflict = (owner: string, source: string): string => {
        try { certificates.add(owner, source, made.certificate) } catch (error) {
          assert.equal((error as { code?: string }).code, 'CONFLICT')
          return (error as Error).message
        }
        return assert.fail('it was taken twice')
      }
      assert.match(conflict(OWNER, home.id), /for this source already/)
      assert.match(conflict(OWNER, barn.id), new RegExp(`for ${home.id}: remove it there first`))
      const told = conflict(OTHER, theirs.id)
      assert.match(told, /registered already, elsewhere: make a key/)
      for (const secret of [home.id, OWNER, 'home', 'kitchen']) assert.ok(!told.includes(secret), secret)
      assert.deepEqual([certificates.find(printOf(made))?.source.id, certificates.list(theirs.id)], [home.id, []])
    })

    it('is its owner’s to add and to remove', () => {
      const { id } = pair(), next = pair(), made = make('kitchen'), { fingerprint } = certificates.add(OWNER, id, made.certificate)
      for (const attempt of [
        () => certificates.add(OTHER, id, make('x').certificate), () => certificates.add(OTHER, 'src_unknown', make('x').certificate), () => certificates.remove(OTHER, id, fingerprint),
        () => certificates.remove(OWNER, next.id, fingerprint), () => certificates.remove(OWNER, id, '0'.repeat(64)), () => certificates.remove(OWNER, 'src_unknown', fingerprint),
      ]) assert.throws(attempt, { code: 'NOT_FOUND' })
      assert.ok(certificates.find(fingerprint))
    })

    it('gives nothing once it is removed, and that is told', () => {
      const { id } = pair(), cut: string[] = [], [old, fresh] = [make('old'), make('new')].map(({ certificate }) => certificates.add(OWNER, id, certificate))
      certificates.onCut = ({ sourceId, fingerprint }) => cut.push(`${sourceId} ${fingerprint}`)
      certificates.remove(OWNER, id, old!.fingerprint)
      for (const restart of [() => {}, reopen]) {
        restart()
        assert.deepEqual([certificates.find(old!.fingerprint), certificates.list(id)], [undefined, [fresh]])
      }
      assert.deepEqual(cut, [`${id} ${old!.fingerprint}`])
      assert.throws(() => certificates.remove(OWNER, id, old!.fingerprint), { code: 'NOT_FOUND' })
    })

    it('is one of so many of its source at most', () => {
      const { id } = pair(), next = pair()
      const added = Array.from({ length: CERTIFICATES_PER_SOURCE_MAX }, (_, k) => certificates.add(OWNER, id, make(`d${k}`).certificate))
      const more = make('more').certificate
      assert.throws(() => certificates.add(OWNER, id, more), { code: 'LIMIT_REACHED' })
      assert.ok(certificates.add(OWNER, next.id, make('of another source').certificate))
      certificates.remove(OWNER, id, added[0]!.fingerprint)
      assert.ok(certificates.add(OWNER, id, more))
    })
  })
})
