// Streams: one per device and model (for a DeviceMeasurement one per quantity), made when the first observation of it comes.
import type { DatabaseSync } from 'node:sqlite'
import type { Device } from '#gateway/devices/devices.ts'
import type { Source } from '#gateway/devices/sources.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { transaction } from '#gateway/state/database.ts'
import type { Model } from '#semantic-models/model.ts'
import type { Observation } from '#semantic-models/observation.ts'
import { modelOf } from '#semantic-models/registry.ts'

/** A stream as the data path holds it. */
export interface Stream {
  /** A small number for indexes and the journal; never used again. */
  readonly number: number
  /** `<owner's address>/<model slug>/<device's opaque id>[/<quantity>]`: domain and path of a Streamr stream id. */
  readonly id: string
  readonly ownerId: string
  readonly sourceId: string
  readonly deviceId: string
  readonly model: Model
  readonly quantity?: string
  readonly createdAt: number
  /** The model's attributes that were seen in it so far. */
  mask: number
}

export class Streams {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #addressOf: (ownerId: string) => string
  readonly #byId = new Map<string, Stream>()
  readonly #byDevice = new Map<string, Map<string, Stream>>()
  readonly #unwritten = new Set<Stream>()
  #lastNumber: number

  constructor(database: DatabaseSync, clock: Clock, addressOf: (ownerId: string) => string) {
    this.#database = database
    this.#clock = clock
    this.#addressOf = addressOf
    for (const row of database.prepare('SELECT * FROM streams ORDER BY number').all() as unknown as Row[]) this.#index(fromRow(row))
    this.#lastNumber = Number(database.prepare("SELECT max(seq) AS last FROM sqlite_sequence WHERE name = 'streams'").get()?.['last'] ?? 0)
  }

  get(id: string): Stream | undefined { return this.#byId.get(id) }
  all(): Iterable<Stream> { return this.#byId.values() }
  ofOwner(ownerId: string): readonly Stream[] { return [...this.#byId.values()].filter(stream => stream.ownerId === ownerId) }
  get count(): number { return this.#byId.size }
  ofDevice(deviceId: string): readonly Stream[] { return [...this.#byDevice.get(deviceId)?.values() ?? []] }

  /** The names of the attributes that a stream is known to have, in the order of its model. */
  attributesOf(stream: Stream): readonly string[] { return stream.model.attributesIn(stream.mask) }

  /** The stream of a device and a model, if there is one. */
  peek(deviceId: string, model: Model, quantity: string | undefined): Stream | undefined { return this.#byDevice.get(deviceId)?.get(quantity ?? model.slug) }

  /** The stream that an observation belongs to. */
  find(source: Source, device: Device, { model, quantity, entity }: Observation): Stream {
    const stream = this.peek(device.id, model, quantity) ?? this.#make(source, device, model, quantity)
    if ((stream.mask | entity.mask) !== stream.mask) {
      stream.mask |= entity.mask
      this.#unwritten.add(stream)
    }
    return stream
  }

  /** Writes what has become known since the last call, in one transaction. */
  flush(): void {
    if (this.#unwritten.size === 0) return
    const upsert = this.#database.prepare('INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET attributes = excluded.attributes')
    transaction(this.#database, () => {
      for (const stream of this.#unwritten) {
        upsert.run(stream.number, stream.id, stream.ownerId, stream.sourceId, stream.deviceId, stream.model.type, stream.quantity ?? null, JSON.stringify(this.attributesOf(stream)), stream.createdAt)
      }
    })
    this.#unwritten.clear()
  }

  /** A stream whose row is gone: it was erased. */
  forget(stream: Stream): void {
    this.#byId.delete(stream.id)
    this.#unwritten.delete(stream)
    this.#byDevice.delete(stream.deviceId)
  }

  #make(source: Source, device: Device, model: Model, quantity: string | undefined): Stream {
    const path = quantity === undefined ? `${model.slug}/${device.id}` : `${model.slug}/${device.id}/${quantity}`
    return this.#index({
      number: ++this.#lastNumber, id: `${this.#addressOf(source.ownerId)}/${path}`, ownerId: source.ownerId, sourceId: source.id, deviceId: device.id, model, quantity,
      createdAt: this.#clock.now(), mask: 0,
    })
  }

  #index(stream: Stream): Stream {
    this.#byId.set(stream.id, stream)
    const key = stream.quantity ?? stream.model.slug
    const siblings = this.#byDevice.get(stream.deviceId)
    if (siblings) siblings.set(key, stream)
    else this.#byDevice.set(stream.deviceId, new Map([[key, stream]]))
    return stream
  }
}

interface Row { number: number, id: string, owner_id: string, source_id: string, device_id: string, type: string, quantity: string | null, attributes: string, created_at: number }

function fromRow(row: Row): Stream {
  const model = modelOf(row.type)
  if (!model) throw new Error(`Stream ${row.id} has the unknown type ${row.type}: a newer Sluice made it.`)
  return {
    number: row.number, id: row.id, ownerId: row.owner_id, sourceId: row.source_id, deviceId: row.device_id, model, quantity: row.quantity ?? undefined, createdAt: row.created_at,
    mask: model.maskOf(JSON.parse(row.attributes) as string[]),
  }
}
