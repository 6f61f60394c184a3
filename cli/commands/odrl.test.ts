import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DOCUMENT_CHARS_MAX } from '#gateway/odrl/document.ts'
import { readTurtle } from '#gateway/odrl/turtle.ts'
import { sluice, sluiceJson } from '#test/support/command-line.ts'
import { activation } from '#test/support/odrl-reports.ts'
import { policyOf, requestOf, worldOf } from '#test/support/odrl.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('odrl', () => {
  const folder = temporaryFolder()
  const file = (name: string, text: string) => { const path = join(folder, name); writeFileSync(path, text); return path }
  const policy = file('policy.ttl', policyOf('odrl:permission :may', ':may a odrl:Permission; odrl:assignee :mayor; odrl:action odrl:use.'))
  const unknown = file('unknown.ttl', policyOf('odrl:permission :may', ':may a odrl:Permission; odrl:action odrl:fly.'))
  const request = file('request.ttl', requestOf()), world = file('world.ttl', worldOf())
  const evaluate = (path = policy) => ['odrl', 'evaluate', '--policy', path, '--request', request, '--world', world]

  it('evaluate tells people, programs and RDF the same', async () => {
    assert.deepEqual(await sluice(evaluate()), { code: 0, out: 'https://city.example/policy for https://city.example/asked: permit\n  Active  permission  https://city.example/may  Party satisfied, Action satisfied\n', err: '' })
    const { reports: [report] } = await sluiceJson(evaluate())
    assert.deepEqual([report.decision, report.created, report.rules[0].activationState, report.rules[0].premises.map(({ satisfactionState }: any) => satisfactionState)], ['permit', '2027-03-01T12:00:00Z', 'Active', ['Satisfied', 'Satisfied']])
    const { out } = await sluice([...evaluate(), '--turtle'])
    assert.match(activation(readTurtle(out, 'r'))[0]!, /^https:\/\/city.example\/may https:\/\/city.example\/wish \S+#Attempted \S+#Active$/)
  })

  it('evaluate takes JSON-LD as well', async () => {
    const path = file('policy.jsonld', JSON.stringify({ '@context': 'http://www.w3.org/ns/odrl.jsonld', '@type': 'Set', uid: 'urn:p', permission: [{ uid: 'urn:r', action: 'use' }] }))
    assert.equal((await sluiceJson(evaluate(path))).reports[0].rules[0].activationState, 'Active')
  })

  it('evaluate answers what is not understood with a denial that names it', async () => {
    const { reports: [{ decision, rules: [rule] }] } = await sluiceJson(evaluate(unknown))
    assert.deepEqual([decision, rule.activationState, rule.faults[0].term], ['deny', 'Inactive', 'odrl:fly'])
    assert.match((await sluice(evaluate(unknown))).out, /not understood: the action odrl:fly is not known \(in https:\/\/city.example\/may\)\n$/)
  })

  it('check counts what there is, and ends with 1 where something is not understood', async () => {
    assert.deepEqual(await sluiceJson(['odrl', 'check', policy]), { ok: true, policies: [{ policy: 'https://city.example/policy', kind: 'Set', conflict: 'invalid', permissions: 1, prohibitions: 0, obligations: 0, atoms: 1, faults: [] }] })
    const { code, out, err } = await sluice(['odrl', 'check', unknown, '--json'])
    assert.deepEqual([code, JSON.parse(out).policies[0].faults[0].term, JSON.parse(err).error.code], [1, 'odrl:fly', 'BAD_REQUEST'])
    assert.equal((await sluice(['odrl', 'check', policy])).out, 'https://city.example/policy: Set, conflict invalid, 1 permissions, 0 prohibitions, 0 obligations, 1 atomic rules\n')
  })

  it('says of files what is wrong with them', async () => {
    const refused = async (path: string) => { const { code, err } = await sluice(['odrl', 'check', path, '--json']); return [code, JSON.parse(err).error.message] as const }
    assert.match((await refused(join(folder, 'nowhere')))[1], /nowhere cannot be read: ENOENT/)
    assert.match((await refused(folder))[1], /cannot be read: EISDIR/)
    assert.deepEqual(await refused(file('empty', '')), [1, 'The document has no policy: none is an odrl:Policy, odrl:Set, odrl:Offer or odrl:Agreement.'])
    assert.match((await refused(file('long', ' '.repeat(DOCUMENT_CHARS_MAX + 1))))[1], /4194304 characters/)
    assert.match((await refused('/dev/zero'))[1], /\/dev\/zero is longer than the 4194304 characters/)
    assert.deepEqual((await sluice([...evaluate(), '--turtle', '--json'])).code, 2)
  })
})
