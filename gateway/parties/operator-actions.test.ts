import assert from 'node:assert/strict'
import { OperatorActions } from '#gateway/parties/operator-actions.ts'
import { LoggedState } from '#test/support/transparency.ts'

describe('What operators did', () => {
  let state: LoggedState
  beforeEach(() => { state = new LoggedState() })
  afterEach(() => state.close())

  const actionsOf = ({ database, clock, log }: LoggedState) => new OperatorActions(database, clock, log.append)
  function three(actions = actionsOf(state)) {
    for (const [action, ownerId] of [['suspendSource', 'own_a'], ['addParty', undefined], ['withdrawConsent', 'own_b']] as const) actions.record({ operator: 'op_x', action, about: {}, ownerId })
    return actions
  }
  const logged = (partyId: string) => state.log.entries(0, 99, partyId).map(({ kind, payload }) => [kind, payload === undefined ? undefined : JSON.parse(payload)])

  it('is in the order in which they did it, all of it or of one owner', () => {
    const actions = three()
    assert.deepEqual(actions.list({}).map(({ sequence, action }) => [sequence, action?.action]), [[1, 'suspendSource'], [2, 'addParty'], [3, 'withdrawConsent']])
    assert.deepEqual(actions.list({ ownerId: 'own_b' }).map(({ sequence }) => sequence), [3])
    assert.deepEqual([actions.list({ limit: 1 }).length, actions.list({ after: 2 }).length], [1, 1])
  })

  it('verifies when what was about an owner is erased, and goes on', () => {
    const actions = three()
    state.database.exec("DELETE FROM operator_action_payloads WHERE owner_id = 'own_a'")
    actions.record({ operator: 'op_x', action: 'rotateKey', about: {} })
    assert.deepEqual(actions.list({}).map(({ action }) => action?.action), [undefined, 'addParty', 'withdrawConsent', 'rotateKey'])
  })

  it('stands in the transparency log, each with the hash of the chain up to it, for the operator and whom it is about, until they are erased', () => {
    const [first, second, third] = three().list({}).map(({ sequence, hash, action }) => ({ at: action!.at, sequence, action: action!.action, actionHash: hash }))
    assert.deepEqual(logged('op_x'), [
      ['action', { owner: 'own_a', reader: 'op_x', ...first }], ['action', { owner: 'op_x', ...second }], ['action', { owner: 'own_b', reader: 'op_x', ...third }],
    ])
    assert.deepEqual(logged('own_a').map(([, payload]) => payload?.sequence), [1, undefined, undefined])
    assert.equal(state.log.erase('own_a'), 1)
    assert.deepEqual(logged('op_x').map(([, payload]) => payload?.sequence), [undefined, 2, 3])
  })

  it('is in neither where the log takes nothing', () => {
    const { database, clock } = state, failing = new OperatorActions(database, clock, () => { throw new Error('full') })
    assert.throws(() => three(failing), /full/)
    assert.deepEqual([failing.list({}).length, state.log.size], [0, 0])
  })

  it('of before it had a place in the log is taken in once, at a start', () => {
    const { database, clock } = state
    three(new OperatorActions(database, clock))
    assert.equal(state.log.size, 0)
    database.exec("DELETE FROM operator_action_payloads WHERE owner_id = 'own_a'; UPDATE meta SET value = 3 WHERE key = 'unlogged_operator_actions'")
    actionsOf(state)
    const hashes = actionsOf(state).list({}).map(({ hash }) => hash)
    assert.deepEqual(logged('op_x').map(([, payload]) => payload?.actionHash), [undefined, hashes[1], hashes[2]])
    assert.deepEqual(logged('erased').map(([, payload]) => payload?.actionHash), [hashes[0], undefined, undefined])
  })

  for (const [how, sql] of [
    ['a payload that was changed', "UPDATE operator_action_payloads SET payload = replace(payload, 'addParty', 'nothing') WHERE seq = 2"], ['a hash that was changed', "UPDATE operator_actions SET hash = zeroblob(32) WHERE seq = 2"],
    ['one that is missing', 'DELETE FROM operator_action_payloads WHERE seq = 2; DELETE FROM operator_actions WHERE seq = 2'],
  ] as const) {
    it(`tells of ${how}`, () => {
      const actions = three()
      state.database.exec(sql)
      assert.throws(() => actions.list({}), { code: 'UNAVAILABLE', message: /broken at number [23]/ })
    })
  }
})
