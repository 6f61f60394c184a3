// Owners who can be found by whatever they are known by and have said, made by the roads that people take.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { connectAsync } from 'mqtt'
import { ConsentChain } from '#gateway/consent/chain.ts'
import { STATE_FILE } from '#gateway/state/database.ts'
import { readSnapshot } from '#gateway/state/snapshot.ts'
import { formsOf, formsOfNumber } from '#test/support/canaries.ts'
import { makeCertificate } from '#test/support/device-certificates.ts'
import type { PartyKey, Users } from '#test/support/running.ts'

export const MESSAGES = 3

/** An owner, and all by which they could be found. */
export interface Known extends PartyKey {
  readonly n: number
  readonly sourceId: string
  readonly password: string
  readonly streamId: string
  readonly consentId: string
  readonly agreementId: string
  readonly canaries: Map<string, readonly Buffer[]>
}

export const word = (n: number, what: string): string => `${what}-canary-${String(n).padStart(3, '0')}`
/** Digits that nothing else has. */
const value = (n: number, message: number): number => Number(`21.${731_000 + n}${message}`)
const lon = (n: number): number => Number(`4.3${57_000 + n}`)

export async function settle(users: Users, city: PartyKey, n: number): Promise<Known> {
  const { partyId, key } = await users.ok(users.operatorKey, 'POST', '/v1/parties', { role: 'owner', name: word(n, 'name') })
  const owner: PartyKey = { partyId, key }
  const { sourceId, username, password } = await users.pair(owner, { name: word(n, 'source'), location: [lon(n), 50.85] })
  const device = await connectAsync(users.mqtt, { username, password, clientId: word(n, 'client'), clean: false, reconnectPeriod: 0, protocolVersion: 5, properties: { sessionExpiryInterval: 3_600 } })
  const topic = `zigbee2mqtt/${word(n, 'device')}`
  await device.subscribeAsync(`zigbee2mqtt/${word(n, 'filter')}/set`, { qos: 1 })
  await device.publishAsync(topic, JSON.stringify({ temperature: 1 }), { qos: 1, retain: true })
  const [{ streamId }] = await users.streamsOf(owner) as [{ streamId: string }], [{ deviceId }] = await users.ok(owner.key, 'GET', '/v1/devices')
  await users.ok(owner.key, 'PATCH', `/v1/devices/${deviceId}`, { name: word(n, 'kitchen') })
  await users.ok(owner.key, 'POST', `/v1/sources/${sourceId}/certificates`, { certificate: makeCertificate(word(n, 'subject')).certificate }).catch(() => {})
  const purpose = `https://${word(n, 'purpose')}.example/p`
  const { consentId, agreementId } = await users.deal(owner, city, streamId, { price: '0.01', budget: '1', purposes: [purpose], purpose })
  for (let message = 1; message <= MESSAGES; message++) await device.publishAsync(topic, JSON.stringify({ temperature: value(n, message) }), { qos: (message % 2) as 0 | 1 })
  await device.endAsync(true)
  const [address, , opaque] = streamId.split('/') as [string, string, string]
  const texts = { partyId, sourceId, streamId, address, bareAddress: address.slice(2), opaque, deviceId, consentId, ...Object.fromEntries(['name', 'source', 'client', 'device', 'filter', 'kitchen', 'subject', 'purpose'].map(what => [what, word(n, what)])) }
  const numbers = { lon: lon(n), ...Object.fromEntries(Array.from({ length: MESSAGES }, (_, message) => [`value${message + 1}`, value(n, message + 1)])) }
  return {
    ...owner, n, sourceId, password, streamId, consentId, agreementId,
    canaries: new Map([...Object.entries(texts).map(([name, text]) => [name, formsOf(text)] as const), ...Object.entries(numbers).map(([name, number]) => [name, formsOfNumber(number)] as const)]),
  }
}

/** What their hashed and sealed secrets look like in the state. */
export function secretsOf(data: string, { partyId, sourceId }: Known): Map<string, readonly Buffer[]> {
  return readSnapshot(data, database => {
    const one = (sql: string, id: string): readonly Buffer[] => [Buffer.from(Object.values(database.prepare(sql).get(id)!)[0] as Uint8Array)]
    return new Map([
      ['key hash', one('SELECT hash FROM party_keys WHERE party_id = ?', partyId)], ['sealed key', one('SELECT sealed FROM publisher_keys WHERE party_id = ?', partyId)],
      ['password hash', one('SELECT password_hash FROM sources WHERE id = ?', sourceId)], ['salt', one('SELECT salt FROM consent_payloads WHERE owner_id = ?', partyId)],
    ])
  })
}

async function replay(users: Users, city: PartyKey, streamId: string): Promise<any[]> {
  const watcher = users.subscribe(city, streamId, 'envelope=1&from=earliest')
  await watcher.opened
  assert.equal(watcher.refusal, undefined)
  await watcher.count(MESSAGES)
  watcher.close()
  return watcher.got
}

export async function replayAll(users: Users, city: PartyKey, known: readonly Known[]): Promise<any[]> {
  const all: any[] = []
  for (const { streamId } of known) all.push(await replay(users, city, streamId))
  return all
}

export function chainLength(data: string): number {
  const database = new DatabaseSync(join(data, STATE_FILE))
  try {
    const events = new ConsentChain(database)
    events.load(() => {})
    return events.verify()
  } finally { database.close() }
}
