// Devices: what speaks through a source. Seen once, known for ever by an opaque id; their owner sets where they stand and what they are.
import type { DatabaseSync } from 'node:sqlite'
import type { Dialect } from '#adapters/adapter.ts'
import type { DeviceReport, Role } from '#adapters/reading.ts'
import type { Placement, Position, Source, Sources } from '#gateway/devices/sources.ts'
import { notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { opaqueId } from '#gateway/lib/ids.ts'
import type { DeviceFacts, StatusValue } from '#semantic-models/observation.ts'
import { transaction } from '#gateway/state/database.ts'

/** One source may speak for a city's network server, and not for more than that. */
export const DEVICES_PER_SOURCE_MAX = 20_000

/** What the owner says about a device. It wins over what the device reports and over what its source says. */
export interface DeviceSettings {
  readonly name?: string
  readonly placement?: Placement
  readonly role?: Role
  readonly location?: Position
  readonly timezone?: string
  /** Distance in millimetres that the sensor of a container measures when it is empty, and when it is full. */
  readonly emptyMm?: number
  readonly fullMm?: number
  readonly category?: readonly string[]
  readonly refParkingSite?: string
  /** What it tells is of a special category (Art. 9 GDPR): health, beliefs, private life. Consent to it is stricter. */
  readonly special?: boolean
}

/** What the device's own messages said about it (adapters' DeviceReport). */
interface Reported { readonly role?: Role, readonly phases?: 1 | 3, readonly location?: Position }

/** A device as the data path holds it. `facts` is replaced whenever what it is made of changes. */
export interface Device {
  readonly id: string
  readonly sourceId: string
  /** A device is known inside its source by the dialect that it speaks and the name that it has there. Shown to its owner only. */
  readonly dialect: Dialect
  readonly key: string
  settings: DeviceSettings
  reported: Reported
  facts: DeviceFacts
  readonly status: Map<string, StatusValue>
  /** To be called before `status` is read or written, where there is one. */
  bringUpToDate?: (() => void) | undefined
  lastSeen: number
}

export class Devices {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #sources: Sources
  readonly #bySource = new Map<string, Map<string, Device>>()
  readonly #byId = new Map<string, Device>()
  readonly #unwritten = new Set<Device>()
  /** Told of a device whose owner has set something. */
  onSet: (device: Device) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock, sources: Sources) {
    this.#database = database
    this.#clock = clock
    this.#sources = sources
    for (const row of database.prepare('SELECT id, source_id, dialect, key, settings, reported FROM devices').all() as unknown as Row[]) {
      this.#index(row.id, row.source_id, row.dialect, row.key, JSON.parse(row.settings) as DeviceSettings, JSON.parse(row.reported) as Reported)
    }
  }

  get(id: string): Device | undefined { return this.#byId.get(id) }

  /** The device of this name, if it was seen before. */
  peek(sourceId: string, dialect: Dialect, key: string): Device | undefined {
    return this.#bySource.get(sourceId)?.get(`${dialect} ${key}`)
  }

  /** The device of this name, made known when it is seen first; undefined when its source speaks for too many already. */
  find(source: Source, dialect: Dialect, key: string): Device | undefined {
    const device = this.peek(source.id, dialect, key)
    if (device || (this.#bySource.get(source.id)?.size ?? 0) >= DEVICES_PER_SOURCE_MAX) return device
    const made = this.#index(opaqueId(), source.id, dialect, key, {}, {})
    this.#unwritten.add(made)
    return made
  }

  /** Remembers what a message said about a device. */
  report(device: Device, { role, phases, location }: DeviceReport): void {
    const { reported } = device
    if ((role ?? reported.role) === reported.role && (phases ?? reported.phases) === reported.phases && isSame(location ?? reported.location, reported.location)) return
    device.reported = { role: role ?? reported.role, phases: phases ?? reported.phases, location: location ?? reported.location }
    this.#refresh(device)
    this.#unwritten.add(device)
  }

  /** Writes what has become known since the last call, in one transaction. */
  flush(): void {
    if (this.#unwritten.size === 0) return
    const upsert = this.#database.prepare('INSERT INTO devices VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, reported = excluded.reported')
    transaction(this.#database, () => {
      for (const { id, sourceId, dialect, key, settings, reported } of this.#unwritten) upsert.run(id, sourceId, dialect, key, JSON.stringify(settings), JSON.stringify(reported), this.#clock.now())
    })
    this.#unwritten.clear()
  }

  list(ownerId: string): readonly Device[] { return this.#sources.list(ownerId).flatMap(source => this.ofSource(source.id)) }

  ofSource(sourceId: string): readonly Device[] { return [...this.#bySource.get(sourceId)?.values() ?? []] }

  /** Settings that are given replace those that were; the others stay. */
  set(ownerId: string, id: string, settings: DeviceSettings): Device {
    const device = this.#byId.get(id)
    if (!device || this.#sources.get(device.sourceId)?.ownerId !== ownerId) throw notFound('device')
    device.settings = { ...device.settings, ...settings }
    this.#refresh(device)
    this.#unwritten.add(device)
    this.flush()
    this.onSet(device)
    return device
  }

  /** Devices whose rows are gone: those of a source that was erased. */
  forget(sourceId: string): void {
    for (const device of this.#bySource.get(sourceId)?.values() ?? []) {
      this.#byId.delete(device.id)
      this.#unwritten.delete(device)
    }
    this.#bySource.delete(sourceId)
  }

  #refresh(device: Device): void { device.facts = factsOf(device, this.#sources.get(device.sourceId)) }

  #index(id: string, sourceId: string, dialect: Dialect, key: string, settings: DeviceSettings, reported: Reported): Device {
    const bare = { id, sourceId, dialect, key, settings, reported }
    const device: Device = { ...bare, facts: factsOf(bare, this.#sources.get(sourceId)), status: new Map(), lastSeen: 0 }
    this.#byId.set(id, device)
    const siblings = this.#bySource.get(sourceId)
    if (siblings) siblings.set(`${dialect} ${key}`, device)
    else this.#bySource.set(sourceId, new Map([[`${dialect} ${key}`, device]]))
    return device
  }
}

/** The device's setting, else what it reports, else its source's setting. */
function factsOf({ id, dialect, settings, reported }: Pick<Device, 'id' | 'dialect' | 'settings' | 'reported'>, source: Source | undefined): DeviceFacts {
  return {
    id,
    dialect,
    placement: settings.placement ?? source?.placement ?? 'indoor',
    role: settings.role ?? reported.role,
    phases: reported.phases ?? 1,
    location: settings.location ?? reported.location ?? source?.location,
    emptyMm: settings.emptyMm,
    fullMm: settings.fullMm,
    category: settings.category,
    refParkingSite: settings.refParkingSite,
  }
}

function isSame(a: Position | undefined, b: Position | undefined): boolean {
  return a?.[0] === b?.[0] && a?.[1] === b?.[1]
}

interface Row { id: string, source_id: string, dialect: Dialect, key: string, settings: string, reported: string }
