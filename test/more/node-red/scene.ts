// A gateway of its own process with an owner, a subscriber and a device, for flows to work with.
import type { MqttClient } from 'mqtt'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

export interface Offer {
  readonly dialect: string
  readonly topic: string
  /** The first report. */
  readonly payload: string
  readonly attributes: readonly string[]
  /** Whether the city has taken it: yes unless said otherwise. */
  readonly isAgreed?: boolean
}

export interface Offered {
  readonly device: MqttClient
  readonly access: Paired
  readonly streamId: string
  readonly offerId: string
  readonly consentId: string
}

export class Scene {
  readonly data = temporaryFolder()
  gateway!: GatewayProcess
  users!: Users
  owner!: PartyKey
  city!: PartyKey

  static async start(): Promise<Scene> {
    const scene = new Scene()
    scene.gateway = await GatewayProcess.start(scene.data)
    scene.users = new Users(scene.gateway.ready)
    ;[scene.owner, scene.city] = await Promise.all([scene.users.party('owner'), scene.users.party('subscriber')])
    return scene
  }

  /** Killed, and started again on the same ports. Its devices are gone. */
  async restart(): Promise<void> {
    const { operatorKey } = this.users, [mqtt, http] = [this.users.mqtt, this.users.http].map(url => Number(new URL(url).port))
    await this.gateway.kill()
    this.gateway = await GatewayProcess.start(this.data, { mqtt, http })
    this.users = new Users({ ...this.gateway.ready, operatorKey })
  }

  async stop(): Promise<void> {
    await this.users.leave()
    await this.gateway.kill('SIGTERM')
  }

  /** A new device that has reported once, whose stream is on offer under a consent. */
  async offer({ dialect, topic, payload, attributes, isAgreed = true }: Offer): Promise<Offered> {
    const { owner, city, users } = this, access = await users.pair(owner, { dialect, name: topic })
    const device = await users.device(access, `device-${access.sourceId}`)
    await device.publishAsync(topic, payload, { qos: 1 })
    const streams = (await users.streamsOf(owner)).filter(({ sourceId }) => sourceId === access.sourceId)
    const { streamId } = streams.find(stream => attributes.every(name => stream.attributes.includes(name)))!
    const price = { price: '0.001', unit: 'message', currency: 'EUR' }
    const { offerId } = await users.ok(owner.key, 'POST', '/v1/offers', { streamId, attributes, ...price })
    const consentId = await this.consent(streamId, attributes)
    if (isAgreed) await users.ok(city.key, 'POST', '/v1/agreements', { offerId, purpose: 'dpv:PublicBenefit', budget: '10' })
    return { device, access, streamId, offerId, consentId }
  }

  async consent(streamId: string, attributes: readonly string[]): Promise<string> {
    const grant = { streamId, recipient: this.city.partyId, purposes: ['dpv:PublicBenefit'], attributes }
    return (await this.users.ok(this.owner.key, 'POST', '/v1/consents', grant)).consentId
  }
}
