// Which sensor of a Tasmota is the device itself, and which is a device of its own.
// Told once, and remembered: keys must not change with what a message holds.
import { MEMORY_BYTES_MAX, type Memory } from '#adapters/adapter.ts'
import { isRecord, own, type JsonRecord } from '#adapters/json.ts'
import { STATUS_QUANTITIES, type Quantity } from '#adapters/quantity.ts'

/**
 * Names with an index, a bus address or an id: Tasmota gives it to sensors of which there are several. The rain gauge's name ends like
 * that by itself.
 */
const INDEXED = /^(?!RG-15$).*[-_](?:0x)?[0-9A-F]{1,16}$/i
const STATUS: ReadonlySet<string> = new Set(STATUS_QUANTITIES)

/**
 * The first sensor that measures a quantity is the device `<topic>`, and any later one that measures the same is `<topic>.<sensor>`, with
 * all that it measures. A sensor with an index is `<topic>.<sensor>` from the start.
 */
export class Places {
  readonly #topic: string
  #memory: Memory | undefined

  constructor(topic: string, memory: Memory | undefined) {
    this.#topic = topic
    this.#memory = memory
  }

  /** What to remember. */
  get memory(): Memory | undefined { return this.#memory }

  /** Tells, for each quantity that this sensor measures, the key of the device that it is measured by. */
  devicesOf(sensor: string, quantities: readonly Quantity[]): (quantity: Quantity) => string {
    const ownDevice = `${this.#topic}.${sensor}`
    const isMain = !INDEXED.test(sensor) && this.#settle(sensor, quantities.filter(quantity => !STATUS.has(quantity)))
    if (!isMain) return () => ownDevice
    // A quantity that it did not measure before may be another sensor's by now.
    const claims = this.#part('claims')
    return quantity => STATUS.has(quantity) || own(claims, quantity) === sensor ? this.#topic : ownDevice
  }

  #settle(sensor: string, measured: readonly Quantity[]): boolean {
    const known = own(this.#part('isMain'), sensor)
    const claims = this.#part('claims'), unclaimed = measured.filter(quantity => own(claims, quantity) === undefined)
    if (typeof known === 'boolean' && (!known || unclaimed.length === 0)) return known
    const isMain = known === true || unclaimed.length === measured.length
    // What does not fit into the memory could not keep its place, so it does not get one.
    return this.#remember(sensor, isMain, unclaimed) ? isMain : known === true
  }

  #remember(sensor: string, isMain: boolean, unclaimed: readonly Quantity[]): boolean {
    const made = {
      isMain: { ...this.#part('isMain'), [sensor]: isMain },
      claims: { ...this.#part('claims'), ...(isMain && Object.fromEntries(unclaimed.map(quantity => [quantity, sensor]))) },
    }
    if (Buffer.byteLength(JSON.stringify(made)) > MEMORY_BYTES_MAX) return false
    this.#memory = made
    return true
  }

  #part(name: 'isMain' | 'claims'): JsonRecord {
    const part = this.#memory && own(this.#memory, name)
    return isRecord(part) ? part : {}
  }
}
