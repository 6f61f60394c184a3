// The whole story on one screen: a gateway, a fleet over real MQTT, an owner, a city, money, and a withdrawal half-way.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from '#cli/client.ts'
import { pairAll, tellHeights } from '#cli/fleet.ts'
import { City } from '#cli/demo/city.ts'
import { deal, isPersonal, type Deal, type DemoStream } from '#cli/demo/owner.ts'
import { Screen } from '#cli/demo/screen.ts'
import type { DemoSummary } from '#cli/demo/summary.ts'
import { loadConfig } from '#gateway/config/config.ts'
import { Gateway } from '#gateway/gateway.ts'
import { loadFleet } from '#simulators/fleet.ts'
import { planFleet, type SourcePlan } from '#simulators/plan.ts'
import { runFleet, type Counts } from '#simulators/run.ts'

const STEP_MS = 400
const SETTLE_MS_MAX = 5_000

interface Party { readonly partyId: string, readonly key: string }

/**
 * Runs for so many seconds, or until the signal, in a temporary data directory, which is gone afterwards.
 * Everything but the gateway itself goes over MQTT, HTTP and WebSocket.
 */
export async function runDemo(seconds: number, out: NodeJS.WriteStream, signal: AbortSignal): Promise<DemoSummary> {
  const data = await mkdtemp(join(tmpdir(), 'sluice-demo-'))
  const gateway = new Gateway(loadConfig({ data, mqttPort: 0, httpPort: 0, logLevel: 'error' }))
  try {
    const { http, operatorKey } = await gateway.start()
    return await new Demo(gateway, http, new Client({ url: http, key: operatorKey! }), seconds, out).run(signal)
  } finally {
    await gateway.stop()
    await rm(data, { recursive: true, force: true })
  }
}

class Demo {
  readonly #gateway: Gateway
  readonly #http: string
  readonly #operator: Client
  readonly #seconds: number
  readonly #screen: Screen
  readonly #deals = new Map<string, Deal>()
  #streams: readonly DemoStream[] = []
  #sent: Counts | undefined
  #billed = '0.000000'
  #event = 'The devices connect; nobody has consented to anything yet.'
  #withdrawn: { streamId: string, effectiveAt: number } | undefined

  constructor(gateway: Gateway, http: string, operator: Client, seconds: number, out: NodeJS.WriteStream) {
    this.#gateway = gateway
    this.#http = http
    this.#operator = operator
    this.#seconds = seconds
    this.#screen = new Screen(out)
  }

  async run(signal: AbortSignal): Promise<DemoSummary> {
    const [owner, city] = await Promise.all([this.#party('owner', 'Home and city department'), this.#party('subscriber', 'City')])
    const ownerClient = this.#clientOf(owner), cityClient = this.#clientOf(city), watcher = new City(this.#http, city.key)
    const plan = planFleet(loadFleet('demo')), paired = await pairAll(ownerClient, plan, signal, () => {})
    const began = Date.now(), elapsedS = () => Math.min(this.#seconds, (Date.now() - began) / 1000)
    const devices = plan.reduce((sum, source) => sum + source.devices.length, 0)
    const fleet = runFleet(plan, source => paired.get(source)!, { seconds: this.#seconds, signal, onProgress: ({ counts }) => { this.#sent = counts } })
    while (elapsedS() < this.#seconds && !signal.aborted) {
      await tellHeights(ownerClient, paired)
      await this.#consentToWhatIsNew(ownerClient, cityClient, city.partyId, watcher)
      if (!this.#withdrawn && elapsedS() > this.#seconds / 2) await this.#withdraw(ownerClient, watcher)
      this.#draw(elapsedS(), devices, watcher)
      await delay(STEP_MS, undefined, { signal }).catch(() => undefined)
    }
    this.#sent = await fleet
    await this.#settled(watcher)
    this.#draw(elapsedS(), devices, watcher)
    const summary = await this.#summary(ownerClient, cityClient, plan, watcher)
    watcher.close()
    return summary
  }

  #party(role: string, name: string): Promise<Party> { return this.#operator.post('/v1/parties', { role, name }) }
  #clientOf({ key }: Party): Client { return new Client({ url: this.#http, key }) }

  async #consentToWhatIsNew(owner: Client, city: Client, cityId: string, watcher: City): Promise<void> {
    this.#streams = await owner.get<DemoStream[]>('/v1/streams?mine=true')
    const fresh = this.#streams.filter(stream => !this.#deals.has(stream.streamId) && !isPersonal(stream))
    for (const stream of fresh) {
      this.#deals.set(stream.streamId, await deal(owner, city, cityId, stream))
      await watcher.subscribe(stream.streamId)
    }
    if (fresh.length > 0) this.#event = `The owner consents to ${this.#deals.size} streams; doors and motion stay at home.`
    const { agreements } = await city.get<{ agreements: { amount: string }[] }>('/v1/usage')
    this.#billed = (agreements.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 1e6), 0) / 1e6).toFixed(6)
  }

  /** The stream that the city got most of. */
  async #withdraw(owner: Client, watcher: City): Promise<void> {
    const [busiest] = [...watcher.counts].filter(([streamId]) => this.#deals.has(streamId)).sort(([, a], [, b]) => b - a)
    if (!busiest) return
    const { consentId, stream } = this.#deals.get(busiest[0])!
    const { effectiveAt } = await owner.post<{ effectiveAt: string }>(`/v1/consents/${consentId}/withdraw`)
    this.#withdrawn = { streamId: stream.streamId, effectiveAt: Date.parse(effectiveAt) }
    this.#event = `The owner withdraws ${stream.type} of ${stream.device}: ${busiest[1]} came so far, and not one more.`
  }

  /** Waits until nothing is on its way and the city has what was handed over. */
  async #settled(watcher: City): Promise<void> {
    for (const until = Date.now() + SETTLE_MS_MAX; Date.now() < until; await delay(50)) {
      const { inFlight, deliveries } = this.#gateway.counts()
      if (inFlight === 0 && deliveries === watcher.messageCount) return
    }
  }

  #draw(elapsedS: number, devices: number, watcher: City): void {
    const { received, delivered, dropped, deliveries } = this.#gateway.counts()
    this.#screen.draw({
      elapsedS, seconds: this.#seconds, devices, sent: this.#sent?.sent ?? 0, received, delivered, dropped, deliveries, streams: this.#streams.length, subscribed: watcher.openCount,
      billed: this.#billed, event: this.#event, last: JSON.stringify(watcher.last?.content ?? {}),
    })
  }

  #deliveredAfter(watcher: City): number {
    if (!this.#withdrawn) return 0
    const { streamId, effectiveAt } = this.#withdrawn
    return (watcher.receipts.get(streamId) ?? []).filter(receipt => receipt > effectiveAt).length
  }

  async #summary(owner: Client, city: Client, plan: readonly SourcePlan[], watcher: City): Promise<DemoSummary> {
    const streams = await owner.get<DemoStream[]>('/v1/streams?mine=true'), { sum } = await this.#operator.get<{ sum: Record<string, string> }>('/v1/ledger')
    const { agreements } = await city.get<{ agreements: { amount: string, currency: string }[] }>('/v1/usage')
    const spoke = Object.keys(this.#sent?.byDialect ?? {})
    return {
      ...this.#gateway.counts(), dialects: spoke.filter(dialect => plan.some(source => source.dialect === dialect)).sort(), models: [...new Set(streams.map(({ type }) => type))].sort(), streams: streams.length,
      withdrawal: { deliveredAfter: this.#deliveredAfter(watcher) },
      billed: totals(agreements), ledgerSum: sum,
    }
  }
}

function totals(agreements: readonly { amount: string, currency: string }[]): Record<string, string> {
  const micros = new Map<string, bigint>()
  for (const { amount, currency } of agreements) micros.set(currency, (micros.get(currency) ?? 0n) + BigInt(amount.replace('.', '')))
  return Object.fromEntries([...micros].map(([currency, micro]) => [currency, `${micro / 1_000_000n}.${String(micro % 1_000_000n).padStart(6, '0')}`]))
}
