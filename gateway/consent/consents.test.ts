import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import fc from 'fast-check'
import { ATTRIBUTES_MAX, type Consents, FORMS_PER_STREAM_MAX, GRANTS_PER_STREAM_MAX, type NewGrant, PURPOSES_MAX, UNTIL_MAX } from '#gateway/consent/consents.ts'
import { stateOf } from '#gateway/consent/grant.ts'
import { openState } from '#gateway/state/database.ts'
import { openConsents } from '#test/support/consents.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

const wish = (more: Partial<NewGrant> = {}): NewGrant =>
  ({ ownerId: 'own_a', streamId: 's1', recipient: 'sub_c', purposes: ['dpv:ServiceProvision'], attributes: ['temperature'], ...more })
const broken = { name: 'GatewayError', code: 'UNAVAILABLE', message: /chain of consent events/ }

describe('Consents', () => {
  let directory: string, database: DatabaseSync, clock: TurnedClock, consents: Consents, changed: string[]
  const load = () => openConsents(database, clock, streamId => { changed.push(streamId) })
  const reopen = () => {
    database.close()
    database = openState(directory)
    return consents = load()
  }
  const everything = (known: Consents) =>
    [...['own_a', 'own_b'].map(owner => known.list(owner)), ...['s1', 's2', 's3'].map(stream => known.on(stream))]
  beforeEach(() => {
    directory = temporaryFolder()
    database = openState(directory)
    clock = new TurnedClock()
    changed = []
    consents = load()
  })
  afterEach(() => database.close())

  it('are what was wished for, written in one way, and in force', () => {
    const { grant } = consents.grant(wish({
      purposes: ['https://w3id.org/dpv#Marketing', 'dpv:Marketing'], attributes: ['temperature', 'relativeHumidity', 'temperature'],
      until: clock.now() + 1,
    }))
    assert.deepEqual(grant, {
      id: grant.id, ownerId: 'own_a', streamId: 's1', recipient: 'sub_c', purposes: ['dpv:Marketing'],
      attributes: ['temperature', 'relativeHumidity'], grantedAt: clock.now(), until: clock.now() + 1, notice: grant.notice,
    })
    assert.match(grant.id, /^grant_[a-z2-7]{26}$/)
    assert.deepEqual([consents.on('s1'), consents.on('s2'), consents.list('own_a'), consents.list('own_b')], [[grant], [], [grant], []])
    assert.equal(stateOf(grant, clock.now()), 'given')
  })

  it('expire at the instant named, and when withdrawn are withdrawn for ever', () => {
    const { grant } = consents.grant(wish({ until: clock.now() + 10 }))
    assert.deepEqual([9, 10, 11].map(later => stateOf(grant, clock.now() + later)), ['given', 'expired', 'expired'])
    const withdrawn = consents.withdraw('own_a', grant.id).grant
    assert.deepEqual([0, 10, 11].map(later => stateOf(withdrawn, clock.now() + later)), ['withdrawn', 'withdrawn', 'withdrawn'])
  })

  it('are on disk and known before their change is told, and told before it is answered', () => {
    const seen: unknown[] = []
    consents = openConsents(database, clock, streamId => {
      assert.equal(database.isTransaction, false)
      const onDisk = openConsents(database, clock, () => {}).on(streamId)
      assert.deepEqual(consents.on(streamId), onDisk)
      seen.push(onDisk.map(grant => stateOf(grant, clock.now())))
    })
    const { grant } = consents.grant(wish())
    assert.deepEqual(seen, [['given']])
    consents.withdraw('own_a', grant.id)
    assert.deepEqual(seen, [['given'], ['withdrawn']])
  })

  it('are withdrawn once: a second call answers as the first did, and tells again', () => {
    const { grant } = consents.grant(wish())
    clock.turn(1000)
    const first = consents.withdraw('own_a', grant.id)
    clock.turn(1000)
    assert.deepEqual(consents.withdraw('own_a', grant.id), first)
    assert.deepEqual(reopen().withdraw('own_a', grant.id), first)
    assert.deepEqual(
      [first.effectiveAt, first.grant.withdrawnAt, first.receipt.state], [grant.grantedAt + 1000, grant.grantedAt + 1000, 'withdrawn'])
    assert.deepEqual(changed, ['s1', 's1', 's1', 's1'])
    assert.equal(consents.verify(), 2)
  })

  it('are not confirmed as withdrawn while somebody could not be told', () => {
    const { grant } = consents.grant(wish())
    let isDeaf = true
    consents = openConsents(database, clock, () => { if (isDeaf) throw new Error('could not end the session') })
    assert.throws(() => consents.withdraw('own_a', grant.id), /could not end/)
    assert.throws(() => consents.withdraw('own_a', grant.id), /could not end/)
    isDeaf = false
    assert.equal(consents.withdraw('own_a', grant.id).receipt.state, 'withdrawn')
    assert.equal(consents.verify(), 2)
  })

  it('are as they were when they cannot be written', () => {
    const { grant } = consents.grant(wish())
    database.exec("CREATE TRIGGER full BEFORE INSERT ON consent_payloads BEGIN SELECT raise(ABORT, 'disk full'); END")
    assert.throws(() => consents.withdraw('own_a', grant.id), /disk full/)
    assert.throws(() => consents.grant(wish()), /disk full/)
    assert.deepEqual([consents.on('s1'), changed], [[grant], ['s1']])
    database.exec('DROP TRIGGER full')
    consents.withdraw('own_a', grant.id)
    assert.equal(consents.verify(), 2)
  })

  it('of others, and such as never were, are answered alike', () => {
    const { grant } = consents.grant(wish())
    const answers = [['own_b', grant.id], ['own_a', 'grant_x'], ['own_a', '__proto__']].map(([owner, id]) => {
      try { return consents.withdraw(owner!, id!) } catch (error) { return { ...error as object, message: (error as Error).message } }
    })
    assert.deepEqual(answers[0], answers[1])
    assert.deepEqual(answers[0], answers[2])
    assert.equal((answers[0] as unknown as { code: string }).code, 'NOT_FOUND')
    assert.equal(stateOf(consents.on('s1')[0]!, clock.now()), 'given')
  })

  it('name a recipient, purposes and attributes, and end ahead', () => {
    const many = (count: number, prefix: string) => Array.from({ length: count }, (_, n) => `${prefix}${n}`)
    consents.grant(wish({ purposes: many(PURPOSES_MAX, 'urn:x:'), attributes: many(ATTRIBUTES_MAX, 'a'), until: UNTIL_MAX }))
    const bad: Partial<NewGrant>[] = [
      { recipient: '' }, { purposes: [] }, { attributes: [] }, { purposes: ['Marketing'] },
      { purposes: many(PURPOSES_MAX + 1, 'urn:x:') }, { attributes: many(ATTRIBUTES_MAX + 1, 'a') },
      { until: clock.now() }, { until: UNTIL_MAX + 1 }, { until: NaN }, { until: Infinity },
    ]
    for (const more of bad) assert.throws(() => consents.grant(wish(more)), { code: 'BAD_REQUEST' }, JSON.stringify(more))
    assert.equal(consents.verify(), 1)
  })

  it('in force on one stream are at most so many', () => {
    database.exec('PRAGMA synchronous = OFF')
    for (let n = 0; n < GRANTS_PER_STREAM_MAX; n++) consents.grant(wish())
    assert.throws(() => consents.grant(wish()), { code: 'LIMIT_REACHED' })
    consents.grant(wish({ streamId: 's2' }))
    consents.withdraw('own_a', consents.on('s1')[0]!.id)
    consents.grant(wish())
    assert.equal(consents.on('s1').length, GRANTS_PER_STREAM_MAX + 1)
  })

  it('in force on one stream tell a place by a grid or by H3, and not by both: the place itself would have to be kept', () => {
    const place = (op: string) => consents.grant(wish({ attributes: ['location'], transforms: [`location=${op}`] }))
    const { grant: { id } } = place('grid:0.01')
    assert.throws(() => place('h3:7'), { code: 'CONFLICT', message: new RegExp(`${id} on this stream says location=grid:0.01, .* say it in the same way`) })
    place('grid:0.02')
    consents.grant(wish({ streamId: 'another', attributes: ['location'], transforms: ['location=h3:7'] }))
    for (const grant of consents.on('s1')) consents.withdraw(grant.ownerId, grant.id)
    place('h3:7')
    place('h3:5')
    assert.throws(() => place('grid:1'), { code: 'CONFLICT' })
  })

  it('in force on one stream differ in so many sets of transforms at most, and keep them over a restart', () => {
    const form = (n: number) => wish({ transforms: [`temperature=round:${n}`] })
    for (let n = 1; n <= FORMS_PER_STREAM_MAX; n++) consents.grant(form(n))
    for (const each of [form(0.5), wish()]) assert.throws(() => consents.grant(each), { code: 'LIMIT_REACHED' })
    consents.grant(form(3))
    consents.withdraw('own_a', consents.on('s1')[0]!.id)
    assert.deepEqual(consents.grant(wish()).receipt.transforms, undefined)
    assert.throws(() => consents.grant(wish({ transforms: ['temperature=blur'] })), { code: 'BAD_REQUEST' })
    const before = consents.on('s1')
    reopen()
    assert.deepEqual(consents.on('s1'), before)
    assert.deepEqual(before[1]!.transforms, ['temperature=round:2'])
  })

  it('are after a restart what they were before it, whatever was done', () => {
    const owner = fc.constantFrom('own_a', 'own_b'), stream = fc.constantFrom('s1', 's2', 's3')
    const grant = fc.record({
      ownerId: owner, streamId: stream, recipient: fc.constantFrom('any', 'sub_c'), purposes: fc.constant(['dpv:Marketing']),
      attributes: fc.subarray(['a', 'b', 'c'], { minLength: 1 }), lasts: fc.option(fc.integer({ min: 1, max: 50 })),
    })
    const step = fc.oneof(
      fc.record({ grant }), fc.record({ withdraw: fc.nat() }), fc.record({ turn: fc.integer({ min: -5, max: 20 }) }),
      fc.constant({ reopen: true }))
    database.exec('PRAGMA synchronous = OFF')
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), steps => {
      for (const one of steps) {
        if ('grant' in one) consents.grant({ ...one.grant, until: one.grant.lasts === null ? undefined : clock.now() + one.grant.lasts })
        else if ('turn' in one) clock.turn(one.turn)
        else if ('withdraw' in one) {
          const known = [...consents.list('own_a'), ...consents.list('own_b')], chosen = known[one.withdraw % (known.length || 1)]
          if (chosen) consents.withdraw(chosen.ownerId, chosen.id)
        } else {
          const before = everything(consents), count = consents.verify()
          consents = load()
          assert.deepEqual(everything(consents), before)
          assert.equal(consents.verify(), count)
        }
      }
      assert.deepEqual(everything(load()), everything(consents))
    }), { numRuns: 60 })
    const before = everything(consents)
    assert.deepEqual(everything(reopen()), before)
  })

  describe('as a chain of events', () => {
    const setUp = () => {
      database.exec('PRAGMA synchronous = OFF')
      const first = consents.grant(wish()), second = consents.grant(wish({ ownerId: 'own_b', streamId: 's2' }))
      const third = consents.withdraw('own_a', first.grant.id)
      return [first, second, third]
    }

    it('verifies, and is what the receipts say', () => {
      const receipts = setUp().map(({ receipt }) => receipt)
      assert.equal(consents.verify(), 3)
      assert.equal(reopen().verify(), 3)
      let hash = Buffer.alloc(32)
      const rows = database.prepare('SELECT payload_hash, salt, payload FROM consent_events JOIN consent_payloads USING (seq) ORDER BY seq')
        .all() as { payload_hash: Uint8Array, salt: Uint8Array, payload: string }[]
      const sha = (...parts: (Uint8Array | string)[]) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
      for (const [n, row] of rows.entries()) {
        assert.deepEqual(sha(row.salt, row.payload), Buffer.from(row.payload_hash))
        hash = sha(hash, row.payload_hash)
        assert.deepEqual([receipts[n]!.sequence, receipts[n]!.eventHash], [n + 1, hash.toString('hex')])
      }
      assert.equal(new Set(rows.map(({ salt }) => Buffer.from(salt).toString('hex'))).size, 3, 'each event has a salt of its own')
    })

    it('is found broken by one byte flipped, wherever it is', function () {
      this.timeout(20_000)
      setUp()
      for (const [table, columns] of [
        ['consent_events', ['seq', 'consent_id', 'payload_hash', 'hash']], ['consent_payloads', ['owner_id', 'salt', 'payload']],
      ] as const) {
        for (const column of columns) {
          const rows = database.prepare(`SELECT seq, ${column} AS value FROM ${table}`).all()
          for (const { seq, value } of rows as { seq: number, value: SQLInputValue }[]) {
            for (const changedValue of flipped(value)) {
              database.exec('PRAGMA foreign_keys = OFF')
              database.prepare(`UPDATE ${table} SET ${column} = ? WHERE seq = ?`).run(changedValue, seq)
              assert.throws(() => consents.verify(), broken, `${column} of ${seq}`)
              assert.throws(load, broken, `${column} of ${seq}`)
              database.prepare(`UPDATE ${table} SET ${column} = ? WHERE seq = ?`).run(value, column === 'seq' ? changedValue : seq)
            }
          }
        }
      }
      assert.equal(consents.verify(), 3)
    })

    for (const [what, seq] of [['its first', 1], ['a middle', 2], ['its newest', 3]] as const) {
      it(`is found broken when ${what} event is gone`, () => {
        setUp()
        database.exec(`DELETE FROM consent_payloads WHERE seq = ${seq}; DELETE FROM consent_events WHERE seq = ${seq}`)
        assert.throws(() => consents.verify(), broken)
      })
    }

    it('still verifies when an owner was erased, and holds nothing of them', () => {
      setUp()
      const others = consents.list('own_b')
      database.exec("DELETE FROM consent_payloads WHERE owner_id = 'own_a'")
      assert.equal(consents.verify(), 3)
      assert.equal(reopen().verify(), 3)
      assert.deepEqual([consents.list('own_a'), consents.on('s1'), consents.list('own_b')], [[], [], others])
      consents.grant(wish())
      assert.equal(consents.verify(), 4)
      assert.equal(reopen().list('own_a').length, 1)
    })

    it('lets nothing out when only the withdrawal was erased', () => {
      setUp()
      database.exec('DELETE FROM consent_payloads WHERE seq = 3')
      assert.deepEqual(reopen().on('s1'), [])
    })
  })

  it('come with a receipt that says all of it', () => {
    const { grant, receipt } = consents.grant(
      wish({ recipient: 'any', purposes: ['dpv:PublicBenefit', 'urn:example:x'], until: clock.now() + 60_000 }))
    assert.deepEqual(JSON.parse(JSON.stringify(receipt)), {
      type: 'ConsentReceipt', schemaVersion: 'ISO/IEC TS 27560:2023', receiptId: `${grant.id}/1`, consentId: grant.id, state: 'given',
      legalBasis: 'https://w3id.org/dpv#Consent', owner: 'own_a', recipient: 'any', streamId: 's1',
      purposes: ['https://w3id.org/dpv#PublicBenefit', 'urn:example:x'], attributes: ['temperature'],
      grantedAt: '2026-05-04T10:15:30.000Z', until: '2026-05-04T10:16:30.000Z',
      withdrawal: {
        method: `POST /v1/consents/${grant.id}/withdraw`, command: `sluice consent withdraw ${grant.id}`, effect: 'before it is answered',
      },
      notice: { language: 'en', version: 1, hash: grant.notice!.hash }, sequence: 1, eventHash: receipt.eventHash,
    })
    assert.match(receipt.eventHash, /^[0-9a-f]{64}$/)
    clock.turn(1500)
    const { receipt: last } = consents.withdraw('own_a', grant.id)
    assert.deepEqual(
      { ...last, eventHash: '' },
      { ...receipt, receiptId: `${grant.id}/2`, state: 'withdrawn', withdrawnAt: '2026-05-04T10:15:31.500Z', sequence: 2, eventHash: '' })
    assert.notEqual(last.eventHash, receipt.eventHash)
  })
})

/** Every way to flip the lowest bit of one byte (of a number: to add to it). */
function flipped(value: SQLInputValue): SQLInputValue[] {
  if (typeof value === 'number') return [value + 1_000]
  const bytes = Buffer.from(value as string)
  return Array.from(bytes, (_, n) => {
    const changed = Buffer.from(bytes)
    changed[n]! ^= 1
    return typeof value === 'string' ? changed.toString() : changed
  })
}
