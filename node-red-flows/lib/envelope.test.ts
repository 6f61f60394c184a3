// What is an envelope, and which of them were seen before.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isMessageId, parseEnvelope, Seen } from './envelope.ts'
import { envelope } from './gateway.fake.ts'

const id = (timestamp: number, sequenceNumber: number, chain = 'c1'): string => `${timestamp}-${sequenceNumber}-${chain}-0xab`

describe('Seen', () => {
  it('takes each message of a chain once and in order, whatever is sent again', () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(3), fc.constantFrom('c1', 'c2'))), messages => {
      const seen = new Seen(), taken = messages.filter(([time, sequence, chain]) => seen.take(id(time, sequence, chain)))
      for (const chain of ['c1', 'c2']) {
        const order = taken.filter(([, , own]) => own === chain).map(([time, sequence]) => time * 10 + sequence)
        assert.deepEqual(order, [...new Set(order)].toSorted((a, b) => a - b))
      }
      const last = taken.at(-1)
      assert.equal(seen.last, last && id(...last))
    }))
  })

  it('knows what it begins behind', () => {
    const seen = new Seen(id(5, 1))
    assert.deepEqual([seen.take(id(5, 1)), seen.take(id(5, 0)), seen.take(id(5, 2)), seen.last], [false, false, true, id(5, 2)])
  })

  it('takes nothing that has no message id', () => {
    assert.equal(new Seen().take('2026-05-04T10:15:30Z'), false)
    assert.deepEqual(['earliest', '', '1-2-3', id(1, 2)].map(isMessageId), [false, false, false, true])
  })
})

describe('parseEnvelope', () => {
  it('reads what a gateway sends', () => {
    const sent = envelope('0x1/room/a', 3)
    assert.deepEqual(parseEnvelope(JSON.stringify(sent)), sent)
  })

  it('takes nothing else for one', () => {
    const contents = ['', ',"content":null', ',"content":[]'].map(content => `{"messageId":"1-0-c-0xab"${content}}`)
    for (const text of ['', 'null', '7', '[]', '{}', '{"messageId":7,"content":{}}', ...contents]) {
      assert.equal(parseEnvelope(text), undefined, text)
    }
  })
})
