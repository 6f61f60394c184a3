// What was delivered in the minute before a kill -9, as the transparency log tells it after the next start.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfIds } from '#test/support/independent-verifier.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

interface Delivery { readonly consentId?: string, readonly from?: string, readonly to?: string, readonly count: number, readonly digest: string | null }

describe('What was delivered before a kill -9', function () {
  this.timeout(60_000)

  /** A gateway that is killed when a subscriber has received five messages, by two consents one after the other. */
  async function killed() {
    const data = temporaryFolder(), process = await GatewayProcess.start(data), users = new Users({ ...process.ready })
    const [owner, city] = await Promise.all([users.party('owner'), users.party('subscriber')]), device = await users.device(await users.pair(owner))
    const send = (value: number) => device.publishAsync('zigbee2mqtt/k', `{"temperature":${value}.5}`, { qos: 1 })
    await send(0)
    const [{ streamId }] = await users.streamsOf(owner) as [{ streamId: string }], { consentId: first } = await users.deal(owner, city, streamId, { price: '0.001', budget: '1' })
    const give = async () => (await users.ok(owner.key, 'POST', '/v1/consents', { streamId, recipient: city.partyId, purposes: ['dpv:PublicBenefit'], attributes: ['temperature'] })).consentId as string
    const second = await give(), watcher = users.subscribe(city, streamId)
    assert.ok(await watcher.opened)
    for (let value = 1; value <= 3; value++) await send(value)
    await watcher.count(3)
    await users.ok(owner.key, 'POST', `/v1/consents/${first}/withdraw`)
    const again = users.subscribe(city, streamId)
    assert.ok(await again.opened)
    for (let value = 4; value <= 5; value++) await send(value)
    await Promise.race([again.count(2), watcher.count(5)])
    const ids = [...watcher.got, ...again.got].map(({ messageId }) => messageId as string)
    await process.kill()
    return { data, operatorKey: process.ready.operatorKey!, city, consents: [first, second], ids: [...new Set(ids)].sort() }
  }

  async function toldBy(data: string, city: PartyKey): Promise<{ deliveries: readonly Delivery[], messages: number }> {
    const process = await GatewayProcess.start(data), users = new Users({ ...process.ready })
    try {
      const { entries } = await users.ok(city.key, 'GET', '/v1/transparency/entries'), told = (kind: string) => entries.filter((entry: any) => entry.kind === kind).map(({ payload }: any) => JSON.parse(payload))
      return { deliveries: told('delivery'), messages: told('usage').reduce((sum: number, { messages }: any) => sum + messages, 0) }
    } finally {
      await process.kill()
    }
  }

  it('has its digests all the same, by consent, made of the usage log and the journal', async () => {
    const { data, city, consents, ids } = await killed(), { deliveries, messages } = await toldBy(data, city)
    assert.equal(messages, ids.length)
    assert.deepEqual(deliveries.map(({ consentId, count }) => [consentId, count]).sort(), [[consents[0], 3], [consents[1], ids.length - 3]].sort())
    for (const { from, to, count, digest } of deliveries) {
      const theirs = ids.filter(id => isBetween(id, from!, to!))
      assert.deepEqual([theirs.length, digestOfIds(theirs)], [count, digest])
    }
  })

  it('is counted by consent, and said to have no digest, where the journal has not got it', async () => {
    const { data, city, consents, ids } = await killed()
    rmSync(join(data, 'journal'), { recursive: true })
    const { deliveries, messages } = await toldBy(data, city)
    assert.equal(messages, ids.length)
    assert.deepEqual(deliveries.map(({ consentId, count, digest, from }) => [consentId, count, digest, from]).sort(), [[consents[0], 3, null, undefined], [consents[1], ids.length - 3, null, undefined]].sort())
  })
})

function isBetween(id: string, from: string, to: string): boolean {
  const of = (text: string): readonly [number, number] => text.split('-').map(Number).slice(0, 2) as [number, number], [time, number] = of(id), [first, firstNumber] = of(from), [last, lastNumber] = of(to)
  return (time > first || (time === first && number >= firstNumber)) && (time < last || (time === last && number <= lastNumber))
}
