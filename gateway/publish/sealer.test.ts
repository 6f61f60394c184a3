import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import type { ProvenMessage } from '#gateway/publish/proven-message.ts'
import { SealedSink, type ProvenSink } from '#gateway/publish/sealed-sink.ts'
import { LEAVES_MAX, Sealer } from '#gateway/publish/sealer.ts'
import { SEND_BUFFER_BYTES_MAX } from '#gateway/publish/sink.ts'
import { isProven } from '#test/support/independent-verifier.ts'
import { outgoing, turn } from '#test/support/transport.ts'

/** A transport that takes what it gets until it is told that it is full. */
class FakeSink implements ProvenSink {
  onDrain = () => {}
  isFull = false
  isEmpty = true
  hasRoom = true
  readonly got: string[] = []
  readonly said: string[] = []

  sendProven(messages: readonly ProvenMessage[]): boolean {
    this.got.push(...messages.map(({ text }) => text))
    this.said.push(`sent ${messages.length}`)
    return this.hasRoom
  }

  caughtUp(): void { this.said.push('caught up') }
  end(code: string): void { this.said.push(`end ${code}`) }
  cut(code: string): void { this.said.push(`cut ${code}`) }
}

describe('The sealer', () => {
  let sealer: Sealer, key: SigningKey, signatures: number
  const open = () => {
    const inner = new FakeSink(), sink = new SealedSink(inner, sealer), drained: string[] = []
    sink.onDrain = () => { drained.push('drained') }
    return { inner, sink, drained }
  }
  const proofs = (inner: FakeSink) => inner.got.map(text => JSON.parse(text).proof)
  beforeEach(() => {
    key = new SigningKey(generateKeyPairSync('ed25519').privateKey)
    signatures = 0
    const counting = { kid: key.kid, sign: (text: string) => { signatures++; return key.sign(text) } } as SigningKey
    sealer = new Sealer({ key: counting, clock: { now: () => 7 } })
  })

  it('proves all that goes out in a turn by one signature, to each its own and in order', async () => {
    const sinks = Array.from({ length: 5 }, open)
    for (const [n, { sink }] of sinks.entries()) {
      assert.equal(sink.send([outgoing(10 * n), outgoing(10 * n + 1)]), true)
      assert.equal(sink.send([outgoing(10 * n + 2)]), true)
      assert.equal(sink.isEmpty, false)
    }
    await turn()
    assert.equal(signatures, 1)
    for (const [n, { inner, sink, drained }] of sinks.entries()) {
      assert.deepEqual(inner.got.map(text => JSON.parse(text).content.n), [10 * n, 10 * n + 1, 10 * n + 2])
      for (const text of inner.got) assert.ok(isProven(text, { keys: [key.jwk] }), text)
      assert.deepEqual([sink.isEmpty, inner.said, drained], [true, ['sent 3'], []])
    }
    sinks[0]!.sink.send([outgoing(99)])
    await turn()
    assert.equal(signatures, 2)
  })

  it('shares the leaf of a view among those who have the same', async () => {
    const [a, b] = [open(), open()], view = outgoing(1)
    a.sink.send([view])
    b.sink.send([outgoing(2), view])
    await turn()
    assert.equal(a.inner.got[0], b.inner.got[1])
    assert.deepEqual(proofs(b.inner).map(({ size }) => size), [2, 2])
  })

  it('keeps what it proves: the memory that a view is cut from is used again before the turn is over', async () => {
    const { inner, sink } = open(), view = outgoing(1), before = view.text
    sink.send([view])
    view.message.content.bytes.fill(0)
    await turn()
    assert.equal(JSON.stringify(JSON.parse(inner.got[0]!).content), before)
    assert.ok(isProven(inner.got[0]!, { keys: [key.jwk] }))
  })

  it('lets nothing out of a transport that was cut while it waited', async () => {
    const [a, b] = [open(), open()]
    a.sink.send([outgoing(1), outgoing(2)])
    b.sink.send([outgoing(3)])
    a.sink.cut('CONSENT_WITHDRAWN')
    assert.equal(a.sink.isEmpty, true)
    await turn()
    assert.deepEqual([a.inner.got, a.inner.said], [[], ['cut CONSENT_WITHDRAWN']])
    assert.ok(isProven(b.inner.got[0]!, { keys: [key.jwk] }))
  })

  it('hands over what waits ahead of an end, and nothing of anybody else', async () => {
    const [a, b] = [open(), open()]
    a.sink.send([outgoing(1)])
    b.sink.send([outgoing(2)])
    a.sink.end('SUSPENDED', 'spent')
    assert.deepEqual([a.inner.said, b.inner.said], [['sent 1', 'end SUSPENDED'], []])
    assert.ok(isProven(a.inner.got[0]!, { keys: [key.jwk] }))
    await turn()
    assert.deepEqual([a.inner.said, b.inner.said], [['sent 1', 'end SUSPENDED'], ['sent 1']])
    assert.equal(signatures, 1)
  })

  it('goes on behind a signature that came early, in order', async () => {
    const [a, b] = [open(), open()]
    for (const { sink } of [a, b]) sink.send([outgoing(1)])
    a.sink.flush()
    for (const { sink } of [a, b]) sink.send([outgoing(2)])
    assert.deepEqual([a.inner.said, b.inner.said], [['sent 1'], ['sent 1']])
    await turn()
    await turn()
    for (const { inner } of [a, b]) {
      assert.deepEqual(inner.got.map(text => JSON.parse(text).content.n), [1, 2])
      for (const text of inner.got) assert.ok(isProven(text, { keys: [key.jwk] }), text)
    }
    assert.equal(signatures, 2)
  })

  it('tells that all was handed over when it was', async () => {
    const { inner, sink } = open()
    sink.send([outgoing(1)])
    sink.caughtUp()
    await turn()
    sink.caughtUp()
    assert.deepEqual(inner.said, ['sent 1', 'caught up', 'caught up'])
  })

  it('asks to be left alone when a megabyte waits, and goes on by itself', async () => {
    const { sink, drained } = open()
    let count = 1
    while (sink.send([outgoing(count, 10_000)])) count++
    assert.ok(count * 10_000 < 1.1 * SEND_BUFFER_BYTES_MAX)
    assert.deepEqual(drained, [])
    await turn()
    assert.deepEqual([drained, sink.send([outgoing(1)])], [['drained'], true])
  })

  it('goes on when its transport has room again, and not before', async () => {
    const { inner, sink, drained } = open()
    inner.hasRoom = false
    assert.equal(sink.send([outgoing(1)]), true)
    await turn()
    assert.equal(sink.send([outgoing(2)]), false, 'it has been told of the transport')
    await turn()
    assert.deepEqual([inner.got.length, drained], [2, []])
    inner.onDrain()
    assert.deepEqual(drained, ['drained'])
    inner.hasRoom = true
    assert.equal(sink.send([outgoing(3)]), true)
    await turn()
    assert.deepEqual([inner.got.length, drained], [3, ['drained']])
  })

  it('waits for a transport that is full at first', () => {
    const inner = new FakeSink(), drained: string[] = []
    inner.isFull = true
    const sink = new SealedSink(inner, sealer)
    sink.onDrain = () => { drained.push('drained') }
    assert.equal(sink.isFull, true)
    inner.onDrain()
    assert.deepEqual(drained, ['drained'])
  })

  it('seals no more at once than it may, and all in the end', async () => {
    const sinks = Array.from({ length: 5 }, open), views = Array.from({ length: LEAVES_MAX / 2 }, (_, n) => outgoing(n, 0))
    for (const { sink } of sinks) sink.send(views.map((_, n) => outgoing(n, 0)))
    await turn()
    assert.deepEqual(sinks.map(({ inner }) => inner.got.length > 0), [true, true, false, false, false])
    await turn()
    await turn()
    assert.equal(signatures, 3)
    for (const { inner } of sinks) assert.equal(inner.got.length, views.length)
    assert.ok(isProven(sinks[4]!.inner.got.at(-1)!, { keys: [key.jwk] }))
  })
})
