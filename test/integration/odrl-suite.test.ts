// The public ODRL test suite, SolidLabResearch/ODRL-Test-Suite (MIT), through our importer and evaluator. Its data lie beside the project, or where
// ODRL_TEST_SUITE says; they are read here and nowhere else. What the suite covers is in gateway/odrl/evaluation.test.ts too, in cases of our own.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { evaluateDocuments } from '#gateway/odrl/evaluation.ts'
import type { Graph } from '#gateway/odrl/graph.ts'
import { reportTriples } from '#gateway/odrl/report.ts'
import { TYPE } from '#gateway/odrl/terms.ts'
import { readTurtle, writeTurtle } from '#gateway/odrl/turtle.ts'
import { activation, dangling, satisfaction, shape } from '#test/support/odrl-reports.ts'

const EX = 'http://example.org/'
const BESIDE = join(import.meta.dirname, '../../../shared/standards/odrl-test-suite')
const DATA = join(process.env['ODRL_TEST_SUITE'] || BESIDE, 'data')
const CASES = 68

/** Expected reports that are at odds with their own case: they report on the duty of another policy, and in 065 name premises that are nowhere described. */
const AT_ODDS = ['testcase-065-alice', 'testcase-066-bob-sell', 'testcase-067-alice-past', 'testcase-068-bob-write-y-past']

interface Case { readonly name: string, readonly ours: Graph, readonly expected: Graph }

/** Each file of a folder by the one thing that it is about. */
function byId(folder: string, kinds: readonly string[]): Map<string, string> {
  return new Map(files(folder).map(file => {
    const text = readFileSync(join(DATA, folder, file), 'utf8'), graph = readTurtle(text, 'file')
    return [kinds.flatMap(kind => [...graph.subjects(TYPE, kind)])[0]!, text]
  }))
}

function files(folder: string): string[] { return readdirSync(join(DATA, folder)).filter(name => name.endsWith('.ttl')).sort() }

function cases(): readonly Case[] {
  const odrl = 'http://www.w3.org/ns/odrl/2/', policies = byId('policies', [`${odrl}Set`]), requests = byId('requests', [`${odrl}Request`]), worlds = byId('sotw', [`${EX}Sotw`])
  return files('test_cases').map(file => {
    const expected = readTurtle(readFileSync(join(DATA, 'test_cases', file), 'utf8'), 'case')
    const [test] = [...expected.subjects(TYPE, `${EX}TestCase`)], of = (documents: Map<string, string>, name: string): string => documents.get(expected.nodes(test!, EX + name)[0]!)!
    const reports = evaluateDocuments({ policy: of(policies, 'policy'), request: of(requests, 'request'), world: of(worlds, 'sotw') })
    assert.equal(reports.length, 1)
    assert.deepEqual([...reports[0]!.faults, ...reports[0]!.rules.flatMap(({ faults }) => faults)], [], file)
    // Read back from what is written, as a judge would.
    return { name: file.slice(0, -'.ttl'.length), ours: readTurtle(writeTurtle(reportTriples(reports[0]!)), 'ours'), expected }
  })
}

describe('The public ODRL test suite', () => {
  let all: readonly Case[]

  before(function () {
    if (!existsSync(DATA)) { console.log(`      skipped: ${BESIDE} is not here, and ODRL_TEST_SUITE does not say where it is`); this.skip() }
    all = cases()
  })

  /** The cases in which a measure differs. */
  function different(measure: (graph: Graph) => unknown): readonly string[] {
    return all.filter(({ ours, expected }) => JSON.stringify(measure(ours)) !== JSON.stringify(measure(expected))).map(({ name }) => name)
  }

  it(`agrees on activation in all ${CASES} cases, half of them active`, () => {
    assert.deepEqual([all.length, different(activation)], [CASES, []])
    assert.equal(all.filter(({ ours }) => activation(ours)[0]!.endsWith('#Active')).length, CASES / 2)
  })

  it('agrees on the satisfaction of each premise in all cases', () => {
    assert.deepEqual(different(satisfaction), [])
  })

  it('tells the same graph in all cases but those whose expected reports are at odds with their own policies', () => {
    assert.deepEqual(different(shape), AT_ODDS)
    assert.deepEqual(all.filter(({ expected }) => dangling(expected).length > 0).map(({ name }) => name), AT_ODDS.slice(0, 1))
    assert.deepEqual(all.filter(({ ours }) => dangling(ours).length > 0), [])
  })
})
