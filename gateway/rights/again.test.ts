import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { audit } from '#gateway/audit/audit.ts'
import { restore } from '#gateway/backup/restore.ts'
import { eraseAgain, parseErasures } from '#gateway/rights/again.ts'
import { openState } from '#gateway/state/database.ts'
import { found } from '#test/support/canaries.ts'
import { settle } from '#test/support/known-owners.ts'
import { Running } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('A backup from before an erasure', function () {
  this.timeout(60_000)

  it('is rid of the owner again when it is restored with the list, and has them where it is not', async () => {
    let running = await Running.start()
    const { operatorKey } = running, city = await running.party('subscriber'), gone = await settle(running, city, 1), stays = await settle(running, city, 2), file = join(temporaryFolder(), 'b.tar')
    const response = await fetch(`${running.http}/v1/backup`, { headers: { authorization: `Bearer ${operatorKey}` } })
    await pipeline(response.body!, createWriteStream(file))
    const erased = await running.ok(gone.key, 'POST', '/v1/erasures', { partyId: gone.partyId })
    const list = parseErasures(JSON.stringify(await running.ok(operatorKey, 'GET', '/v1/erasures')))
    await running.stop()

    const without = join(temporaryFolder(), 'data'), data = join(temporaryFolder(), 'data')
    await restore({ file, directory: without, onProgress: () => {} })
    assert.notEqual(found(without, gone.canaries).length, 0)
    let again = 0
    await restore({ file, directory: data, onProgress: () => {}, prepare: folder => { again = eraseAgain(folder, list) } })
    assert.equal(again, 1)
    running = await Running.start({ data })
    assert.deepEqual(found(data, gone.canaries), [])
    const [listed] = await running.ok(operatorKey, 'GET', '/v1/erasures')
    assert.deepEqual([listed.state, listed.requestedBy, listed.erasureId, listed.pseudonym], ['erased', 'restore', erased.erasureId, erased.receipt.pseudonym])
    assert.equal((await running.streamsOf(stays))[0]!.streamId, stays.streamId)
    await running.stop()
    isOfOneMind(data)
  })

  it('and one from behind it, keep what they know of it: books and log stay of one mind', async () => {
    const running = await Running.start(), { operatorKey } = running, gone = await settle(running, await running.party('subscriber'), 1), file = join(temporaryFolder(), 'b.tar'), data = join(temporaryFolder(), 'data')
    await running.ok(gone.key, 'POST', '/v1/erasures', { partyId: gone.partyId })
    const list = parseErasures(JSON.stringify(await running.ok(operatorKey, 'GET', '/v1/erasures')))
    await pipeline((await fetch(`${running.http}/v1/backup`, { headers: { authorization: `Bearer ${operatorKey}` } })).body!, createWriteStream(file))
    await running.stop()
    await restore({ file, directory: data, onProgress: () => {}, prepare: folder => { assert.equal(eraseAgain(folder, list), 0) } })
    isOfOneMind(data)
  })

  function isOfOneMind(data: string): void {
    const database = openState(data)
    try { assert.ok(audit(database).erased > 0) } finally { database.close() }
  }

  it('takes no list that is none', () => {
    for (const text of ['', '{}', '[1]', '[{}]', '[{"erasureId":"x","requestedBy":"owner","begunAt":"x","salt":"","subject":"00","pseudonym":"y"}]']) assert.throws(() => parseErasures(text), text)
    assert.deepEqual(parseErasures('[]'), [])
  })
})
