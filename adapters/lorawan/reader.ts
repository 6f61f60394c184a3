// One uplink of any network while it is being read: its decoded payload → readings, by the tables of this folder.
import type { Decoded } from '#adapters/adapter.ts'
import type { JsonRecord } from '#adapters/json.ts'
import { deviceTimeOf } from '#adapters/lorawan/device-time.ts'
import { lookUp, type Found } from '#adapters/lorawan/lookup.ts'
import { familyOf, toMemory, type Known } from '#adapters/lorawan/memory.ts'
import type { Position } from '#adapters/lorawan/position.ts'
import { toldBy, type Told } from '#adapters/lorawan/told.ts'
import { judgeNumber, judgeWord, type Judged, type Value } from '#adapters/lorawan/values.ts'
import { STATUS_QUANTITIES, type Quantity } from '#adapters/quantity.ts'
import type { DeviceReport, Reading, Refusal, Role } from '#adapters/reading.ts'

const STATUS: ReadonlySet<Quantity> = new Set(STATUS_QUANTITIES)

/** What the network says of the uplink. */
export interface Uplink {
  readonly device: string
  /** Where the decoded payload stands in the message. */
  readonly path: string
  /** Ids of the device's model, as far as the network knows it. */
  readonly models: readonly string[]
  /** The network's time of reception; absent: the arrival counts. */
  readonly receivedAt: number | undefined
  /** Arrival at the gateway. */
  readonly arrivedAt: number
  readonly timezone: string | undefined
}

export class UplinkReader {
  readonly #uplink: Uplink
  readonly #known: Known
  readonly #readings: Reading[] = []
  readonly #refused: Refusal[] = []
  readonly #taken = new Set<string>()

  constructor(uplink: Uplink, known: Known) {
    this.#uplink = uplink
    this.#known = known
  }

  /** Whether there is neither a reading nor a refused field so far. */
  get isEmpty(): boolean { return this.#readings.length === 0 && this.#refused.length === 0 }
  get hasReadings(): boolean { return this.#readings.length > 0 }

  /** Reads a decoded payload; quantities of `elsewhere` are taken from somewhere else. */
  readPayload(payload: JsonRecord, elsewhere?: ReadonlySet<Quantity>): void {
    const { arrivedAt, timezone, models, path: place, receivedAt } = this.#uplink
    this.#known.family = familyOf(models, payload, this.#known.family)
    for (const { told, record, path } of toldBy(payload)) {
      const ownTime = deviceTimeOf(record ?? payload, timezone, arrivedAt)
      if (record && ownTime === undefined) this.refuse('BAD_PAYLOAD', `${place}.${path}`, 'An earlier measurement without its time.')
      else for (const figure of told) this.#readFigure(figure, ownTime ?? receivedAt, elsewhere)
    }
  }

  /** Of two fields that say the same of one device at one instant, the first counts. */
  take(judged: NonNullable<Judged>, device: string, observedAt: number | undefined, field: string): void {
    if ('code' in judged) {
      this.#refused.push({ ...judged, field })
      return
    }
    const { quantity, value, unit } = judged, key = keyOf(device, quantity, observedAt)
    if (this.#taken.has(key)) return
    this.#taken.add(key)
    this.#readings.push({ device, quantity, value, unit, observedAt, field })
  }

  isTaken(device: string, quantity: Quantity, observedAt: number | undefined): boolean {
    return this.#taken.has(keyOf(device, quantity, observedAt))
  }

  refuse(code: Refusal['code'], field: string, detail: string): void {
    this.#refused.push({ code, field, detail })
  }

  /** Everything that was read, with the device's position and how well it was heard. */
  decoded(position: Position | undefined, signal: readonly Reading[]): Decoded {
    const devices = this.#reports(position)
    return { readings: [...this.#readings, ...signal], refused: this.#refused, devices, memory: toMemory(this.#known) }
  }

  #readFigure({ name, raw, unit, path }: Told, observedAt: number | undefined, elsewhere: ReadonlySet<Quantity> | undefined): void {
    const found = lookUp(name, this.#known.family)
    if (!found) return
    const judged = found.word ? judgeWord(found.word, raw) : judgeNumber(found.numbers, raw, unit ?? found.unit)
    if (!judged || 'quantity' in judged && elsewhere?.has(judged.quantity)) return
    const device = 'quantity' in judged ? this.#deviceOf(judged, found, observedAt) : this.#uplink.device
    this.take(judged, device, observedAt, `${this.#uplink.path}.${path}`)
  }

  /** The device itself, or its probe, or one of several of a kind by its number. */
  #deviceOf({ quantity, channel: part }: Value, { channel, isNumbered }: Found, observedAt: number | undefined): string {
    const { device } = this.#uplink, base = part === undefined ? device : `${device}.${part}`
    if (channel === undefined) return base
    if (!isNumbered) return `${base}.${channel}`
    const { mains } = this.#known
    // Beside a field without a number, every number is one of several.
    if (!mains.has(quantity)) mains.set(quantity, this.isTaken(base, quantity, observedAt) ? '' : channel)
    return mains.get(quantity) === channel ? base : `${base}.${channel}`
  }

  #reports(location: Position | undefined): readonly DeviceReport[] {
    const roles = new Map<string, Role | undefined>(), { device: main } = this.#uplink
    for (const { device, quantity } of this.#readings) {
      if (quantity === 'parking') roles.set(device, 'parkingSpot')
      else if (!roles.has(device) && !STATUS.has(quantity)) roles.set(device, undefined)
    }
    if (this.#known.family?.role) roles.set(main, this.#known.family.role)
    else if (location && !roles.has(main)) roles.set(main, undefined)
    const reports = [...roles].map(([device, role]): DeviceReport => ({ device, ...role && { role }, ...location && { location } }))
    return reports.filter(({ role }) => role || location)
  }
}

function keyOf(device: string, quantity: Quantity, observedAt: number | undefined): string {
  return `${device} ${quantity} ${observedAt}`
}
