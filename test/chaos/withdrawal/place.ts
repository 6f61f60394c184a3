// A gateway of its own with an owner, many devices, and for each a recipient who has agreed: what is missing is a consent, again and again.
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { Random } from '#benchmarks/corpus/random.ts'
import { Controls, type Control } from '#test/chaos/withdrawal/control.ts'
import { Sender } from '#test/chaos/withdrawal/sender.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type PartyKey } from '#test/support/running.ts'

/** Calls of the owner that are under way at one time. */
const CALLS_MAX = 2
/** Devices that speak through one hub, and streams that one recipient has. */
const DEVICES_PER_HUB = 10, STREAMS_PER_CITY = 5
const POUR_MS = 1, POURED_MAX = 20, CONFIRMED_SHARE = 0.2

export const PURPOSE = 'dpv:PublicBenefit'
/** A module of this folder that is loaded into the gateway before it starts. */
export const preload = (name: string): string => `--import ${pathToFileURL(join(import.meta.dirname, name)).href}`

/** One stream and its recipient. */
export interface Lane {
  readonly device: string
  readonly streamId: string
  readonly attributes: readonly string[]
  readonly city: PartyKey
  readonly sender: Sender
  /** The last reading that was sent. */
  sent: number
  /** While it is so, readings are sent all the time. */
  isPouring: boolean
}

export interface PlaceOptions { readonly lanes: number, readonly seed: number, readonly data: string, readonly environment?: Readonly<Record<string, string>> }

export class Place {
  readonly random: Random
  readonly gateway: GatewayProcess
  readonly users: Users
  readonly owner: PartyKey
  readonly lanes: Lane[] = []
  /** Withdrawals reset connections. */
  isStrict = false
  /** From the request of a withdrawal to its answer, in milliseconds. */
  readonly answeredMs: number[] = []
  readonly #senders: Sender[] = []
  readonly #pouring: NodeJS.Timeout
  #controls: Controls | undefined

  private constructor(gateway: GatewayProcess, users: Users, owner: PartyKey, random: Random) {
    this.gateway = gateway
    this.users = users
    this.owner = owner
    this.random = random
    this.#pouring = setInterval(() => this.#pour(), POUR_MS)
  }

  static async open({ lanes, seed, data, environment = {} }: PlaceOptions): Promise<Place> {
    const gateway = await GatewayProcess.start(data, {}, environment), users = new Users(gateway.ready), owner = await users.party('owner')
    const place = new Place(gateway, users, owner, new Random(seed)), devices = Array.from({ length: lanes }, (_, n) => `d${n}`)
    const senders = await place.#hubs(devices), streams = await users.streamsOf(owner)
    let city!: PartyKey
    place.isStrict = environment['SLUICE_RESET_ON_WITHDRAWAL'] === 'true'
    for (const [n, device] of devices.entries()) {
      const { streamId, attributes } = streams.find(each => each.device === device || each.device.endsWith(`/${device}`))!
      if (n % STREAMS_PER_CITY === 0) city = await users.party('subscriber')
      const { offerId } = await users.ok(owner.key, 'POST', '/v1/offers', { streamId, price: '0', unit: 'message', currency: 'EUR', attributes })
      await users.ok(city.key, 'POST', '/v1/agreements', { offerId, purpose: PURPOSE })
      place.lanes.push({ device, streamId, attributes, city, sender: senders.get(device)!, sent: 1, isPouring: false })
    }
    return place
  }

  /** Some milliseconds, up to so many. */
  upTo(milliseconds: number): number { return this.random.next() * milliseconds }

  /** For as long as `work` takes nobody else has this line to the gateway. */
  call<T>(work: (control: Control) => Promise<T>): Promise<T> { return (this.#controls ??= new Controls(this.users.http, CALLS_MAX)).use(work) }

  async grant({ streamId, city, attributes }: Lane, recipient = city.partyId, purpose = PURPOSE): Promise<string> {
    const { status, body } = await this.call(control => control.ask(this.owner.key, 'POST', '/v1/consents', { streamId, recipient, purposes: [purpose], attributes }))
    if (status >= 400 || status === 0) throw new Error(`A consent was not taken: ${status} ${JSON.stringify(body)} ${this.gateway.child.exitCode} ${this.gateway.child.signalCode} ${this.gateway.stderr}`)
    return body.consentId
  }

  /** `acknowledged` is called in the instant of the answer. False where there was none. */
  async withdraw(control: Control, consentId: string, acknowledged: () => void): Promise<boolean> {
    const { status } = await control.ask(this.owner.key, 'POST', `/v1/consents/${consentId}/withdraw`, undefined, (code, milliseconds) => {
      if (code !== 200) return
      this.answeredMs.push(milliseconds)
      acknowledged()
    })
    return status === 200
  }

  /** Sends the next so many readings of a lane, the last of them confirmed. */
  async send(lane: Lane, count: number): Promise<void> {
    const from = lane.sent + 1
    lane.sent += count
    if (count > 1) lane.sender.pour(lane.device, from, lane.sent - 1)
    await lane.sender.confirm(lane.device, lane.sent)
  }

  async close(): Promise<void> {
    clearInterval(this.#pouring)
    this.#controls?.close()
    for (const sender of this.#senders) sender.close()
    await this.users.leave()
    await this.gateway.kill()
  }

  #pour(): void {
    for (const lane of this.lanes) {
      if (!lane.isPouring) continue
      const from = lane.sent + 1
      lane.sent += 1 + this.random.below(POURED_MAX)
      lane.sender.pour(lane.device, from, lane.sent, this.random.chance(CONFIRMED_SHARE) ? 1 : 0)
    }
  }

  async #hubs(devices: readonly string[]): Promise<ReadonlyMap<string, Sender>> {
    const senders = new Map<string, Sender>()
    for (let n = 0; n < devices.length; n += DEVICES_PER_HUB) {
      const sender = await Sender.open(this.users.mqtt, await this.users.pair(this.owner), `hub-${n}`)
      this.#senders.push(sender)
      for (const device of devices.slice(n, n + DEVICES_PER_HUB)) {
        await sender.confirm(device, 1)
        senders.set(device, sender)
      }
    }
    return senders
  }
}
