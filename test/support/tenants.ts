// Three sources of two owners, two cities, and every way that one of them could try to read another: what each of them gets to see.
import { setTimeout as delay } from 'node:timers/promises'
import mqtt, { type IClientOptions, type IClientPublishOptions, type MqttClient } from 'mqtt'
import { Running, type Paired, type PartyKey } from '#test/support/running.ts'

const WAIT_MS_MAX = 5_000
const VERSIONS = [4, 5] as const
const TOPIC = 'zigbee2mqtt/k'
const SYSTEM = ['$SYS/#', '$CONTROL/#']

/** Who tries. A source has a name of its own among its owner's; a party has a role in the plot. */
export interface Tenant {
  readonly name: string
  readonly username: string
  readonly password: string
  /** Of a source: its stream, and its owner. */
  readonly streamId?: string
  readonly ownerName?: string
}

/** Something that one source says, and by which it can be recognised wherever it turns up. */
export interface Secret {
  readonly source: Tenant
  readonly kind: 'live' | 'retained' | 'will' | 'spoofed'
  readonly topic: string
  readonly text: string
}

/** One try: whether it showed something, and whether that was right. */
export interface Case { readonly title: string, readonly seen: boolean, readonly allowed: boolean }

/** A client, and all that it was told. */
interface Ear { readonly client: MqttClient, hasSession: boolean, text: string }
interface Reader { readonly tenant: Tenant, readonly filter: string, readonly ear: Ear }

/** The plain oracle, written from the promise and not from the code: a source reads its own topics; a stream is its owner's and the paying city's. */
function mayRead({ tenant, filter }: Reader, { source, kind, topic }: Secret): boolean {
  if (!tenant.streamId) return kind === 'live' && filter === `streams/${source.streamId}` && mayHave(tenant, source)
  return tenant === source && matches(filter, topic) && !(kind === 'retained' && filter.startsWith('$share/'))
}

function mayHave(party: Tenant, source: Tenant): boolean { return party.name === source.ownerName || (party.name === 'city' && source.name === 'a1') }

/** MQTT 5 §4.7 and §4.8.2 by regular expression. */
function matches(filter: string, topic: string): boolean {
  const plain = filter.replace(/^\$share\/[^/]+\//, '')
  return new RegExp(`^${plain.replace(/[$.]/g, '\\$&').replace(/\+/g, '[^/]+').replace('#', '.*')}$`).test(topic)
}

/** What a client does until it is done or the client has gone: of one that somebody has ended nothing would be heard. */
async function unlessGone(client: MqttClient, act: () => Promise<unknown>): Promise<void> {
  if (!client.connected) return
  const gone = Promise.withResolvers<void>(), leave = () => gone.resolve()
  client.once('close', leave)
  await Promise.race([act(), gone.promise]).finally(() => client.off('close', leave))
}

/** All that was sent to it before has come. */
function roundTrip(client: MqttClient): Promise<void> { return unlessGone(client, () => client.unsubscribeAsync('a/round/trip')) }

export class Tenants {
  readonly cases: Case[] = []
  readonly #running: Running
  readonly #tenants: Tenant[] = []
  readonly #clients: MqttClient[] = []
  readonly #hubs = new Map<Tenant, MqttClient>()
  readonly #secrets: Secret[] = []
  #wake = (): void => {}
  #number = 0
  #owners: Record<string, PartyKey> = {}
  #things: { readonly ownerName: string, readonly method: string, readonly path: string, readonly body?: object }[] = []

  private constructor(running: Running) { this.#running = running }

  /** Everything that they try, on a gateway of its own. */
  static async tryAll(): Promise<readonly Case[]> {
    const tenants = new Tenants(await Running.start())
    try {
      await tenants.#settle()
      await tenants.#eavesdrop()
      await tenants.#takeOver()
      await tenants.#open()
      await tenants.#call()
      return tenants.cases
    } finally {
      await Promise.all(tenants.#clients.map(client => client.endAsync(true)))
      await tenants.#running.stop()
    }
  }

  get #sources(): Tenant[] { return this.#tenants.filter(({ streamId }) => streamId !== undefined) }
  get #parties(): Tenant[] { return this.#tenants.filter(({ streamId }) => streamId === undefined) }

  /** Owners A (two sources) and B (one), a city that pays for the stream of a1, and one that has nothing. */
  async #settle(): Promise<void> {
    const running = this.#running, [a, b, city, stranger] = await Promise.all(['owner', 'owner', 'subscriber', 'subscriber'].map(role => running.party(role)))
    this.#owners = { A: a!, B: b!, city: city!, stranger: stranger! }
    for (const [name, { partyId, key }] of Object.entries(this.#owners)) this.#tenants.push({ name, username: partyId, password: key })
    for (const [name, ownerName] of [['a1', 'A'], ['a2', 'A'], ['b1', 'B']] as const) await this.#pair(name, ownerName)
    const { streamId } = this.#sources[0]!, deal = await running.deal(a!, city!, streamId!)
    this.#things.push(
      { ownerName: 'A', method: 'POST', path: `/v1/offers/${deal.offerId}/withdraw` }, { ownerName: 'city', method: 'POST', path: `/v1/agreements/${deal.agreementId}/end` },
      { ownerName: 'A', method: 'POST', path: `/v1/consents/${deal.consentId}/withdraw` })
  }

  async #pair(name: string, ownerName: string): Promise<void> {
    const owner = this.#owners[ownerName]!, source: Paired = await this.#running.pair(owner), path = `/v1/sources/${source.sourceId}`
    const hub = await this.#connect(source, { clientId: 'hub' })
    await hub.publishAsync(TOPIC, JSON.stringify({ temperature: 0 }), { qos: 1 })
    const { streamId } = (await this.#running.streamsOf(owner)).find(({ sourceId }) => sourceId === source.sourceId)!
    const tenant = { name, username: source.username, password: source.password, streamId, ownerName }
    const { deviceId } = (await this.#running.ok<any[]>(owner.key, 'GET', '/v1/devices')).find(({ sourceId }) => sourceId === source.sourceId)
    this.#tenants.push(tenant)
    this.#hubs.set(tenant, hub)
    this.#things.push({ ownerName, method: 'PATCH', path: `/v1/devices/${deviceId}`, body: { name: 'x' } })
    for (const action of ['suspend', 'resume', 'rotate']) this.#things.push({ ownerName, method: 'POST', path: `${path}/${action}` })
    this.#things.push({ ownerName, method: 'DELETE', path })
  }

  /** It listens before it is let in: what waits for a session comes with the answer. */
  #listen({ username, password }: Pick<Tenant, 'username' | 'password'>, options: IClientOptions): Promise<Ear> {
    const client = mqtt.connect(this.#running.mqtt, { username, password, reconnectPeriod: 0, resubscribe: false, ...options }), ear: Ear = { client, hasSession: false, text: '' }
    this.#clients.push(client)
    client.on('error', () => { /* a connection that the gateway ends */ })
    client.on('message', (_topic, payload) => { ear.text += `${payload.toString()}\n`; this.#wake() })
    return new Promise((resolve, reject) => {
      client.once('connect', ({ sessionPresent }) => { ear.hasSession = sessionPresent; resolve(ear) })
      client.once('close', () => reject(new Error(`${username} was refused`)))
    })
  }

  async #connect(tenant: Pick<Tenant, 'username' | 'password'>, options: IClientOptions): Promise<MqttClient> { return (await this.#listen(tenant, options)).client }

  /** Every tenant by every filter in both versions, each QoS in its turn, for everything that a source says. */
  async #eavesdrop(): Promise<void> {
    for (const [index, source] of this.#sources.entries()) await this.#keep(source, this.#sources[(index + 1) % 3]!)
    const streams = this.#sources.map(({ streamId }) => `streams/${streamId}`), readers: Reader[] = []
    for (const tenant of this.#tenants) for (const version of VERSIONS) {
      const share = `$share/readers${version}` // of the same name in each source, with one member in each
      const filters = ['#', '+/+', TOPIC, 'zigbee2mqtt/#', `${share}/#`, `${share}/${TOPIC}`, 'streams/#', ...SYSTEM, ...streams]
      readers.push(...await Promise.all(filters.map((filter, index) => this.#read(tenant, version, filter, (index % 3) as 0 | 1 | 2))))
    }
    for (const source of this.#sources) await this.#speak(source)
    const tries = readers.flatMap(reader => this.#secrets.map(secret => ({ reader, secret, allowed: mayRead(reader, secret) })))
    await this.#until(() => tries.every(({ reader, secret, allowed }) => !allowed || reader.ear.text.includes(secret.text)))
    await Promise.all(readers.map(({ ear }) => roundTrip(ear.client)))
    for (const { reader: { tenant, filter, ear: { client, text } }, secret: { source, kind, topic, text: secret }, allowed } of tries) {
      this.cases.push({ title: `${tenant.name} reads ${filter} (level ${client.options.protocolVersion}): ${kind} on ${topic} of ${source.name}`, seen: text.includes(secret), allowed })
    }
    await Promise.all(readers.map(({ ear }) => ear.client.endAsync(true)))
  }

  async #read(tenant: Tenant, version: 4 | 5, filter: string, qos: 0 | 1 | 2): Promise<Reader> {
    const ear = await this.#listen(tenant, { protocolVersion: version })
    await ear.client.subscribeAsync(filter, { qos }).catch(() => { /* refused, which is for the matrix to judge */ })
    return { tenant, filter, ear }
  }

  /** What is retained before anybody reads. */
  async #keep(source: Tenant, next: Tenant): Promise<void> {
    for (const topic of ['zigbee2mqtt/kept', `streams/${next.streamId}`]) await this.#say(source, topic, { note: this.#secret(source, 'retained', topic) }, { qos: 1, retain: true })
  }

  async #speak(source: Tenant): Promise<void> {
    const gone = 'zigbee2mqtt/gone', spoofed = this.#sources.map(({ streamId }) => `streams/${streamId}`)
    for (const qos of [0, 2, 1] as const) await this.#say(source, TOPIC, { temperature: Number(this.#secret(source, 'live', TOPIC)) }, { qos })
    for (const topic of spoofed) await this.#say(source, topic, { temperature: Number(this.#secret(source, 'spoofed', topic)) }, { qos: 1 })
    const dying = await this.#connect(source, { clientId: 'dying', will: { topic: gone, payload: Buffer.from(this.#secret(source, 'will', gone)), qos: 1, retain: false } })
    dying.stream.destroy()
  }

  /** A temperature of its own for each. */
  #secret(source: Tenant, kind: Secret['kind'], topic: string): string {
    const text = (20 + (1_001 + 2 * this.#number++) / 10_000).toFixed(4)
    this.#secrets.push({ source, kind, topic, text })
    return text
  }

  /** A client id of another's: neither their session, nor what waits in it at QoS 2, nor an end of their connection. */
  async #takeOver(): Promise<void> {
    for (const victim of this.#sources) for (const version of VERSIONS) {
      for (const tenant of [...this.#tenants.filter(each => each !== victim), victim]) {
        const isSelf = tenant === victim, clientId = `keeper-${victim.name}-${version}`
        const text = await this.#leaveWaiting(victim, clientId)
        const thief = await this.#listen(tenant, { clientId, clean: false, protocolVersion: version, ...version === 5 && { properties: { sessionExpiryInterval: 60 } } })
        if (isSelf) await this.#until(() => thief.text.includes(text))
        const hub = await this.#listen(tenant, { clientId: isSelf ? 'other' : 'hub', protocolVersion: version })
        for (const { client } of [thief, hub]) await roundTrip(client)
        this.cases.push(
          { title: `${tenant.name} comes as ${clientId} (level ${version}) and finds a session`, seen: thief.hasSession, allowed: isSelf },
          { title: `${tenant.name} comes as ${clientId} (level ${version}) and gets what waits at QoS 2`, seen: thief.text.includes(text), allowed: isSelf },
          { title: `${tenant.name} comes with the client id of the hub of ${victim.name} (level ${version}) and ends it`, seen: !this.#hubs.get(victim)!.connected, allowed: false })
        await Promise.all([thief.client.endAsync(true), hub.client.endAsync(true)])
        if (tenant.streamId && !isSelf) this.#hubs.set(tenant, await this.#connect(tenant, { clientId: 'hub' }))
      }
    }
  }

  /** A session whose client went away in the middle of QoS 2. */
  async #leaveWaiting(victim: Tenant, clientId: string): Promise<string> {
    const keeper = await this.#connect(victim, { clientId, clean: false })
    await keeper.subscribeAsync(TOPIC, { qos: 2 })
    keeper.stream.destroy()
    const text = this.#secret(victim, 'live', TOPIC)
    await this.#say(victim, TOPIC, { temperature: Number(text) }, { qos: 2 })
    return text
  }

  /** By its hub, which comes again where somebody has ended it. */
  async #say(source: Tenant, topic: string, payload: object, options: IClientPublishOptions): Promise<void> {
    if (!this.#hubs.get(source)!.connected) this.#hubs.set(source, await this.#connect(source, { clientId: 'hub' }))
    const hub = this.#hubs.get(source)!
    await unlessGone(hub, () => hub.publishAsync(topic, JSON.stringify(payload), options))
  }

  /** Streams over HTTP. */
  async #open(): Promise<void> {
    for (const party of this.#parties) for (const source of this.#sources) {
      const allowed = mayHave(party, source), { streamId } = source, watcher = this.#running.subscribe({ partyId: party.username, key: party.password }, streamId!, 'from=earliest')
      this.cases.push({ title: `${party.name} opens the stream of ${source.name} by WebSocket`, seen: await watcher.opened, allowed })
      watcher.close()
      for (const how of ['header', 'query']) this.cases.push({ title: `${party.name} opens the stream of ${source.name} by server-sent events, key in the ${how}`, seen: await this.#hasEvents(party, streamId!, how), allowed })
    }
  }

  async #hasEvents({ password }: Tenant, streamId: string, how: string): Promise<boolean> {
    const abort = new AbortController(), url = `${this.#running.http}/v1/streams/${encodeURIComponent(streamId)}/events`
    const { status } = await (how === 'query' ? fetch(`${url}?apiKey=${password}`, { signal: abort.signal }) : fetch(url, { headers: { authorization: `Bearer ${password}` }, signal: abort.signal }))
    abort.abort()
    return status === 200
  }

  /** Whatever has an id, by everybody else before those whose it is. */
  async #call(): Promise<void> {
    for (const isOwn of [false, true]) for (const { ownerName, method, path, body } of this.#things) for (const { name, password } of this.#parties) {
      if ((name === ownerName) !== isOwn) continue
      const { status } = await this.#running.call(password, method, path, body)
      this.cases.push({ title: `${name}: ${method} ${path}, of ${ownerName}`, seen: status !== 403 && status !== 404, allowed: isOwn })
    }
  }

  /** Or not, which the cases will tell. */
  async #until(isSo: () => boolean): Promise<void> {
    const isOver = new AbortController(), over = delay(WAIT_MS_MAX, undefined, { signal: isOver.signal }).catch(() => {}).then(() => isOver.abort())
    while (!isSo() && !isOver.signal.aborted) await Promise.race([over, new Promise<void>(resolve => { this.#wake = resolve })])
    isOver.abort()
  }
}
