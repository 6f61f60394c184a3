import assert from 'node:assert/strict'
import { brokerAddress, checkAllowed } from '#gateway/bridge/broker-url.ts'
import { checkFilters } from '#gateway/bridge/filters.ts'

describe('The address of a broker', () => {
  it('has a host, a port, and TLS or not', () => {
    assert.deepEqual(brokerAddress('mqtt://Broker.Example'), { host: 'broker.example', port: 1883, isTls: false })
    assert.deepEqual(brokerAddress('mqtts://broker.example:9999/'), { host: 'broker.example', port: 9999, isTls: true })
    assert.deepEqual(brokerAddress('mqtt://[::1]:1884'), { host: '::1', port: 1884, isTls: false })
  })

  it('is nothing else', () => {
    for (const text of ['', 'broker', 'http://a', 'ws://a', 'mqtt://', 'mqtt://a/b', 'mqtt://a?x', 'mqtt://u@a', 'mqtt://u:p@a', 'mqtt://a:99999']) {
      assert.throws(() => brokerAddress(text), { code: 'BAD_REQUEST' }, text)
    }
  })

  it('is used when the operator allows it, and not otherwise', () => {
    const at = (url: string, ...allowed: string[]) => { checkAllowed(brokerAddress(url), allowed) }
    at('mqtt://broker.example:1', 'other', 'BROKER.example')
    at('mqtt://broker.example:1', 'broker.example:1')
    at('mqtt://[::1]:1884', '[::1]:1884')
    at('mqtt://[::1]', '::1')
    const isRefused = (url: string, ...allowed: string[]) => { assert.throws(() => at(url, ...allowed), { code: 'FORBIDDEN' }, url) }
    isRefused('mqtt://broker.example')
    isRefused('mqtt://broker.example:2', 'broker.example:1')
    isRefused('mqtt://evil.broker.example', 'broker.example')
    isRefused('mqtt://[::1]:1885', '[::1]:1884')
  })
})

describe('What a bridge reads', () => {
  it('is named by topic filters, without $ topics and shares', () => {
    checkFilters({ topics: ['a/#', '+/b', '#'], share: 'group', strip: 'site/' })
    for (const topic of ['', 'a#', 'a/#/b', '$SYS/#', '$share/g/a', 'a\u0000', 'a/'.repeat(600)]) assert.throws(() => checkFilters({ topics: ['ok', topic] }), { code: 'BAD_REQUEST' }, topic)
    for (const share of ['', 'a/b', '#', '+']) assert.throws(() => checkFilters({ topics: ['a'], share }), { code: 'BAD_REQUEST' }, share)
    assert.throws(() => checkFilters({ topics: ['a'], strip: '+/' }), { code: 'BAD_REQUEST' })
  })
})
