// The store in an InfluxDB 1.x: one database, a retention policy for each length of time.
import type { Agent } from 'node:http'
import { readFileSync } from 'node:fs'
import type { InfluxDB } from 'influx'
import { GatewayError } from '#gateway/errors.ts'
import type { Point } from '#gateway/history/point.ts'
import { StoreError, type Store } from '#gateway/history/store.ts'

const REQUEST_MS_MAX = 10_000

export interface InfluxOptions {
  readonly url: string
  readonly database: string
  readonly username?: string
  readonly passwordFile?: string
}

export class InfluxStore implements Store {
  readonly #options: InfluxOptions
  readonly #password: string | undefined
  /** Of our own, so that a request under way can be cut. */
  readonly #agent: Agent
  #influx: InfluxDB | undefined
  /** In hours: retention policies that are known to be there. */
  readonly #policies = new Set<number>()
  /** How often what was under way was cut off. */
  #cuts = 0

  /** Throws BAD_REQUEST where the file with the password cannot be read. */
  constructor(options: InfluxOptions) {
    this.#options = options
    this.#password = options.passwordFile === undefined ? undefined : readPassword(options.passwordFile)
    const { Agent } = process.getBuiltinModule(options.url.startsWith('https:') ? 'node:https' : 'node:http')
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
  }

  async write(points: readonly Point[], hours: number): Promise<void> {
    const { database } = this.#options, cuts = this.#cuts, influx = await this.#connect()
    try {
      await this.#ensurePolicy(influx, hours)
      if (cuts !== this.#cuts) throw new Error('cut off before it was sent')
      await inTime(influx.writePoints(points as unknown as Parameters<InfluxDB['writePoints']>[0], { database, retentionPolicy: policyName(hours), precision: 'n' }))
    } catch (error) {
      const fault = faultOf(error)
      // Whoever dropped the database has it made again.
      if (fault.message.includes('not found')) this.#policies.clear()
      throw fault
    }
  }

  cut(): void {
    this.#cuts++
    // First what waits for the socket: it would get the next one.
    for (const requests of Object.values(this.#agent.requests)) for (const request of requests ?? []) request.destroy()
    this.#agent.destroy()
  }

  /** By itself or together with others, in every retention policy. (SHOW SERIES looks into the default one only: it cannot tell whether anything is left.) */
  async erase(consentId: string): Promise<void> { await this.#ask(`DROP SERIES WHERE "consent" =~ /(^|\\+)${checkedId(consentId)}(\\+|$)/`) }

  close(): void { this.#agent.destroy() }

  async #ask(query: string): Promise<void> {
    const influx = await this.#connect(), { database } = this.#options
    try {
      await inTime(influx.queryRaw(query, { database }))
    } catch (error) {
      const fault = faultOf(error)
      if (!fault.message.includes('database not found')) throw fault
    }
  }

  /** Shards are as long as the policy allows: a point goes at most that much later than it has to. */
  async #ensurePolicy(influx: InfluxDB, hours: number): Promise<void> {
    if (this.#policies.has(hours)) return
    const { database } = this.#options, name = policyName(hours)
    await inTime(influx.createDatabase(database))
    await inTime(influx.createRetentionPolicy(name, { database, duration: `${hours}h`, replication: 1, isDefault: false }))
    this.#policies.add(hours)
  }

  /** Loaded with the first call: most gateways keep no history. The host is never locked out by itself: when to try again is ours to say. */
  async #connect(): Promise<InfluxDB> {
    if (this.#influx) return this.#influx
    const { InfluxDB } = (await import('influx')), url = new URL(this.#options.url), isTls = url.protocol === 'https:'
    return this.#influx ??= new InfluxDB({
      host: url.hostname, port: Number(url.port) || (isTls ? 443 : 8086), protocol: isTls ? 'https' : 'http', database: this.#options.database,
      username: this.#options.username ?? '', password: this.#password ?? '', options: { agent: this.#agent },
      pool: { maxRetries: 0, requestTimeout: REQUEST_MS_MAX, backoff: NEVER_LOCKED_OUT },
    })
  }
}

const NEVER_LOCKED_OUT = { getDelay: () => 0, next() { return this }, reset() { return this } }

function policyName(hours: number): string { return `keep_${hours}h` }

/** Our ids are letters, digits and _: nothing in them can end an expression. */
function checkedId(id: string): string {
  if (!/^\w+$/.test(id)) throw new Error(`No id: ${id}`)
  return id
}

/** An answer that breaks off in the middle would be waited for for ever. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error('no answer in time')), REQUEST_MS_MAX + 1_000) })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

function faultOf(error: unknown): StoreError {
  const { message, res } = error as Error & { res?: { statusCode?: number } }, status = res?.statusCode
  if (status === 401 || status === 403 || /authoriz|authentication/i.test(message)) return new StoreError('refused', message, { cause: error })
  if (status !== 400) return new StoreError('unreachable', message, { cause: error })
  return new StoreError('unfit', message, { cause: error, count: Number(/dropped=(\d+)/.exec(message)?.[1] ?? 1) })
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new GatewayError('BAD_REQUEST', `The password of the history cannot be read: ${(error as Error).message}. Name its file with history.passwordFile.`, { cause: error })
  }
}
