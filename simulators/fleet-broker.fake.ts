// A broker for tests that knows the sources of a plan and notes what they publish.
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { Source } from '#simulators/plan.ts'
import type { Credentials } from '#simulators/run.ts'

const passwordOf = ({ name }: Source) => `secret of ${name}`

export interface Arrival {
  readonly user: string
  readonly clientId: string
  readonly topic: string
  readonly payload: string
  /** The payload as it came. */
  readonly bytes: Buffer
  readonly qos: number
  readonly retain: boolean
}

/** A broker that knows the sources of a plan by their passwords, keeps apart what they publish, and notes it. */
export class FleetBroker {
  readonly arrivals: Arrival[] = []
  readonly refused = new Set<string>()
  connectionCount = 0
  /** While set, publishes are taken and not acknowledged. */
  held: (() => void)[] | undefined
  #server: Server | undefined
  #aedes: Aedes | undefined
  #port = 0

  async start(plan: readonly Source[]): Promise<void> {
    const passwords = new Map(plan.map(source => [source.name, passwordOf(source)]))
    this.#aedes = await Aedes.createBroker({
      // Two homes may use one client id: to the broker each is its own.
      preConnect: (_, packet, done) => { packet.clientId = `${packet.username}|${packet.clientId}`; done(null, true) },
      authenticate: (_, user, password, done) => {
        const isKnown = !this.refused.has(user ?? '') && passwords.get(user ?? '') === password?.toString()
        if (isKnown) this.connectionCount++
        if (isKnown) done(null, true)
        else done(Object.assign(new Error('Not paired'), { returnCode: 5 }), false)
      },
      authorizePublish: (client, packet, done) => {
        if (client) this.#note(client, packet)
        if (this.held) this.held.push(() => done(null))
        else done(null)
      },
    })
    this.#server = createServer(this.#aedes.handle)
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    this.release()
    const server = this.#server
    if (!server?.listening) return
    const closed = once(server, 'close')
    server.close()
    await new Promise<void>(done => { this.#aedes?.close(() => done()) })
    await closed
  }

  release(): void {
    const held = this.held ?? []
    this.held = undefined
    for (const answer of held) answer()
  }

  readonly credentialsOf = (source: Source): Credentials =>
    ({ url: `mqtt://127.0.0.1:${this.#port}`, username: source.name, password: passwordOf(source) })

  #note(client: Client, { topic, payload, qos, retain }: PublishPacket): void {
    const [user = '', clientId = ''] = client.id.split('|')
    this.arrivals.push({ user, clientId, topic, payload: payload.toString(), bytes: Buffer.from(payload), qos, retain })
  }
}
