// The data directory of a gateway that has all its business behind it: sources paired, devices seen, consents, offers and agreements made.
// By the gateway's own rooms and not over HTTP, as a hundred thousand devices want; what a disk would cost is not measured here.
import type { DatabaseSync } from 'node:sqlite'
import { recognise } from '#adapters/registry.ts'
import { grantedOf, type Fleet, type FleetDevice } from '#benchmarks/fleet.ts'
import { Consents } from '#gateway/consent/consents.ts'
import { factsOf } from '#gateway/consent/notices/facts.ts'
import { Notices } from '#gateway/consent/notices/notices.ts'
import { Devices } from '#gateway/devices/devices.ts'
import { Sources, type Source } from '#gateway/devices/sources.ts'
import { Streams, type Stream } from '#gateway/devices/streams.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { Agreements } from '#gateway/market/agreements.ts'
import { Ledger } from '#gateway/market/ledger.ts'
import { Offers } from '#gateway/market/offers.ts'
import { MQTT_LIMITS } from '#gateway/mqtt/limits.ts'
import { Parties } from '#gateway/parties/parties.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { openState } from '#gateway/state/database.ts'
import { map } from '#semantic-models/mapper.ts'
import { makeCorpus } from '#benchmarks/corpus/hostile-corpus.ts'

const PURPOSE = 'dpv:ServiceProvision'
/** As a gateway has it that nobody told otherwise: its notice says so. */
const RETENTION_DAYS = 7
/** As a city has hubs: one does not speak for everybody, where there are so many connections. */
const SOURCES_MIN = 8
/** An account and a connection of it have room for them: SESSIONS_PER_PARTY_MAX, feedsPerReaderMax. */
const STREAMS_PER_ACCOUNT_MAX = 18_000

export interface Business {
  /** For each reader the attributes that it is granted of an entity; the usual ones where undefined. */
  readonly readers: readonly (readonly string[] | undefined)[]
  /** Consents that name somebody else, spread over the streams. */
  readonly otherConsents: number
}

export interface Prepared {
  /** For each connection of the fleet. */
  readonly publishers: readonly { readonly username: string, readonly password: string }[]
  /** For each reader its accounts: one has no room for more than so many streams. */
  readonly readers: readonly (readonly Account[])[]
}

export interface Account { readonly partyId: string, readonly key: string, readonly streamIds: readonly string[] }

/** As a gateway of that directory has them. */
export function consentsIn(directory: string, database: DatabaseSync, onChange: (streamId: string) => void = () => {}): Consents {
  const notices = new Notices(database, systemClock, factsOf(undefined, RETENTION_DAYS))
  return new Consents(database, systemClock, onChange, { key: SigningKey.open(directory), notices })
}

export function prepareData(directory: string, fleet: Fleet, { readers, otherConsents }: Business): Prepared {
  const database = openState(directory), clock = systemClock, nobodyWaits = (): void => {}
  database.exec('PRAGMA synchronous = OFF')
  const parties = new Parties(database, clock, new Vault(directory)), sources = new Sources(database, clock)
  const devices = new Devices(database, clock, sources), streams = new Streams(database, clock, ownerId => parties.get(ownerId)!.address!)
  const consents = consentsIn(directory, database), offers = new Offers(database, clock), ledger = new Ledger(database, clock)
  const agreements = new Agreements({ database, clock, offers, ledger, onChange: nobodyWaits })
  const owner = parties.add({ role: 'owner', name: 'Owner' }).party
  const perSource = Math.min(MQTT_LIMITS.connectionsPerSourceMax, Math.ceil(fleet.connections / SOURCES_MIN))
  const paired = Array.from({ length: Math.ceil(fleet.connections / perSource) }, (_, n) => sources.pair(owner.id, { name: `Hub ${n}` }))
  const sourceOf = (connection: number) => paired[Math.floor(connection / perSource)]!
  const known = fleet.devices.map(device => streamOf(device, sourceOf(device.connection).source, devices, streams))
  devices.flush()
  streams.flush()
  const open = known.flatMap(({ id }, n) => fleet.devices[n]!.isConsented ? [{ id, usual: grantedOf(fleet.devices[n]!.shape) }] : [])
  const agree = (partyId: string, { id: streamId, usual }: typeof open[number], attributes = usual): string => {
    const offer = offers.create(owner.id, { streamId, price: 0n, unit: 'message', currency: 'EUR', attributes })
    consents.grant({ ownerId: owner.id, streamId, recipient: partyId, purposes: [PURPOSE], attributes })
    agreements.agree(partyId, { offerId: offer.id, purpose: PURPOSE })
    return streamId
  }
  const accounts = readers.map(attributes => chunks(open, STREAMS_PER_ACCOUNT_MAX).map((some): Account => {
    const { party, key } = parties.add({ role: 'subscriber', name: 'City' })
    return { partyId: party.id, key, streamIds: some.map(each => agree(party.id, each, attributes)) }
  }))
  for (let n = 0; n < otherConsents; n++) {
    consents.grant(
      {
        ownerId: owner.id, streamId: open[n % open.length]!.id, recipient: `sub_somebody${n}`, purposes: [PURPOSE],
        attributes: ['temperature'],
      }
    )
  }
  database.close()
  return { publishers: Array.from({ length: fleet.connections }, (_, n) => sourceOf(n)), readers: accounts }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))
}

/** The stream that carries the sequence number, after the device has spoken once. */
function streamOf({ name, shape, topic }: FleetDevice, source: Source, devices: Devices, streams: Streams): Stream {
  const [first] = makeCorpus(
    { seed: 1, shapes: [shape], devicesPerShape: 1, messagesPerDevice: 1, isHostile: false, at: Date.now() }
  ).messages
  const payload = Buffer.from(first!.payload.toString().replaceAll(`${shape.name}-0`, name)), { adapter } = recognise(topic)!
  const decoded = adapter.decode({ topic, payload, qos: 0, retain: false, receivedAt: Date.now() }, undefined, {})
  for (const { device } of decoded.readings) devices.find(source, adapter.name, device)
  for (const report of decoded.devices) devices.report(devices.peek(source.id, adapter.name, report.device)!, report)
  const { observations } = map(decoded.readings, key => devices.peek(source.id, adapter.name, key)!.facts, Date.now())
  const found = observations.map(
    observation => streams.find(source, devices.peek(source.id, adapter.name, observation.device)!, observation)
  )
  return found[observations.findIndex(({ model }) => model.type === shape.model)]!
}
