// A million mutated packets through the codec, and a million sent to a live server, which reads each connection up to its first fault, stays up,
// and holds no more than before.
import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Edge, type Peer } from '#test/support/mqtt-edge.ts'
import { fuzzCodec } from '#test/support/mqtt-fuzz.ts'
import { connectOf, diceOf, mutantOf, randomSeed, seedsOf, type Dice } from '#test/support/mqtt-mutants.ts'

const PACKETS = 1_000_000
const PACKETS_PER_CONNECTION = 25
const PEERS = 40
const ROUNDS = 5
const MIB_MORE_MAX = 16

/** So small that all are full after the first fifth: what grows then is a leak. */
const SMALL = { goodbyeMsMax: 250, sessionsPerSourceMax: 20, queueMessagesMax: 20, inFlightMax: 10, retainedPerSourceMax: 50, filtersPerSourceMax: 50 }

const VERSIONS = [3, 4, 5] as const
const SEEDS = { 3: seedsOf(3), 4: seedsOf(4), 5: seedsOf(5) }

/** One connection: every fourth begins with mutants, the others with a CONNECT that is right. */
async function attack(peer: Peer, number: number, dice: Dice): Promise<void> {
  const version = VERSIONS[number % 3]!, mutants = Array.from({ length: PACKETS_PER_CONNECTION }, () => mutantOf(SEEDS[version], dice))
  peer.send(...number % 4 ? [connectOf(version, `home${number % 7}`, `c${number % 50}`)] : [], ...mutants)
  peer.socket.end()
  await peer.closed()
}

/** What is held, after a collection. */
async function heapMiB(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    await new Promise(resolve => setImmediate(resolve))
    collect()
  }
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1_048_576
}

async function publishedOnce(edge: Edge): Promise<void> {
  const client = await edge.client('home99', { clientId: 'decent' })
  await client.publishAsync('alive', 'x', { qos: 2 })
  await client.endAsync()
}

describe('A million mutated packets', () => {
  it('are taken or refused by the codec', () => {
    const seed = randomSeed(), { taken, refused, unfinished } = fuzzCodec(PACKETS, seed)
    console.log(`      seed ${seed}: ${taken} taken, ${refused} refused, ${unfinished} unfinished`)
    assert.ok(taken > PACKETS / 20)
  })

  it('leave a live server up, serving, and no larger', async () => {
    const seed = randomSeed(), dice = diceOf(seed), failures: unknown[] = []
    console.log(`      seed ${seed}`)
    const live = await new Edge({ log: { debug() {}, info() {}, error: fields => failures.push(fields) }, limits: SMALL }).start()
    try {
      let started = 0
      const share = (total: number) => Promise.all(Array.from({ length: PEERS }, async () => {
        while (started < total) {
          const peer = await live.peer()
          await attack(peer, started++, dice)
          live.forget(peer)
          live.taken.length = live.connected.length = live.disconnected.length = live.refused.length = 0
        }
      }))
      const connections = PACKETS / PACKETS_PER_CONNECTION, heaps: number[] = []
      for (let round = 1; round <= ROUNDS; round++) {
        await share(connections * round / ROUNDS)
        heaps.push(await heapMiB())
      }
      await publishedOnce(live)
      assert.deepEqual(failures, [])
      console.log(`      ${connections} connections, MiB of heap after each fifth: ${heaps.map(heap => heap.toFixed(1)).join(', ')}`)
      assert.ok(heaps.at(-1)! - heaps[0]! < MIB_MORE_MAX)
    } finally {
      await live.stop()
    }
  })
})
