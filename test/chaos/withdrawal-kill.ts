// kill -9 between the steps of a withdrawal, and at random instants around it: what was answered is in force afterwards, and so is what was not
// answered and is in the log. Nothing of either leaves any more.
import { setTimeout as delay } from 'node:timers/promises'
import { Random } from '#benchmarks/corpus/random.ts'
import type { ChaosOptions, Fault, Outcome } from '#test/chaos/fault.ts'
import { Control } from '#test/chaos/withdrawal/control.ts'
import { preload, PURPOSE } from '#test/chaos/withdrawal/place.ts'
import { Sender } from '#test/chaos/withdrawal/sender.ts'
import { Tap } from '#test/chaos/withdrawal/tap.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { Users, type Paired, type PartyKey } from '#test/support/running.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

/** When the gateway is killed: the last one is for the clock to say. */
const STEPS = ['before the event', 'before the purge', 'before the answer', 'at some time'] as const
type Step = typeof STEPS[number]

/** Withdrawals in one life, at most; the last of them is its end. */
const LIVES_MAX = 3
const KILLED_MS_MAX = 12, QUIET_MS = 30, DEVICE = 'k'

interface Counts {
  /** Answered, and not in force. */
  undone: number
  /** In the log, and not in force. */
  ignored: number
  /** In force, though the gateway fell before it was in the log. */
  invented: number
  /** Readings that came, and streams that opened. */
  leaks: number
}

class Mortal {
  readonly #data = temporaryFolder()
  #ports: { mqtt?: number, http?: number } = {}
  #operatorKey = ''
  #sent = 0
  gateway!: GatewayProcess
  users!: Users
  owner!: PartyKey
  city!: PartyKey
  streamId = ''
  #source!: Paired
  #sender!: Sender
  #control!: Control
  readonly acknowledged = new Set<string>()

  static async open(): Promise<Mortal> {
    const mortal = new Mortal()
    await mortal.start({})
    const { users } = mortal
    ;[mortal.owner, mortal.city] = await Promise.all([users.party('owner'), users.party('subscriber')])
    mortal.#source = await users.pair(mortal.owner)
    await mortal.#listen()
    await mortal.send(1)
    mortal.streamId = (await users.streamsOf(mortal.owner))[0]!.streamId
    const { offerId } = await users.ok(mortal.owner.key, 'POST', '/v1/offers', { streamId: mortal.streamId, price: '0', unit: 'message', currency: 'EUR', attributes: ['temperature'] })
    await users.ok(mortal.city.key, 'POST', '/v1/agreements', { offerId, purpose: PURPOSE })
    return mortal
  }

  async start(environment: Readonly<Record<string, string>>): Promise<void> {
    this.gateway = await GatewayProcess.start(this.#data, this.#ports, environment)
    const { ready } = this.gateway
    this.#operatorKey = ready.operatorKey ?? this.#operatorKey
    this.users = new Users({ ...ready, operatorKey: this.#operatorKey })
    this.#ports = { mqtt: Number(new URL(ready.mqtt).port), http: Number(new URL(ready.http).port) }
    if (this.streamId !== '') await this.#listen()
  }

  async #listen(): Promise<void> {
    this.#control = new Control(this.users.http)
    this.#sender = await Sender.open(this.users.mqtt, this.#source, 'hub')
  }

  async send(count: number): Promise<void> {
    for (let n = 0; n < count; n++) await this.#sender.confirm(DEVICE, ++this.#sent)
  }

  async grant(): Promise<string> {
    const { body } = await this.#control.ask(this.owner.key, 'POST', '/v1/consents', { streamId: this.streamId, recipient: this.city.partyId, purposes: [PURPOSE], attributes: ['temperature'] })
    return body.consentId
  }

  async withdraw(consentId: string): Promise<void> {
    const { status } = await this.#control.ask(this.owner.key, 'POST', `/v1/consents/${consentId}/withdraw`, undefined)
    if (status === 200) this.acknowledged.add(consentId)
  }

  async states(): Promise<ReadonlyMap<string, string>> {
    const { body } = await this.#control.ask(this.owner.key, 'GET', '/v1/consents', undefined)
    return new Map((body as { consentId: string, state: string }[]).map(({ consentId, state }) => [consentId, state]))
  }

  follow(): Tap { return this.#tap(true) }
  /** Comes back to its session: whatever comes is what that had. */
  retake(): Tap { return this.#tap(false) }
  replay(): Tap {
    return Tap.http(this.users.http, `/v1/streams/${encodeURIComponent(this.streamId)}/events?from=earliest`, this.city, [])
  }

  #tap(subscribes: boolean): Tap {
    return Tap.mqtt(this.users.mqtt, this.city, { version: 5, qos: 1, clientId: 'c', clean: false, topic: `streams/${this.streamId}`, subscribes, isPolite: false })
  }
}

async function run({ seed, kills, tell }: ChaosOptions): Promise<Outcome> {
  const random = new Random(seed), mortal = await Mortal.open(), counts: Counts = { undone: 0, ignored: 0, invented: 0, leaks: 0 }, byStep: Record<Step, number> = Object.fromEntries(STEPS.map(step => [step, 0])) as Record<Step, number>
  try {
    for (let kill = 1; kill <= kills; kill++) {
      const step = STEPS[kill % STEPS.length]!, nth = 1 + random.below(LIVES_MAX)
      byStep[step]++
      await mortal.gateway.kill()
      await mortal.start({ NODE_OPTIONS: preload('fall.ts'), CHAOS_STEP: step, CHAOS_NTH: String(nth) })
      const last = await live(mortal, nth, step === 'at some time' ? random.next() * KILLED_MS_MAX : undefined)
      await mortal.start({})
      await judge(mortal, last, step, counts)
      if (kill % 10 === 0) tell(`${kill} kills: ${JSON.stringify(counts)}`)
    }
  } finally { await mortal.gateway.kill() }
  const { undone, ignored, invented, leaks } = counts
  return { failed: undone + ignored + invented + leaks, figures: { kills, acknowledged: mortal.acknowledged.size, ...counts, ...byStep } }
}

/** Consents and withdrawals until it is killed in one. Answers the consent of the last. */
async function live(mortal: Mortal, withdrawals: number, killedMs: number | undefined): Promise<string> {
  for (let n = 1; ; n++) {
    const consentId = await mortal.grant(), tap = mortal.follow()
    await tap.opened
    await mortal.send(2)
    await tap.count(1)
    const withdrawing = mortal.withdraw(consentId)
    if (n === withdrawals && killedMs !== undefined) {
      await delay(killedMs)
      await mortal.gateway.kill()
    }
    await withdrawing
    tap.reset()
    if (n < withdrawals) continue
    if (killedMs === undefined) while (mortal.gateway.isAlive) await delay(1)
    return consentId
  }
}

/** What is there after the next start, and what leaves then. */
async function judge(mortal: Mortal, last: string, step: Step, counts: Counts): Promise<void> {
  const states = await mortal.states(), isWithdrawn = states.get(last) === 'withdrawn'
  counts.undone += [...mortal.acknowledged].filter(consentId => states.get(consentId) !== 'withdrawn').length
  // Its event was in the log before the gateway fell.
  if (!isWithdrawn && (step === 'before the purge' || step === 'before the answer')) counts.ignored++
  if (step === 'before the event' && isWithdrawn) counts.invented++
  if (!isWithdrawn) await mortal.withdraw(last)
  const taps = [mortal.retake(), mortal.replay()]
  const [, replayed] = await Promise.all(taps.map(tap => tap.opened))
  await mortal.send(2)
  await delay(QUIET_MS)
  counts.leaks += Number(replayed) + taps.reduce((sum, { numbers }) => sum + numbers.length, 0)
  for (const tap of taps) tap.reset()
}

export const withdrawalKill: Fault = {
  name: 'withdrawal-kill', run,
  about: 'kill -9 between the steps of a withdrawal: what was answered stays in force, what is in the log is applied, nothing of it leaves',
}
