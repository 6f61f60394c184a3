import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isConsistent } from '#gateway/proof/consistency.ts'
import { rootOver, Tree } from '#gateway/proof/tree.ts'
import { transaction } from '#gateway/state/database.ts'
import { audit } from '#gateway/transparency/audit.ts'
import { leafOf, PAYLOAD_BYTES_MAX, payloadHashOf } from '#gateway/transparency/entry.ts'
import { LEVELS_APART } from '#gateway/transparency/store.ts'
import { checkHead } from '#gateway/transparency/verifier.ts'
import { fact, LoggedState, newKey, publicKeys } from '#test/support/transparency.ts'

describe('The transparency log', () => {
  let state: LoggedState
  beforeEach(() => { state = new LoggedState() })
  afterEach(() => state.close())
  const bytes = (path: string) => Buffer.from(path, 'base64')
  const leaves = () => state.log.entries(0, state.log.size).map(leafOf)

  it('has the root and the paths of the tree over its entries, at every size', () => {
    assert.deepEqual([state.log.size, state.log.rootAt(0)], [0, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='])
    state.add(70)
    for (let size = 1; size <= 70; size++) {
      const tree = new Tree(leaves().slice(0, size))
      assert.equal(state.log.rootAt(size), tree.root)
      for (let index = 0; index < size; index++) assert.equal(state.log.inclusion(index, size).path, tree.path(index))
    }
  })

  it('grows in any steps, through restarts, into one tree', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant('reopen' as const)), { minLength: 1, maxLength: 12 }), steps => {
      state = new LoggedState()
      const heads = [state.log.head()]
      for (const step of steps) {
        if (step === 'reopen') state.reopen()
        else state.add(step)
        heads.push(state.log.head())
      }
      const all = leaves(), newest = heads.at(-1)!
      assert.equal(newest.size, all.length)
      if (all.length > 0) assert.equal(newest.root, new Tree(all).root)
      for (const head of heads) assert.ok(isConsistent(head, newest, bytes(state.log.consistency(head.size, newest.size))))
      for (const [index, leaf] of all.entries()) assert.equal(rootOver(leaf, index, newest.size, bytes(state.log.inclusion(index, newest.size).path)), newest.root)
      assert.deepEqual(audit(state.database, { keys: publicKeys(state.key) }), { entries: all.length, erased: 0 })
      state.close()
    }), { numRuns: 15 })
    state = new LoggedState()
  })

  it('keeps a fifteenth of the nodes, and the same few however large it is', () => {
    state.add(1_000)
    const levels = state.database.prepare('SELECT level, count(*) AS count FROM transparency_nodes GROUP BY level ORDER BY level').all().map(row => [row['level'], row['count']])
    assert.deepEqual(levels, [[LEVELS_APART, 62], [2 * LEVELS_APART, 3]])
  })

  it('has what was committed, and nothing of what was taken back, and goes on from there', () => {
    state.add(20)
    const before = state.log.rootAt(20)
    for (const count of [1, 5, 13, 40]) {
      assert.throws(() => transaction(state.database, () => {
        for (let n = 0; n < count; n++) state.log.append(fact(n))
        throw new Error('what it was about did not happen')
      }), /did not happen/)
      assert.deepEqual([state.log.size, state.log.rootAt(20)], [20, before])
    }
    state.add(30)
    assert.equal(state.log.head().root, new Tree(leaves()).root)
    assert.equal(audit(state.database).entries, 50)
  })

  it('goes on after entries that could not be written', () => {
    state.add(17)
    state.database.exec("CREATE TRIGGER full BEFORE INSERT ON transparency_payloads BEGIN SELECT raise(ABORT, 'disk full'); END")
    assert.throws(() => state.add(1), /disk full/)
    state.database.exec("DROP TRIGGER full; CREATE TRIGGER full BEFORE INSERT ON transparency_nodes BEGIN SELECT raise(ABORT, 'disk full'); END")
    assert.throws(() => state.add(40), /disk full/)
    state.database.exec('DROP TRIGGER full')
    state.add(40)
    assert.equal(state.log.head().root, new Tree(leaves()).root)
    assert.equal(audit(state.database).entries, 57)
  })

  it('takes a fact in a transaction only, signs outside of one only, and takes no more than it should', () => {
    assert.throws(() => state.log.append(fact(0)), /same transaction/)
    assert.throws(() => transaction(state.database, () => state.log.head()), /on disk/)
    const room = PAYLOAD_BYTES_MAX - JSON.stringify({ at: 0, owner: 'o', text: '' }).length, long = (length: number) => fact(0, { at: 0, ownerId: 'o', readerId: undefined, what: { text: 'x'.repeat(length) } })
    transaction(state.database, () => state.log.append(long(room)))
    assert.throws(() => transaction(state.database, () => state.log.append(long(room + 1))), RangeError)
    assert.equal(state.log.size, 1)
  })

  it('signs a head once for each size, and knows it after a restart', () => {
    state.add(3)
    const head = state.log.head()
    assert.equal(checkHead(head, publicKeys(state.key)), undefined)
    state.clock.turn(10_000)
    assert.equal(state.log.head(), head)
    state.reopen()
    assert.deepEqual(state.log.head(), head)
    state.add(1)
    assert.deepEqual([state.log.head().size, state.log.head().time], [4, head.time + 10_000])
    state.key = newKey()
    state.reopen()
    assert.deepEqual([state.log.head().kid, checkHead(state.log.head(), publicKeys(state.key))], [state.key.kid, undefined], 'a new key signs anew')
  })

  it('tells the minute only, and the rest to those whom it is about', () => {
    state.add(6)
    const [first] = state.log.entries(0, 1, 'own_0') as [any], whole = JSON.parse(first.payload)
    assert.deepEqual(first, { index: 0, kind: 'consent', minute: Date.UTC(2026, 4, 4, 10, 15), payloadHash: payloadHashOf(first), salt: first.salt, payload: first.payload })
    assert.deepEqual(whole, { at: Date.UTC(2026, 4, 4), owner: 'own_0', reader: 'sub_a', consentId: 'grant_0', name: 'Zoë' })
    const opened = (party?: string) => state.log.entries(0, 6, party).flatMap(({ index, payload }) => payload === undefined ? [] : [index])
    assert.deepEqual([opened('own_1'), opened('sub_a'), opened('own_9'), opened('null'), opened()], [[1, 4], [0, 2, 4], [], [], []])
    for (const entry of state.log.entries(0, 6)) assert.deepEqual(Object.keys(entry), ['index', 'kind', 'minute', 'payloadHash'])
    assert.equal(new Set(state.log.entries(0, 6, 'sub_a').map(({ salt }) => salt)).size, 4, 'three salts, and none')
  })

  it('forgets an owner: their payloads and salts are gone from the disk, the others\' are there, and the tree is what it was', () => {
    state.add(30)
    const head = state.log.head(), hashes = state.log.entries(0, 30), theirs = state.log.entries(0, 30, 'own_1').filter(({ salt }) => salt !== undefined)
    assert.throws(() => transaction(state.database, () => { state.log.erase('own_1'); throw new Error('no') }), /no/)
    assert.equal(state.log.entries(1, 1, 'own_1')[0]!.payload, theirs[0]!.payload)
    assert.deepEqual([state.log.erase('own_1'), state.log.erase('own_1'), state.log.erase('own_x')], [10, 0, 0])
    assert.deepEqual(state.log.entries(0, 30), hashes)
    assert.deepEqual(state.log.head(), head)
    assert.deepEqual(audit(state.database, { keys: publicKeys(state.key) }), { entries: 30, erased: 10 })
    assert.ok(state.log.entries(0, 30, 'own_1').every(({ payload }) => payload === undefined))
    assert.equal(state.log.entries(0, 30, 'own_2').filter(({ payload }) => payload !== undefined).length, 10)
    state.database.exec('PRAGMA wal_checkpoint(TRUNCATE); VACUUM')
    const file = Buffer.from(state.database.serialize()).toString('latin1')
    for (const { salt } of theirs) assert.ok(!file.includes(salt!))
    state.add(5)
    state.reopen()
    assert.deepEqual(audit(state.database), { entries: 35, erased: 10 })
    assert.ok(isConsistent(head, state.log.head(), bytes(state.log.consistency(30, 35))))
  })

  it('finds an entry by its leaf', () => {
    state.add(40)
    for (const index of [0, 17, 39]) assert.equal(state.log.indexOf(bytes(state.log.inclusion(index, 40).leaf)), index)
    for (const leaf of [Buffer.alloc(32), Buffer.alloc(0), Buffer.alloc(6)]) assert.equal(state.log.indexOf(leaf), undefined)
  })

  it('answers for what it has, and says what it has not', () => {
    state.add(5)
    for (const refused of [() => state.log.inclusion(5, 5), () => state.log.inclusion(0, 6), () => state.log.consistency(1, 6), () => state.log.rootAt(6)]) assert.throws(refused, { code: 'NOT_FOUND' })
    assert.throws(() => state.log.consistency(4, 3), { code: 'BAD_REQUEST' })
    assert.deepEqual(state.log.entries(5, 10), [])
  })
})
