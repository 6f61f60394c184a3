// A gateway that is killed while it erases an owner finishes it at its next start. (gateway/rights/erasures.test.ts stops it at each step.)
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { subjectOf } from '#gateway/rights/erasure.ts'
import { readSnapshot } from '#gateway/state/snapshot.ts'
import { found } from '#test/support/canaries.ts'
import { chainLength, replayAll, settle, type Known } from '#test/support/known-owners.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('An erasure that is killed', function () {
  this.timeout(180_000)

  it('in its middle is finished at the next start, before anybody comes in, and costs nobody else anything', async () => {
    const data = temporaryFolder(), rounds = 8
    let gateway = await GatewayProcess.start(data), users = new Users({ ...gateway.ready })
    const { operatorKey } = gateway.ready, city = await users.party('subscriber'), known: Known[] = []
    for (let n = 0; n < rounds + 3; n++) known.push(await settle(users, city, n))
    const stay = known.slice(rounds), before = await replayAll(users, city, stay)
    let caught = 0
    for (const [round, gone] of known.slice(0, rounds).entries()) {
      void users.call(gone.key, 'POST', '/v1/erasures', { partyId: gone.partyId }).catch(() => {})
      await delay(2 + round * 3)
      await gateway.kill('SIGKILL')
      const unfinished = readSnapshot(data, database => database.prepare('SELECT count(*) AS n FROM erasures WHERE finished_at IS NULL').get()!['n'])
      caught += Number(unfinished)
      gateway = await GatewayProcess.start(data)
      users = new Users({ ...gateway.ready, operatorKey: operatorKey! })
      const listed = await users.ok(operatorKey!, 'GET', '/v1/erasures'), last = listed.at(-1)
      if (last?.subject !== subjectOf(gone.partyId, Buffer.from(last?.salt ?? '', 'base64')).toString('hex')) continue // killed before it had begun: there is nothing to finish
      assert.equal(last.state, 'erased')
      assert.deepEqual(found(data, gone.canaries), [], `round ${round}`)
      assert.equal((await users.call(gone.key, 'GET', '/v1/consents')).status, 401)
    }
    console.log(`      ${caught} of ${rounds} kills met an erasure that was not finished`)
    assert.ok(caught >= 1, 'no kill met one in its middle')
    assert.deepEqual(await replayAll(users, city, stay), before)
    assert.deepEqual((await users.ok(operatorKey!, 'GET', '/v1/ledger')).sum, { EUR: '0.000000' })
    await gateway.kill('SIGTERM')
    assert.ok(chainLength(data) >= rounds)
  })
})
