import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { DatabaseSync as Sqlite } from 'node:sqlite'
import { ConsentChain } from '#gateway/consent/chain.ts'
import { ConsentEvents } from '#gateway/consent/events.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { publicKeyOf } from '#gateway/proof/public-keys.ts'
import { openState, STATE_FILE } from '#gateway/state/database.ts'
import { MIGRATIONS } from '#gateway/state/migrations.ts'
import { openConsents, TEST_KEY } from '#test/support/consents.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const TERMS = { ownerId: 'own_a', streamId: 's1', recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] }
const broken = (why: RegExp) => ({ code: 'UNAVAILABLE', message: why })
/** The schema before events were signed. */
const UNSIGNED_VERSION = 8

describe('The signatures of consent events', () => {
  let directory: string, database: DatabaseSync
  const clock = new TurnedClock()
  const chain = () => new ConsentChain(database), load = () => { const read = chain(); read.load(() => {}); return read }
  const rows = () => database.prepare('SELECT seq, hash, kid, signature FROM consent_events ORDER BY seq').all() as { seq: number, hash: Uint8Array, kid: string, signature: Uint8Array }[]
  const grant = (key = TEST_KEY) => openConsents(database, clock, undefined, { key }).grant(TERMS).grant
  beforeEach(() => {
    directory = temporaryFolder()
    database = openState(directory)
    database.exec('PRAGMA synchronous = OFF')
    for (let n = 0; n < 3; n++) grant()
  })
  afterEach(() => database.close())

  it('are over the place in the chain, and checked by the public key alone', () => {
    for (const { seq, hash, kid, signature } of rows()) {
      const text = `sluice/consent-events/v1\n${kid}\n${seq}\n${Buffer.from(hash).toString('hex')}\n`
      assert.ok(verify(null, Buffer.from(text), publicKeyOf(TEST_KEY.jwk.x), signature))
    }
    assert.equal(load().verify(), 3)
  })

  it('are found wrong with one byte flipped, whichever; the newest at the start', () => {
    for (const { seq, signature } of rows()) {
      for (let n = 0; n < signature.length; n += 7) {
        const flipped = Uint8Array.from(signature, (byte, k) => k === n ? byte ^ 1 : byte), set = database.prepare('UPDATE consent_events SET signature = ? WHERE seq = ?')
        set.run(flipped, seq)
        assert.throws(() => chain().verify(), broken(new RegExp(`event ${seq}: its signature`)))
        if (seq === 3) assert.throws(load, broken(/event 3: its signature/))
        set.run(signature, seq)
      }
    }
  })

  it('are missed where they are gone, one or all', () => {
    database.exec('UPDATE consent_events SET signature = NULL WHERE seq = 2')
    assert.throws(load, broken(/event 2: it is not signed/))
    database.exec('UPDATE consent_events SET signature = NULL, kid = NULL')
    assert.throws(load, broken(/event 1: it is not signed/))
  })

  it('find a chain that somebody without the key has written anew from an event on', () => {
    const sha = (...parts: (Uint8Array | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
    const [first] = rows(), all = database.prepare('SELECT seq, payload, owner_id FROM consent_payloads ORDER BY seq').all() as { seq: number, payload: string }[]
    let last = Buffer.from(first!.hash)
    for (const { seq, payload } of all.slice(1)) {
      const salt = randomBytes(16), changed = payload.replace('temperature', 'relativeHumidity'), payloadHash = sha(salt, changed)
      last = sha(last, payloadHash)
      database.prepare('UPDATE consent_events SET payload_hash = ?, hash = ? WHERE seq = ?').run(payloadHash, last, seq)
      database.prepare('UPDATE consent_payloads SET salt = ?, payload = ? WHERE seq = ?').run(salt, changed, seq)
    }
    assert.throws(load, broken(/event 3: its signature/))
  })

  it('stay good under another key, and when an owner was erased', () => {
    const other = new SigningKey(generateKeyPairSync('ed25519').privateKey)
    grant(other)
    database.exec("DELETE FROM consent_payloads WHERE owner_id = 'own_a'")
    assert.equal(load().verify(), 4)
    assert.deepEqual(rows().map(({ kid }) => kid), [TEST_KEY.kid, TEST_KEY.kid, TEST_KEY.kid, other.kid])
  })

  it('are refused by a key that this gateway never had', () => {
    const stranger = new SigningKey(generateKeyPairSync('ed25519').privateKey), { hash } = rows()[2]!
    const signature = Buffer.from(stranger.sign(`sluice/consent-events/v1\n${stranger.kid}\n3\n${Buffer.from(hash).toString('hex')}\n`), 'base64')
    database.prepare('UPDATE consent_events SET kid = ?, signature = ? WHERE seq = 3').run(stranger.kid, signature)
    assert.throws(load, broken(/event 3: its signature/))
  })

  it('have no consent without a notice under them', () => {
    const events = new ConsentEvents(database, TEST_KEY)
    events.load(() => {})
    assert.throws(() => events.append({ type: 'given', consentId: 'grant_x', at: 1, ...TERMS }), { code: 'BAD_REQUEST', message: /without a notice/ })
    assert.equal(events.verify(), 3)
  })
})

describe('A chain from before signatures', () => {
  /** As a Sluice of that time wrote it. */
  const write = (directory: string) => {
    const database = new Sqlite(join(directory, STATE_FILE)), sha = (...parts: (Uint8Array | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
    for (const step of MIGRATIONS.slice(0, UNSIGNED_VERSION)) database.exec(step)
    database.exec(`PRAGMA user_version = ${UNSIGNED_VERSION}`)
    const given = (n: number) => ({ type: 'given', consentId: `grant_${n}`, ownerId: 'own_a', at: n, streamId: 's1', recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['temperature'], ...(n === 2 && { until: 50 }) })
    const events = [given(1), given(2), { type: 'withdrawn', consentId: 'grant_1', ownerId: 'own_a', at: 3 }]
    let hash: Buffer = Buffer.alloc(32)
    events.forEach((event, n) => {
      const salt = randomBytes(16), payload = JSON.stringify(event), payloadHash = sha(salt, payload)
      hash = sha(hash, payloadHash)
      database.prepare('INSERT INTO consent_events VALUES (?, ?, ?, ?)').run(n + 1, event.consentId, payloadHash, hash)
      database.prepare('INSERT INTO consent_payloads VALUES (?, ?, ?, ?)').run(n + 1, 'own_a', salt, payload)
    })
    database.close()
  }

  it('is taken over as it is, and goes on signed', () => {
    const directory = temporaryFolder(), clock = new TurnedClock()
    write(directory)
    const database = openState(directory), consents = openConsents(database, clock)
    assert.deepEqual(consents.list('own_a').map(({ id, withdrawnAt, notice }) => [id, withdrawnAt, notice]), [['grant_1', 3, undefined], ['grant_2', undefined, undefined]])
    assert.deepEqual([consents.expire(), consents.grant(TERMS).receipt.sequence, consents.verify()], [1, 5, 5])
    assert.equal(openConsents(database, clock).verify(), 5)
    database.exec('UPDATE consent_events SET signature = NULL, kid = NULL')
    assert.throws(() => openConsents(database, clock), broken(/event 4: it is not signed/))
    database.close()
  })
})
