// Patients for the doctor: data directories as gateways leave them, and somebody at the other end of a wire.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { examine, type Told } from '#cli/doctor/checks.ts'
import { factsOf, realProbes, type Probes } from '#cli/doctor/facts.ts'
import { settle } from '#gateway/config/config.ts'
import { Journal } from '#gateway/journal/journal.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { openState } from '#gateway/state/database.ts'
import { sluice } from '#test/support/command-line.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

export interface Diagnosis { readonly ok: boolean, readonly code: number, readonly checks: readonly Told[] }
type Settings = Readonly<Record<`SLUICE_${string}`, string>>

/** What `sluice doctor --json` says. Its ports are free ones, unless they are set. */
export async function doctor(data: string, settings: Settings = {}, ...argv: readonly string[]): Promise<Diagnosis> {
  const environment = { SLUICE_MQTT_PORT: '0', SLUICE_HTTP_PORT: '0', ...settings }
  const { code, out } = await sluice(['doctor', '--data', data, '--json', ...argv], environment)
  return { ...JSON.parse(out) as Omit<Diagnosis, 'code'>, code }
}

/** The same checks on another machine, as far as one cannot be had here. */
export async function doctorWith(probes: Partial<Probes>, data: string): Promise<Diagnosis> {
  const settled = await settle({ given: { data, mqttPort: 0, httpPort: 0 } })
  const checks = await examine(factsOf(settled, { ...realProbes, ...probes })), ok = !checks.some(({ state }) => state === 'fault')
  return { ok, code: ok ? 0 : 1, checks }
}

/** One thing is wrong and nothing else: its name, what was found, and what to do. */
export function onlyFault({ ok, code, checks }: Diagnosis, name: string, found: RegExp, remedy: RegExp): void {
  isNamed(checks, name, 'fault', found, remedy)
  assert.deepEqual([ok, code], [false, 1])
}

export function onlyWarning({ ok, code, checks }: Diagnosis, name: string, found: RegExp, remedy: RegExp): void {
  isNamed(checks, name, 'warning', found, remedy)
  assert.deepEqual([ok, code], [true, 0])
}

function isNamed(checks: readonly Told[], name: string, state: Told['state'], found: RegExp, remedy: RegExp): void {
  const bad = checks.filter(check => check.state !== 'ok')
  assert.deepEqual(bad.map(check => [check.name, check.state]), [[name, state]], JSON.stringify(bad))
  assert.match(bad[0]!.found, found)
  assert.match(bad[0]!.remedy!, remedy)
}

export function nothing({ ok, code, checks }: Diagnosis): void {
  assert.deepEqual([ok, code, checks.filter(({ state }) => state !== 'ok')], [true, 0, []])
}

export function told({ checks }: Diagnosis, name: string): Told {
  const found = checks.find(check => check.name === name)
  assert.ok(found, `the doctor tells of ${name}`)
  return found
}

/** A data directory as a gateway leaves it behind. */
export function used(directory = temporaryFolder()): string {
  openState(directory).close()
  new Vault(directory)
  return directory
}

/** Gives it a journal with a message of each time. Returns the segment. */
export async function journalled(data: string, times: readonly number[]): Promise<string> {
  const directory = join(data, 'journal'), content = Buffer.from('content')
  mkdirSync(directory, { mode: 0o700 })
  const journal = new Journal({ directory, clock: systemClock, log: silentLog, retentionMs: 1, retentionBytes: 1 })
  await journal.open()
  const records = times.map((timestamp, k) => (
    { streamNumber: 1, position: k + 1, timestamp, sequenceNumber: 0, msgChainId: 'x'.repeat(20), content }))
  for (const record of records) await journal.append([record], true)
  await journal.close()
  return join(directory, '0000000001.seg')
}

/** A disk of its own in memory, mounted at the folder; undefined where this account may not mount. */
export function smallDisk(bytes: number): string | undefined {
  const folder = temporaryFolder()
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status === 0 ? folder : undefined
}

/** Listeners on loopback, which end together. */
export class Others {
  readonly #servers: Server[] = []

  /** Takes connections and says nothing. Resolves with its port. */
  silent(): Promise<number> { return this.#listen(createServer()) }

  async http(answer: RequestListener): Promise<string> { return `http://127.0.0.1:${await this.#listen(createHttpServer(answer))}` }

  /** A port that nobody listens at. */
  async nobody(): Promise<number> {
    const server = createServer(), port = await this.#listen(server)
    server.close()
    await once(server, 'close')
    return port
  }

  close(): void { for (const server of this.#servers) server.close() }

  async #listen(server: Server): Promise<number> {
    this.#servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
}
