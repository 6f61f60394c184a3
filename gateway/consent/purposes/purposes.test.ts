import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { normalPurpose, normalPurposes, PURPOSE_CHARS_MAX, purposeIri } from '#gateway/consent/purposes/purposes.ts'

const VOCABULARY = join(import.meta.dirname, '../../../../shared/standards/dpv/dpv-purposes.csv')

describe('A purpose', () => {
  for (const [text, normal] of [
    ['dpv:ServiceProvision', 'dpv:ServiceProvision'],
    ['https://w3id.org/dpv#ServiceProvision', 'dpv:ServiceProvision'],
    ['https://w3id.org/dpv/owl#ServiceProvision', 'dpv:ServiceProvision'],
    ['https://w3id.org/dpv/dpv-owl#ServiceProvision', 'dpv:ServiceProvision'],
    ['https://example.org/purposes#flood-warning', 'https://example.org/purposes#flood-warning'],
    ['urn:example:purpose:1', 'urn:example:purpose:1'],
    ['https://example.org/zwecke/Lärmkarte', 'https://example.org/zwecke/Lärmkarte'],
  ] as const) it(`written ${text} is ${normal}`, () => assert.equal(normalPurpose(text), normal))

  for (const text of [
    '', 'ServiceProvision', 'dpv:', 'dpv:Service Provision', 'dpv:1st', 'dpv:a/b', 'https://w3id.org/dpv#', 'https://w3id.org/dpv#a#b',
    'urn:', '//example.org/x', '/x', '#x', 'https://example.org/a b', 'https://example.org/<x>', 'https://example.org/\u0000',
    'https://example.org/\ud800', 'https://example.org/\u2028', 'https://example.org/\uffff', ' dpv:Marketing', 'dpv:Marketing\n',
  ]) {
    it(
      `is not ${JSON.stringify(text)}`,
      () => assert.throws(() => normalPurpose(text), { code: 'BAD_REQUEST', message: /dpv:ServiceProvision/ }))
  }

  it('has at most so many characters', () => {
    const longest = `urn:${'x'.repeat(PURPOSE_CHARS_MAX - 4)}`
    assert.equal(normalPurpose(longest), longest)
    assert.throws(() => normalPurpose(`${longest}x`), { code: 'BAD_REQUEST' })
  })

  it('that is not one is told back at its beginning only', () => {
    assert.throws(() => normalPurpose('x'.repeat(1e6)), (error: Error) => error.message.length < 2 * PURPOSE_CHARS_MAX)
  })

  it('is told apart by its IRI, and named once however often it is given', () => {
    assert.deepEqual(
      normalPurposes(['dpv:Marketing', 'https://w3id.org/dpv#Marketing', 'urn:marketing', 'https://w3id.org/dpv/owl#Marketing', 'urn:Marketing']),
      ['dpv:Marketing', 'urn:marketing', 'urn:Marketing'])
  })

  for (const text of ['dpv:marketing', 'https://w3id.org/dpv#NotYetKnown', 'dpv:toString']) {
    it(`of the vocabulary is one that it has, unlike ${text}`, () => assert.throws(() => normalPurpose(text), { code: 'BAD_REQUEST', message: /DPV 2\.3 has no purpose/ }))
  }

  it('has the full IRI of the vocabulary', () => {
    assert.equal(purposeIri('dpv:Marketing'), 'https://w3id.org/dpv#Marketing')
    assert.equal(purposeIri('urn:example:1'), 'urn:example:1')
  })

  describe('of the published vocabulary (skipped where ../shared is absent)', () => {
    before(function () { if (!existsSync(VOCABULARY)) this.skip() })
    it('is taken in both ways of writing, each of them', () => {
      const iris = [...readFileSync(VOCABULARY, 'utf8').matchAll(/^"[^"]*","class","([^"]+)"/gm)].map(([, iri]) => iri!)
      assert.ok(iris.length > 100, `${iris.length} purposes`)
      for (const iri of iris) assert.equal(purposeIri(normalPurpose(iri)), iri)
      assert.equal(new Set(iris.map(normalPurpose)).size, iris.length)
    })
  })
})
