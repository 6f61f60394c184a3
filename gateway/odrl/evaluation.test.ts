import assert from 'node:assert/strict'
import fc from 'fast-check'
import { atoms, ATOMS_MAX } from '#gateway/odrl/atoms.ts'
import { evaluate } from '#gateway/odrl/evaluate.ts'
import type { Policy } from '#gateway/odrl/policy.ts'
import { readPolicies } from '#gateway/odrl/read-policy.ts'
import { readRequestsOf } from '#gateway/odrl/request.ts'
import { readTurtle } from '#gateway/odrl/turtle.ts'
import { World } from '#gateway/odrl/world.ts'
import { activeRules, policyOf, reportOf, requestOf, unknownTerms, worldOf } from '#test/support/odrl.ts'

const permission = (body: string) => policyOf(`odrl:permission [ a odrl:Permission; ${body} ]`)
const prohibition = (body: string) => policyOf(`odrl:prohibition [ a odrl:Prohibition; ${body} ]`)
const READS = 'odrl:assignee :mayor; odrl:action odrl:read; odrl:target :meter'
const when = (operator: string, instant: string) => `odrl:constraint [ odrl:leftOperand odrl:dateTime; odrl:operator odrl:${operator}; odrl:rightOperand "${instant}"^^xsd:dateTime ]`
const limited = (constraint: string) => permission(`${READS}; odrl:constraint [ ${constraint} ]`)
const purpose = (operator: string, right: string) => limited(`odrl:leftOperand odrl:purpose; odrl:operator odrl:${operator}; odrl:rightOperand ${right}`)
const forPurpose = (...purposes: string[]) => requestOf(`${READS}; ${purposes.map(name => `sotw:context [ odrl:leftOperand odrl:purpose; odrl:rightOperand ${name} ]`).join('; ')}`)
const isActive = (policy: string, request?: string, world?: string) => {
  const active = activeRules({ policy, request, world })
  assert.equal(active.length, 1)
  return active[0]
}

describe('A rule', () => {
  it('that limits nothing is active whatever is asked for', () => {
    assert.equal(isActive(permission('')), true)
    assert.equal(isActive(prohibition('')), true)
  })

  it('is active for the actions that its action includes, and for no others', () => {
    for (const [ruled, asked, want] of [
      ['use', 'read', true], ['use', 'write', true], ['modify', 'write', true], ['write', 'modify', true], ['read', 'use', false], ['use', 'sell', false],
      ['transfer', 'sell', true], ['reproduce', 'extract', true], ['play', 'display', true], ['read', 'write', false], ['compensate', 'pay', true],
    ] as const) {
      const request = requestOf(`odrl:assignee :mayor; odrl:action odrl:${asked}; odrl:target :meter`)
      assert.equal(isActive(permission(`odrl:action odrl:${ruled}`), request), want, `${ruled} for ${asked}`)
      assert.equal(isActive(prohibition(`odrl:action odrl:${ruled}`), request), want, `not ${ruled} for ${asked}`)
    }
  })

  it('is active for its assignee and its target alone', () => {
    assert.equal(isActive(permission(READS)), true)
    assert.equal(isActive(permission('odrl:assignee :clerk')), false)
    assert.equal(isActive(permission('odrl:target :camera')), false)
    assert.equal(isActive(permission(READS), requestOf('odrl:action odrl:read; odrl:target :meter')), false)
    assert.equal(isActive(permission(READS), requestOf('odrl:assignee :mayor; odrl:action odrl:read')), false)
  })

  it('is active for members of its collections, at any remove, by what the world or the policy says, and not by what the request says', () => {
    const policy = permission('odrl:assignee :council; odrl:action odrl:read; odrl:target :meters'), parts = ':mayor odrl:partOf :council. :meter odrl:partOf :floor. :floor odrl:partOf :meters.'
    assert.equal(isActive(policy), false)
    assert.equal(isActive(policy, requestOf(), worldOf(parts)), true)
    assert.equal(isActive(policy, requestOf(), worldOf(':mayor odrl:partOf :council.')), false)
    assert.equal(isActive(`${policy} ${parts}`), true)
    assert.equal(isActive(policy, `${requestOf()} ${parts}`), false)
    assert.equal(isActive(policy, requestOf(), worldOf(':council odrl:partOf :mayor. :meter odrl:partOf :meters.')), false)
  })

  it('knows the members of the source of a collection, as far as its refinements hold', () => {
    const policy = permission('odrl:assignee :mayor; odrl:action odrl:read; odrl:target [ a odrl:AssetCollection; odrl:source :meters; odrl:refinement [ odrl:leftOperand odrl:resolution; odrl:operator odrl:lteq; odrl:rightOperand 10 ] ]')
    const world = (resolution: string) => worldOf(`:meter odrl:partOf :meters. [] odrl:leftOperand odrl:resolution; odrl:rightOperand ${resolution}.`)
    assert.equal(isActive(policy, requestOf(), world('10')), true)
    assert.equal(isActive(policy, requestOf(), world('10.000000000000000001')), false)
    assert.equal(isActive(policy, requestOf(), worldOf(':meter odrl:partOf :meters.')), false)
  })

  it('refines its action by what is asked for', () => {
    const policy = permission('odrl:action [ rdf:value odrl:print; odrl:refinement [ odrl:leftOperand odrl:count; odrl:operator odrl:lt; odrl:rightOperand 5 ] ]')
    const asked = (count: string) => requestOf(`odrl:action [ rdf:value odrl:print; odrl:refinement [ odrl:leftOperand odrl:count; odrl:operator odrl:eq; odrl:rightOperand ${count} ] ]`)
    assert.deepEqual(['4', '5'].map(count => isActive(policy, asked(count))), [true, false])
    assert.equal(isActive(policy, requestOf('odrl:action odrl:print')), false)
  })
})

describe('A constraint on the time', () => {
  it('holds by each operator as instants compare, in whatever zone they are written', () => {
    const table = { eq: [false, true, false], neq: [true, false, true], lt: [true, false, false], lteq: [true, true, false], gt: [false, false, true], gteq: [false, true, true] }
    for (const [operator, want] of Object.entries(table)) {
      const policy = permission(when(operator, '2027-03-01T13:00:00+01:00'))
      assert.deepEqual(['2027-03-01T11:59:59.999Z', '2027-03-01T12:00:00Z', '2027-03-01T12:00:00.001Z'].map(now => isActive(policy, requestOf(), worldOf('', now))), want, operator)
    }
  })

  it('without a zone holds only where it would in all zones', () => {
    const policy = permission(when('lt', '2027-03-01T12:00:00'))
    assert.deepEqual(['2027-02-28T21:59:59Z', '2027-02-28T22:00:00Z', '2027-03-01T00:00:00Z'].map(now => isActive(policy, requestOf(), worldOf('', now))), [true, false, false])
    assert.equal(isActive(permission(when('neq', '2027-03-01T12:00:00'))), false)
    const zoned = permission(when('lt', '2027-03-01T12:00:00Z'))
    assert.deepEqual(['2027-02-28T21:59:59', '2027-02-28T22:00:00'].map(now => isActive(zoned, requestOf(), worldOf('', now))), [true, false])
  })

  it('joins with others by and, or, xone and andSequence, in each other and as lists', () => {
    const [past, future] = ['[ odrl:leftOperand odrl:dateTime; odrl:operator odrl:gt; odrl:rightOperand "2020-01-01T00:00:00Z"^^xsd:dateTime ]', '[ odrl:leftOperand odrl:dateTime; odrl:operator odrl:gt; odrl:rightOperand "2030-01-01T00:00:00Z"^^xsd:dateTime ]']
    const joined = (operand: string, members: string) => isActive(limited(`a odrl:LogicalConstraint; odrl:${operand} ${members}`))
    assert.deepEqual(['and', 'andSequence', 'or', 'xone'].map(operand => joined(operand, `${past}, ${future}`)), [false, false, true, true])
    assert.deepEqual(['and', 'andSequence', 'or', 'xone'].map(operand => joined(operand, `(${past} ${past})`)), [true, true, true, false])
    assert.equal(joined('or', `[ odrl:and ${past}, ${future} ], [ odrl:xone (${past} ${future}) ]`), true)
    assert.equal(joined('and', `[ odrl:and ${past}, ${future} ], [ odrl:xone (${past} ${future}) ]`), false)
  })
})

describe('A constraint on the purpose', () => {
  it('compares what is claimed as a set', () => {
    const [claim, both] = [forPurpose('dpv:ScientificResearch'), forPurpose('dpv:ScientificResearch', 'dpv:Marketing')]
    assert.deepEqual(['eq', 'neq', 'isAnyOf', 'isAllOf', 'isNoneOf'].map(operator => isActive(purpose(operator, 'dpv:ScientificResearch'), claim)), [true, false, true, true, false])
    assert.deepEqual(['eq', 'neq', 'isAnyOf', 'isAllOf', 'isNoneOf'].map(operator => isActive(purpose(operator, 'dpv:ScientificResearch'), both)), [false, false, false, true, false])
    assert.equal(isActive(purpose('isAnyOf', 'dpv:ScientificResearch, dpv:Marketing'), both), true)
    assert.equal(isActive(purpose('isAllOf', 'dpv:ScientificResearch, dpv:Marketing'), claim), false)
    assert.equal(isActive(purpose('isNoneOf', 'dpv:Marketing, dpv:Security'), claim), true)
  })

  it('isA covers what the world says is narrower', () => {
    const world = worldOf('dpv:ScientificResearch skos:broader dpv:Science. dpv:Science skos:broader dpv:Anything.')
    assert.equal(isActive(purpose('isA', 'dpv:Anything'), forPurpose('dpv:ScientificResearch'), world), true)
    assert.equal(isActive(purpose('isA', 'dpv:ScientificResearch'), forPurpose('dpv:Anything'), world), false)
    assert.equal(isActive(purpose('isPartOf', 'dpv:Anything'), forPurpose('dpv:ScientificResearch'), world), false)
  })

  it('holds by no operator where nothing is claimed, and the world is believed before the request', () => {
    for (const operator of ['eq', 'neq', 'isAnyOf', 'isAllOf', 'isNoneOf', 'isA']) assert.equal(isActive(purpose(operator, 'dpv:ScientificResearch')), false, operator)
    assert.equal(isActive(purpose('eq', 'dpv:ScientificResearch'), forPurpose('dpv:ScientificResearch'), worldOf('[] odrl:leftOperand odrl:purpose; odrl:rightOperand dpv:Marketing.')), false)
  })

  it('is not satisfied by a policy that lies in the world', () => {
    assert.equal(isActive(purpose('eq', 'dpv:ScientificResearch'), requestOf(), worldOf(':other odrl:constraint [ odrl:leftOperand odrl:purpose; odrl:operator odrl:eq; odrl:rightOperand dpv:ScientificResearch ].')), false)
  })
})

describe('A duty', () => {
  const policy = policyOf('odrl:permission :may', `:may a odrl:Permission; ${READS}; odrl:duty :pay. :pay a odrl:Duty; odrl:action odrl:compensate; odrl:consequence :fine. :fine odrl:action odrl:pay.`)
  const done = (state: string, duty = ':pay') => worldOf(`:done a report:DutyReport; report:rule ${duty}; report:performanceState report:Unknown; report:deonticState report:${state}.`)

  it('takes its permission away when it was violated, and not before', () => {
    assert.deepEqual(['NonSet', 'Fulfilled', 'Violated', 'Nonsense'].map(state => isActive(policy, requestOf(), done(state))), [true, true, false, false])
    assert.equal(isActive(policy), true)
    assert.equal(isActive(policy, requestOf(), done('Violated', ':fine')), false)
    assert.equal(isActive(policy, requestOf(), done('Violated', ':other')), true)
  })

  it('is named in the report by what the world says of it', () => {
    assert.deepEqual(reportOf({ policy, world: done('Fulfilled') }).rules[0]!.conditions, [{ id: 'https://city.example/done', deonticState: 'Fulfilled', performanceState: 'Unknown' }])
  })

  it('of all of the policy is reported as an obligation', () => {
    const obliged = policyOf('odrl:obligation :pay', ':pay a odrl:Duty; odrl:action odrl:compensate.')
    const [rule] = reportOf({ policy: obliged, world: done('Violated') }).rules
    assert.deepEqual([rule!.kind, rule!.isActive, rule!.conditions[0]!.deonticState], ['obligation', true, 'Violated'])
  })
})

describe('A policy', () => {
  it('that is compact says for all its rules what it says itself', () => {
    const policy = policyOf('odrl:target :meter; odrl:assignee :mayor; odrl:action odrl:read; odrl:permission [ a odrl:Permission ], [ a odrl:Permission; odrl:action odrl:print ]; odrl:prohibition [ odrl:target :camera ]')
    assert.deepEqual(activeRules({ policy }), [true, true, true])
    assert.deepEqual(activeRules({ policy, request: requestOf('odrl:assignee :mayor; odrl:action odrl:print; odrl:target :meter') }), [false, true, false])
    assert.deepEqual(activeRules({ policy, request: requestOf('odrl:assignee :clerk; odrl:action odrl:read; odrl:target :meter') }), [false, false, false])
  })

  it('inherits the rules of those before it, which are in the document', () => {
    const parent = ':law a odrl:Policy; odrl:prohibition [ odrl:action odrl:read ]; odrl:inheritFrom :order. :order a odrl:Policy; odrl:permission [ odrl:action odrl:use ].'
    const policy = (more: string) => `${policyOf('odrl:inheritFrom :law; odrl:permission [ odrl:action odrl:read ]')} ${more}`
    assert.deepEqual(reportOf({ policy: policyOf('odrl:inheritFrom :law; odrl:permission [ odrl:action odrl:read ]') }).rules.map(({ isActive }) => isActive), [false])
    const report = evaluateAll(policy(parent)).find(({ policy: id }) => id === 'https://city.example/policy')!
    assert.deepEqual([report.rules.map(({ kind, isActive }) => `${kind} ${isActive}`), report.decision], [['permission true', 'prohibition true', 'permission true'], 'deny'])
    assert.deepEqual(unknownTerms(reportOf({ policy: policyOf('odrl:inheritFrom :policy') })), ['https://city.example/policy'])
  })

  it('decides between an active permission and an active prohibition by its strategy, and by default that nobody may', () => {
    const both = (conflict: string) => policyOf(`${conflict} odrl:permission [ odrl:action odrl:read ]; odrl:prohibition [ odrl:action odrl:use ]`)
    assert.deepEqual(['', 'odrl:conflict odrl:invalid;', 'odrl:conflict odrl:prohibit;', 'odrl:conflict odrl:perm;'].map(conflict => reportOf({ policy: both(conflict) }).decision), ['deny', 'deny', 'deny', 'permit'])
    assert.deepEqual([permission(READS), prohibition(READS), permission('odrl:action odrl:sell')].map(policy => reportOf({ policy }).decision), ['permit', 'deny', 'deny'])
  })

  it('is asked for all that a request names: a permission covers all of it, a prohibition is about any', () => {
    const request = requestOf('odrl:assignee :mayor; odrl:action odrl:read; odrl:target :meter, :camera')
    assert.equal(isActive(permission('odrl:target :meter'), request), false)
    assert.equal(isActive(permission('odrl:target :meter, :camera'), request), true)
    assert.equal(isActive(prohibition('odrl:target :meter'), request), true)
  })
})

describe('What is not understood', () => {
  const cases: Record<string, [body: string, term: string]> = {
    'a left operand': [`${READS}; odrl:constraint [ odrl:leftOperand odrl:mood; odrl:operator odrl:eq; odrl:rightOperand 1 ]`, 'odrl:mood'],
    'a left operand of somebody else': [`${READS}; odrl:constraint [ odrl:leftOperand :mood; odrl:operator odrl:eq; odrl:rightOperand 1 ]`, 'https://city.example/mood'],
    'an operator': [`${READS}; odrl:constraint [ odrl:leftOperand odrl:dateTime; odrl:operator odrl:about; odrl:rightOperand 1 ]`, 'odrl:about'],
    'an action': ['odrl:assignee :mayor; odrl:action odrl:reed; odrl:target :meter', 'odrl:reed'],
    'a property of ODRL': [`${READS}; odrl:constraints [ odrl:leftOperand odrl:dateTime ]`, 'odrl:constraints'],
    'a property of somebody else': [`${READS}; :onlyOn "Monday"`, 'https://city.example/onlyOn'],
    'a datatype': [`${READS}; odrl:constraint [ odrl:leftOperand odrl:count; odrl:operator odrl:neq; odrl:rightOperand "1"^^:roman ]`, 'https://city.example/roman'],
    'a time that is none': [`${READS}; ${when('gt', '2027-02-30T00:00:00Z')}`, 'xsd:dateTime'],
    'a value that would have to be loaded': [`${READS}; odrl:constraint [ odrl:leftOperand odrl:count; odrl:operator odrl:neq; odrl:rightOperandReference <https://city.example/count> ]`, 'odrl:rightOperandReference'],
    'a constraint that is not there': [`${READS}; odrl:constraint :elsewhere`, 'odrl:leftOperand'],
    'a constraint of none': [`${READS}; odrl:constraint [ odrl:and () ]`, 'odrl:and'],
    'a duty': [`${READS}; odrl:duty [ odrl:action odrl:dance ]`, 'odrl:dance'],
    'a text for an action': ['odrl:assignee :mayor; odrl:action "odrl:read"; odrl:target :meter', 'odrl:action'],
    'a class': [`a odrl:Prohibition; ${READS}`, 'odrl:Prohibition'],
  }
  for (const [name, [body, term]] of Object.entries(cases)) {
    it(`(${name}) permits nothing, and is named`, () => {
      const report = reportOf({ policy: permission(body), request: forPurpose('dpv:ScientificResearch'), world: worldOf('[] odrl:leftOperand odrl:count; odrl:rightOperand 7.') })
      assert.deepEqual([report.rules[0]!.isActive, report.decision], [false, 'deny'])
      assert.ok(unknownTerms(report).includes(term), JSON.stringify(report.rules[0]!.faults))
    })
  }

  it('in a prohibition leaves no permission beside it', () => {
    const report = reportOf({ policy: policyOf('odrl:permission [ odrl:action odrl:use ]; odrl:prohibition [ odrl:constraint [ odrl:leftOperand odrl:mood; odrl:operator odrl:eq; odrl:rightOperand 1 ] ]; odrl:conflict odrl:perm') })
    assert.deepEqual([report.rules.map(({ isActive }) => isActive), report.decision], [[false, false], 'deny'])
  })

  it('in another permission leaves the rest as it is', () => {
    assert.deepEqual(activeRules({ policy: policyOf('odrl:permission [ odrl:action odrl:use ], [ odrl:action odrl:fly ]') }), [true, false])
  })

  it('of a policy as a whole, or of a request, permits nothing', () => {
    for (const policy of [policyOf('odrl:profile :ours; odrl:permission [ odrl:action odrl:use ]'), policyOf('odrl:conflict odrl:fight; odrl:permission [ odrl:action odrl:use ]'), policyOf('odrl:permission :elsewhere'), policyOf('a odrl:Offer; odrl:permission [ odrl:action odrl:use ]')]) {
      assert.deepEqual(activeRules({ policy }), [false], policy)
    }
    assert.deepEqual(activeRules({ policy: permission(''), request: requestOf(`${READS}; odrl:constraint [ odrl:leftOperand odrl:mood; odrl:operator odrl:eq; odrl:rightOperand 1 ]`) }), [false])
  })

  it('does not take descriptions for limits', () => {
    assert.equal(isActive(permission(`${READS}; dct:title "A reading"; skos:note "of the meter"`)), true)
  })
})

describe('An evaluation', () => {
  it('says the same for ever: its names too', () => {
    assert.deepEqual(reportOf({ policy: permission(READS) }), reportOf({ policy: permission(READS) }))
  })

  it('wants to know what time it is, once', () => {
    assert.throws(() => reportOf({ policy: permission(READS), world: '' }), /says once what time it is/)
    assert.throws(() => reportOf({ policy: permission(READS), world: worldOf('<http://example.com/request/currentTime> dct:issued "2029-01-01T00:00:00Z"^^xsd:dateTime.') }), /says once what time it is/)
    assert.throws(() => reportOf({ policy: permission(READS), world: worldOf('', '2027-13-01T00:00:00Z') }), /is no xsd:dateTime/)
  })

  it('of a rule is that of the atomic rules it stands for: active where one of them is', () => {
    const some = (names: readonly string[]) => fc.subarray([...names], { minLength: 0 })
    const actions = ['odrl:read', 'odrl:print', 'odrl:sell'], targets = [':meter', ':camera'], parties = [':mayor', ':clerk'], dimensions = fc.tuple(some(actions), some(targets), some(parties))
    const said = ([acts, assets, people]: readonly string[][]) => [['action', acts], ['target', assets], ['assignee', people]].flatMap(([property, values]) => (values as string[]).map(value => `; odrl:${property as string} ${value}`)).join('')
    fc.assert(fc.property(dimensions, dimensions, fc.constantFrom('permission', 'prohibition'), (ruled, asked, kind) => {
      const [policy] = readPolicies(readTurtle(policyOf(`odrl:${kind} [ dct:title "x" ${said(ruled)} ]`), 'p')) as [Policy]
      const requests = readRequestsOf(readTurtle(requestOf(`dct:title "x" ${said(asked)}`), 'r')), world = new World(readTurtle(worldOf(), 'w'))
      const [request] = requests, [wish] = request!.rules, single = atoms(wish!.rule).map(rule => ({ ...request!, rules: [{ ...wish!, rule }] }))
      const holds = (one: Policy, of: (typeof requests)[number]) => evaluate([one], [of], world)[0]!.rules[0]!.isActive
      const byAtoms = single.map(one => atoms(policy.rules[0]!).some(rule => holds({ ...policy, rules: [rule] }, one)))
      assert.equal(holds(policy, request!), kind === 'permission' ? byAtoms.every(Boolean) : byAtoms.some(Boolean))
    }), { numRuns: 300 })
  })

  it('has no more atomic rules than a rule may stand for', () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => `:a${n}`).join(', ')
    const rule = (count: number) => readPolicies(readTurtle(permission(`odrl:target ${many(count)}; odrl:assignee ${many(100)}`), 'p'))[0]!.rules[0]!
    assert.equal(atoms(rule(100)).length, ATOMS_MAX)
    assert.throws(() => atoms(rule(101)), /10000 atomic rules/)
  })
})

function evaluateAll(policy: string) {
  const graph = readTurtle(policy, 'p')
  return evaluate(readPolicies(graph), readRequestsOf(readTurtle(requestOf(), 'r')), new World(readTurtle(worldOf(), 'w'), graph))
}
