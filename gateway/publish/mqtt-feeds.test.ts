// A stream over MQTT that its reader leaves: what waits for its proof then.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import type { FeedMessage, FeedOutlet } from '#gateway/mqtt/feeds.ts'
import type { Party } from '#gateway/parties/parties.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { MqttFeeds } from '#gateway/publish/mqtt-feeds.ts'
import { Sealer } from '#gateway/publish/sealer.ts'
import type { Sink } from '#gateway/publish/sink.ts'
import { outgoing, turn } from '#test/support/transport.ts'

describe('A stream with proofs over MQTT', () => {
  it('sends what waits for its proof as it is stopped, and nothing when the turn is over', async () => {
    let sink!: Sink
    const sent: string[] = [], said: string[] = []
    const outlet: FeedOutlet = {
      isFull: false, isEmpty: true, caughtUp: () => {}, end: () => {}, cut: () => {}, reset: () => {},
      send: (messages: readonly FeedMessage[]) => { sent.push(...messages.map(({ id }) => id)); said.push('sent'); return true },
    }
    const feeds = new MqttFeeds({
      live: { open: (_party, _id, _from, connect) => { sink = connect(); return { stop: () => { said.push('stopped') }, close: () => { said.push('closed') } } } },
      seals: new Sealer({ key: new SigningKey(generateKeyPairSync('ed25519').privateKey), clock: { now: () => 7 } }), party: () => ({}) as Party,
    })
    const feed = feeds.open('city', 'proofs/s', undefined, outlet)
    sink.send([outgoing(1), outgoing(2)])
    assert.deepEqual(sent, [])
    feed.stop()
    feed.close()
    await turn()
    assert.deepEqual([sent.length, said], [2, ['stopped', 'sent', 'closed']])
  })
})
