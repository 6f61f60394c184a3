import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DPV_PURPOSES } from '#gateway/consent/purposes/dpv-purposes.ts'
import { isKnownPurpose, PurposeSet } from '#gateway/consent/purposes/purpose-set.ts'
import { broaderOf } from '#test/support/consent-oracle.ts'

const VOCABULARY = join(import.meta.dirname, '../../../../shared/standards/dpv/dpv-purposes.csv')
const of = (...purposes: string[]) => new PurposeSet(purposes)
const TERMS = Object.keys(DPV_PURPOSES).map(term => `dpv:${term}`)

describe('A set of purposes', () => {
  it('covers what is narrower, and itself; never what is broader or beside it', () => {
    assert.ok(of('dpv:Marketing').covers(of('dpv:TargetedAdvertising')))
    assert.ok(of('dpv:Marketing').covers(of('dpv:Marketing')))
    assert.ok(!of('dpv:TargetedAdvertising').covers(of('dpv:Marketing')))
    assert.ok(!of('dpv:Marketing').covers(of('dpv:ServiceProvision')))
  })

  it('covers what has several that are broader by any of them', () => {
    for (const broader of ['dpv:CommercialPurpose', 'dpv:ResearchAndDevelopment', 'dpv:Purpose']) assert.ok(of(broader).covers(of('dpv:CommercialResearch')), broader)
  })

  it('meets what is narrower, what is broader, and what has something narrower in common with it', () => {
    assert.ok(of('dpv:Marketing').meets(of('dpv:TargetedAdvertising')))
    assert.ok(of('dpv:TargetedAdvertising').meets(of('dpv:Marketing')))
    assert.ok(of('dpv:CommercialPurpose').meets(of('dpv:ResearchAndDevelopment')), 'by commercial research')
    assert.ok(!of('dpv:Marketing').meets(of('dpv:AcademicResearch')))
  })

  it('takes purposes of others as they are written', () => {
    assert.ok(of('urn:example:a', 'dpv:Marketing').covers(of('urn:example:a')))
    assert.ok(!of('dpv:Purpose').covers(of('urn:example:a')), 'consent is for what was said')
    assert.ok(!of('urn:Marketing').covers(of('dpv:Marketing')))
    assert.deepEqual([of('urn:example:a').meets(of('urn:example:a')), of('urn:example:a').meets(of('urn:example:b'))], [true, false])
  })

  it('that holds everything meets everything', () => {
    assert.ok(of('dpv:Purpose').meets(of('urn:example:a')))
    assert.ok(of('urn:example:a').meets(of('dpv:Purpose')))
  })

  it('with one that is not known covers nothing, is covered by nothing, and is met by all', () => {
    const strange = of('dpv:NotYetKnown')
    assert.deepEqual([strange.covers(strange), of('dpv:Purpose').covers(strange), strange.covers(of('dpv:Marketing'))], [false, false, false])
    assert.deepEqual([strange.meets(of('urn:x')), of('urn:x').meets(strange)], [true, true])
    assert.deepEqual(['dpv:toString', 'dpv:__proto__', 'dpv:Purpose', 'urn:toString'].map(isKnownPurpose), [false, false, true, true])
  })

  it('covers, for each pair of the vocabulary, as a search from broader to broader finds it', () => {
    for (const term of TERMS) {
      const broader = broaderOf(term)
      for (const other of TERMS) assert.equal(of(other).covers(of(term)), broader.includes(other), `${other} covers ${term}`)
    }
  })

  it('meets, for each pair of the vocabulary, where some purpose is narrower than both', () => {
    const below = new Map(TERMS.map(term => [term, new Set(TERMS.filter(other => broaderOf(other).includes(term)))]))
    for (const one of TERMS) {
      for (const other of TERMS) {
        const isMet = one === 'dpv:Purpose' || other === 'dpv:Purpose' || !below.get(one)!.isDisjointFrom(below.get(other)!)
        assert.equal(of(one).meets(of(other)), isMet, `${one} and ${other}`)
      }
    }
  })

  it('has, as the published vocabulary, each purpose with what is directly broader (skipped where ../shared is absent)', function () {
    if (!existsSync(VOCABULARY)) this.skip()
    const rows = [...readFileSync(VOCABULARY, 'utf8').matchAll(/^"([^"]*)","class","[^"]+","(?:[^"]|"")*","(?:[^"]|"")*","[^"]*","[^"]*","([^"]*)"/gm)]
    const terms = new Set(rows.map(([, term]) => term))
    const published = rows.map(([, term, broader]) => [term!, broader!.split(';').map(iri => iri.slice(iri.indexOf('#') + 1)).filter(name => terms.has(name)).join(' ')] as const)
    assert.equal(published.length, 123)
    assert.deepEqual(DPV_PURPOSES, Object.fromEntries(published))
  })
})
