import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { OPERATOR_KEY_FILE, writeOperatorKey } from '#gateway/parties/operator-key.ts'
import { KEY_CHARS_MAX, NAME_CHARS_MAX, PARTIES_MAX, Parties } from '#gateway/parties/parties.ts'
import { addressOf } from '#gateway/parties/publisher-key.ts'
import { MASTER_KEY_FILE, Vault } from '#gateway/parties/vault.ts'
import { openState } from '#gateway/state/database.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

describe('Parties', () => {
  let directory: string, database: DatabaseSync, clock: TurnedClock, parties: Parties
  const load = () => new Parties(database, clock, new Vault(directory))
  const reopen = () => {
    database.close()
    database = openState(directory)
    return parties = load()
  }
  beforeEach(() => {
    directory = temporaryFolder()
    database = openState(directory)
    clock = new TurnedClock()
    parties = load()
  })
  afterEach(() => database.close())

  it('are known by their keys, each by its own, also after a restart', () => {
    const made = (['owner', 'owner', 'subscriber', 'operator'] as const).map((role, n) => parties.add({ role, name: `Party ${n}` }))
    for (const known of [parties, reopen()]) {
      for (const { party, key } of made) assert.deepEqual(known.authenticate(key), party)
      assert.deepEqual(known.list(), made.map(({ party }) => party))
      assert.deepEqual(known.get(made[2]!.party.id), made[2]!.party)
    }
    assert.deepEqual(made.map(({ party }) => party.id.replace(/_[a-z2-7]{26}$/, '')), ['own', 'own', 'sub', 'op'])
  })

  it('have an address when they are owners, of a key that lies sealed in the database', () => {
    const { party } = parties.add({ role: 'owner', name: 'Home' }), { party: other } = parties.add({ role: 'subscriber', name: 'City' })
    const { sealed } = database.prepare('SELECT sealed FROM publisher_keys WHERE party_id = ?').get(party.id) as { sealed: Uint8Array }
    const secretKey = new Vault(directory).open(sealed)
    assert.equal(addressOf(secretKey), party.address)
    assert.ok(!Buffer.from(sealed).includes(secretKey))
    assert.equal('address' in other, false)
  })

  it('keep nothing in the database from which a key could be told', () => {
    const { key } = parties.add({ role: 'owner', name: 'Home' })
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    for (const name of readdirSync(directory)) assert.ok(!readFileSync(join(directory, name)).includes(key), name)
  })

  it('are nobody by a key that never was, or is longer than any', () => {
    const { key } = parties.add({ role: 'owner', name: 'Home' })
    const wrong = [
      '', key.slice(1), `${key}x`, key.toLowerCase(), ' '.repeat(KEY_CHARS_MAX), 'x'.repeat(KEY_CHARS_MAX + 1), 'x'.repeat(1 << 20),
    ]
    for (const guess of wrong) assert.equal(parties.authenticate(guess), undefined)
  })

  it('are known by the newest key only once it was rotated', () => {
    const { party, key } = parties.add({ role: 'owner', name: 'Home' })
    const { party: other, key: otherKey } = parties.add({ role: 'owner', name: 'Neighbour' })
    const second = parties.rotateKey(party.id), third = parties.rotateKey(party.id)
    for (const known of [parties, reopen()]) {
      assert.deepEqual([key, second, third].map(one => known.authenticate(one)?.id), [undefined, undefined, party.id])
      assert.equal(known.authenticate(otherKey)?.id, other.id, 'the neighbour keeps theirs')
    }
  })

  it('are known by no key once they were revoked, and stay', () => {
    const { party, key } = parties.add({ role: 'subscriber', name: 'City' })
    parties.revokeKeys(party.id)
    for (const known of [parties, reopen()]) {
      assert.equal(known.authenticate(key), undefined)
      assert.deepEqual(known.get(party.id), party)
    }
    assert.equal(parties.authenticate(parties.rotateKey(party.id))?.id, party.id)
  })

  it('that never were have no keys to change', () => {
    assert.throws(() => parties.rotateKey('own_x'), { code: 'NOT_FOUND' })
    assert.throws(() => parties.revokeKeys('own_x'), { code: 'NOT_FOUND' })
  })

  it('have an operator from the first start on, whose key is told then only', () => {
    const key = parties.ensureOperator()!.key
    assert.equal(parties.authenticate(key)?.role, 'operator')
    assert.equal(parties.ensureOperator(), undefined)
    assert.equal(reopen().ensureOperator(), undefined)
    assert.equal(parties.list().length, 1)
  })

  it('have an operator who gets a new key, lost or revoked as the old one may be', () => {
    const lost = parties.ensureOperator()!.key, operator = parties.authenticate(lost)!
    const { key: second } = parties.add({ role: 'operator', name: 'Deputy' })
    parties.revokeKeys(operator.id)
    const reset = parties.resetOperator()
    assert.deepEqual([lost, reset].map(key => parties.authenticate(key)?.id), [undefined, operator.id])
    assert.equal(parties.authenticate(second)?.name, 'Deputy', 'other operators keep theirs')
    assert.equal(parties.list().length, 2)
  })

  it('get an operator by a reset even where there was none', () => {
    assert.equal(parties.authenticate(parties.resetOperator())?.role, 'operator')
  })

  it('have names of at most so many characters, without control characters', () => {
    assert.equal(parties.add({ role: 'owner', name: `  ${'ü'.repeat(NAME_CHARS_MAX)} ` }).party.name.length, NAME_CHARS_MAX)
    for (const name of ['', '   ', 'x'.repeat(NAME_CHARS_MAX + 1), 'a\u0000b', 'a\nb', '\u009b']) assert.throws(
      () => parties.add({ role: 'owner', name }), { code: 'BAD_REQUEST' })
  })

  it('are at most so many', () => {
    database.exec(`INSERT INTO parties
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${PARTIES_MAX - 1})
      SELECT 'sub_' || i, 'subscriber', 'x', 0 FROM n`)
    parties = load()
    parties.add({ role: 'subscriber', name: 'The last' })
    assert.throws(() => parties.add({ role: 'subscriber', name: 'One too many' }), { code: 'LIMIT_REACHED' })
  })

  it('are not loaded with another master key: their publisher keys would be lost unnoticed', () => {
    parties.add({ role: 'owner', name: 'Home' })
    rmSync(join(directory, MASTER_KEY_FILE))
    assert.throws(load, { code: 'UNAVAILABLE', message: /backup/ })
  })
})

describe("The operator's key file", () => {
  it('is for this account only, whatever was there before, and leaves nothing beside it', () => {
    const directory = temporaryFolder(), path = join(directory, OPERATOR_KEY_FILE)
    writeFileSync(path, 'old', { mode: 0o644 })
    chmodSync(path, 0o644)
    writeOperatorKey(directory, 'new-key')
    assert.equal(readFileSync(path, 'utf8'), 'new-key\n')
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(readdirSync(directory), [OPERATOR_KEY_FILE])
  })

  it('leaves nothing behind when it cannot be put in its place', () => {
    const directory = temporaryFolder()
    mkdirSync(join(directory, OPERATOR_KEY_FILE))
    assert.throws(() => writeOperatorKey(directory, 'key'), { code: 'EISDIR' })
    assert.deepEqual(readdirSync(directory), [OPERATOR_KEY_FILE])
  })
})
