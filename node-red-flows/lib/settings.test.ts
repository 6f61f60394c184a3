// How a node reads what the editor, or a hand, has written.
import assert from 'node:assert/strict'
import { FakeRed } from './red.fake.ts'
import type { Message, RedConfig } from './red.ts'
import { asText, choice, evaluated, flag, list, number, text } from './settings.ts'

const RANGE = { fallback: 5, min: 1, max: 10 }

describe('settings', () => {
  it('keep a number in its range, and fall back where there is none', () => {
    const read = (value: unknown): number => number({ value }, 'value', RANGE)
    assert.deepEqual([1, '10', 0.5, '11', -3, Infinity].map(read), [1, 10, 1, 10, 1, 10])
    assert.deepEqual(['', ' ', 'many', undefined, null, NaN, {}].map(read), Array(7).fill(5))
  })

  it('are a text, a choice, yes or no, whatever stands there', () => {
    assert.deepEqual([' a ', 7, undefined, {}, true].map(value => text({ value }, 'value')), ['a', '7', '', '', ''])
    assert.deepEqual(['b', 'c', undefined].map(value => choice({ value }, 'value', ['a', 'b'])), ['b', 'a', 'a'])
    for (const value of [true, 'true']) assert.equal(flag({ value }, 'value'), true)
    for (const value of [false, 'false', 'no', undefined, 1]) assert.equal(flag({ value }, 'value'), false)
  })

  it('are lists by comma, by line, or as they are, without the same twice', () => {
    assert.deepEqual(list(' a, b\nc,,a '), ['a', 'b', 'c'])
    assert.deepEqual(list(['a', 'b ', 'a']), ['a', 'b'])
    for (const nothing of ['', undefined, null, 7, {}]) assert.deepEqual(list(nothing), [])
  })

  it('come from a message or the environment where they name one', async () => {
    const red = new FakeRed(), node = red.make.bind(red)
    red.types.set('t', () => {})
    red.environment.set('STREAM', 's1')
    const read = (config: RedConfig, message?: Message): Promise<unknown> => evaluated(red, node('t', {}), config, 'x', message)
    assert.equal(await read({ x: 'STREAM', xType: 'env' }), 's1')
    assert.deepEqual(await read({ x: 'payload.id', xType: 'msg' }, { payload: { id: [1] } }), [1])
    assert.equal(await read({ x: 'payload.id', xType: 'msg' }), 'payload.id')
    assert.deepEqual([await read({ x: 'a' }), await read({}), await read({ x: 7, xType: 'num' })], ['a', '', '7'])
    await assert.rejects(read({ x: 'a', xType: 'nonsense' }), { code: 'BAD_REQUEST', message: /^x: / })
  })

  it('refuse what is no text', () => {
    assert.deepEqual([asText('a', 'x'), asText(0.5, 'x')], ['a', '0.5'])
    for (const value of [{}, [], true, null]) assert.throws(() => asText(value, 'x'), { code: 'BAD_REQUEST', message: /^x / })
  })
})
