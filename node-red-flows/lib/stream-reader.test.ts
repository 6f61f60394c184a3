// A reader against a gateway that breaks, refuses, ends, falls silent and comes back.
import assert from 'node:assert/strict'
import { envelope, FakeGateway, until } from './gateway.fake.ts'
import type { GatewayError } from './gateway-error.ts'
import { READER_TIMES, StreamReader, type ReaderOptions } from './stream-reader.ts'

const STREAM = '0x1/room/a b'

describe('StreamReader', () => {
  let gateway: FakeGateway, got: number[], states: string[], ends: GatewayError[], begins: string[], reader: StreamReader
  const read = (options: Partial<ReaderOptions> = {}): StreamReader => {
    [got, states, ends, begins] = [[], [], [], []]
    reader = new StreamReader({
      url: gateway.url, key: 'key', streamId: STREAM, from: undefined, stopsOnEnd: false,
      onEnvelope: ({ content }) => got.push((content['temperature'] as { value: number }).value),
      onState: state => states.push(state), onEnd: error => ends.push(error), onBegin: from => begins.push(from), ...options,
    })
    reader.start()
    return reader
  }
  const say = (...numbers: number[]): void => gateway.publish(...numbers.map(n => envelope(STREAM, n)))
  const isConnected = (): boolean => reader.state === 'connected' && gateway.sockets.size === 1

  beforeEach(async () => { gateway = await new FakeGateway().start() })
  afterEach(async () => {
    reader.stop()
    await gateway.stop()
  })

  it('goes on behind the last message when the gateway was killed and comes back, without a gap or a duplicate', async () => {
    read()
    await until(isConnected)
    say(1, 2, 3)
    await until(() => got.length === 3)
    await gateway.stop()
    await until(() => reader.state === 'connecting')
    say(4, 5)
    await gateway.start()
    await until(() => got.length === 5)
    say(6)
    await until(() => got.length === 6)
    assert.deepEqual(got, [1, 2, 3, 4, 5, 6])
    assert.deepEqual([gateway.asked[0], gateway.asked.at(-1)], ['', envelope(STREAM, 3).messageId])
    assert.deepEqual(states, ['connecting', 'connected', 'connecting', 'connected'])
  })

  it('drops what comes twice or is older than what it has', async () => {
    read()
    await until(isConnected)
    say(2, 2, 1, 3)
    await until(() => got.includes(3))
    assert.deepEqual(got, [2, 3])
  })

  it('begins where it is told, and takes nothing up to there', async () => {
    say(1, 2, 3)
    read({ from: envelope(STREAM, 2).messageId })
    await until(() => got.length === 1)
    assert.deepEqual([got, begins], [[3], []])
  })

  it('says when it began, and goes on from there after a break before the first message', async () => {
    read()
    await until(isConnected)
    for (const socket of gateway.sockets) socket.terminate()
    await until(() => gateway.asked.length === 2)
    assert.equal(begins.length, 1)
    assert.deepEqual(gateway.asked, ['', begins[0]])
  })

  it('tells once with which code the gateway has ended it, asks again slowly, and tells when it is open again', async () => {
    read({ times: { ...READER_TIMES, askAgainMs: 10 } })
    await until(isConnected)
    gateway.refuses = { status: 403, code: 'CONSENT_WITHDRAWN' }
    for (const socket of gateway.sockets) socket.close(4403, 'CONSENT_WITHDRAWN')
    await until(() => gateway.asked.length > 3)
    assert.deepEqual(ends.map(({ code }) => code), ['CONSENT_WITHDRAWN'])
    assert.ok(ends[0] instanceof Error)
    assert.deepEqual([reader.state, reader.endCode], ['ended', 'CONSENT_WITHDRAWN'])
    gateway.refuses = undefined
    await until(isConnected)
    assert.equal(reader.endCode, undefined)
  })

  it('tells the problem with which it was refused, and another one when that changes', async () => {
    gateway.refuses = { status: 403, code: 'NO_AGREEMENT' }
    read({ times: { ...READER_TIMES, askAgainMs: 10 } })
    await until(() => ends.length === 1)
    gateway.refuses = { status: 402, code: 'SUSPENDED' }
    await until(() => ends.length === 2)
    assert.deepEqual(ends.map(({ code, message, problem }) => [code, message, problem?.code]), [
      ['NO_AGREEMENT', 'Because of NO_AGREEMENT.', 'NO_AGREEMENT'], ['SUSPENDED', 'Because of SUSPENDED.', 'SUSPENDED'],
    ])
  })

  it('does not ask again after an end where it is told not to', async () => {
    gateway.refuses = { status: 403, code: 'EXPIRED' }
    read({ stopsOnEnd: true, times: { ...READER_TIMES, askAgainMs: 1 } })
    await until(() => ends.length === 1)
    await new Promise(done => setTimeout(done, 50))
    assert.equal(gateway.asked.length, 1)
  })

  it('takes UNAVAILABLE for a break, as a gateway that stops says it', async () => {
    read()
    await until(isConnected)
    for (const socket of gateway.sockets) socket.close(4403, 'UNAVAILABLE')
    await until(() => gateway.asked.length === 2)
    assert.deepEqual(ends, [])
  })

  it('leaves a gateway that answers no ping', async () => {
    gateway.isAlive = false
    read({ times: { ...READER_TIMES, pingEveryMs: 10, pongMsMax: 20 } })
    await until(() => gateway.asked.length === 2)
    assert.deepEqual(states.slice(0, 3), ['connecting', 'connected', 'connecting'])
  })

  it('stays with a gateway that answers', async () => {
    read({ times: { ...READER_TIMES, pingEveryMs: 5, pongMsMax: 500 } })
    let pings = 0
    await until(isConnected)
    for (const socket of gateway.sockets) socket.on('ping', () => pings++)
    await until(() => pings > 5)
    assert.equal(gateway.asked.length, 1)
  })

  it('takes nothing while it is paused, loses nothing, and asks for no sign of life that it could not see', async () => {
    read({ times: { ...READER_TIMES, pingEveryMs: 10, pongMsMax: 10 } })
    await until(isConnected)
    reader.pause()
    say(1, 2)
    await new Promise(done => setTimeout(done, 60))
    assert.deepEqual([got, reader.state], [[], 'connected'])
    reader.resume()
    await until(() => got.length === 2)
    assert.deepEqual([got, gateway.asked.length], [[1, 2], 1])
  })

  it('takes nothing any more when it is stopped', async () => {
    read()
    await until(isConnected)
    say(1)
    reader.stop()
    await until(() => gateway.sockets.size === 0)
    assert.deepEqual([got, states.at(-1)], [[], 'stopped'])
  })

  it('says what is wrong with the address of a gateway', () => {
    read({ url: 'ftp://127.0.0.1' })
    assert.deepEqual(ends.map(({ code }) => code), ['BAD_REQUEST'])
  })

  it('asks again what sends no envelopes', async () => {
    read()
    await until(isConnected)
    for (const socket of gateway.sockets) socket.send('hello')
    await until(() => gateway.asked.length === 2)
    assert.deepEqual(got, [])
  })
})
