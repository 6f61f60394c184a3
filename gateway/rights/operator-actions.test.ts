import assert from 'node:assert/strict'
import { OperatorActions } from '#gateway/rights/operator-actions.ts'
import { openState } from '#gateway/state/database.ts'
import { temporaryFolder, TurnedClock } from '#test/support/temporary.ts'

describe('What operators did', () => {
  function three() {
    const database = openState(temporaryFolder()), actions = new OperatorActions(database, new TurnedClock()), told: number[] = []
    actions.onRecorded = sequence => { told.push(sequence) }
    for (const [action, ownerId] of [['suspendSource', 'own_a'], ['addParty', undefined], ['withdrawConsent', 'own_b']] as const) actions.record({ operator: 'op_x', action, about: {}, ownerId })
    return { database, actions, told }
  }

  it('is in the order in which they did it, all of it or of one owner', () => {
    const { actions, told } = three()
    assert.deepEqual(actions.list({ limit: 9 }).map(({ sequence, action }) => [sequence, action?.action]), [[1, 'suspendSource'], [2, 'addParty'], [3, 'withdrawConsent']])
    assert.deepEqual(actions.list({ limit: 9, ownerId: 'own_b' }).map(({ sequence }) => sequence), [3])
    assert.deepEqual([actions.list({ limit: 1 }).length, actions.list({ limit: 9, after: 2 }).length, told], [1, 1, [1, 2, 3]])
  })

  it('verifies when what was about an owner is erased, and goes on', () => {
    const { database, actions } = three()
    database.exec("DELETE FROM operator_action_payloads WHERE owner_id = 'own_a'")
    actions.record({ operator: 'op_x', action: 'rotateKey', about: {} })
    assert.deepEqual(actions.list({ limit: 9 }).map(({ action }) => action?.action), [undefined, 'addParty', 'withdrawConsent', 'rotateKey'])
  })

  for (const [how, sql] of [
    ['a payload that was changed', "UPDATE operator_action_payloads SET payload = replace(payload, 'addParty', 'nothing') WHERE seq = 2"], ['a hash that was changed', "UPDATE operator_actions SET hash = zeroblob(32) WHERE seq = 2"],
    ['one that is missing', 'DELETE FROM operator_action_payloads WHERE seq = 2; DELETE FROM operator_actions WHERE seq = 2'],
  ] as const) {
    it(`tells of ${how}`, () => {
      const { database, actions } = three()
      database.exec(sql)
      assert.throws(() => actions.list({ limit: 9 }), { code: 'UNAVAILABLE', message: /broken at number [23]/ })
    })
  }
})
