// A real InfluxDB 1.x on free ports of loopback, which can be killed and started again.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '#test/support/mosquitto.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const BINARY = ['influxd', '/usr/bin/influxd'].find(path => spawnSync(path, ['version']).error === undefined)
export const hasInflux = BINARY !== undefined

export class Influx {
  readonly port: number
  readonly folder = temporaryFolder()
  readonly #configuration = join(this.folder, 'influxdb.conf')
  #child: ChildProcess | undefined

  private constructor(port: number, rpcPort: number, hasUsers: boolean) {
    this.port = port
    writeFileSync(this.#configuration, `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${this.folder}/meta"
[data]
  dir = "${this.folder}/data"
  wal-dir = "${this.folder}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${hasUsers}
  log-enabled = false
`)
  }

  /** On a port that may be chosen, so that somebody can look for it before it is there. */
  static async start({ hasUsers = false, port }: { hasUsers?: boolean, port?: number } = {}): Promise<Influx> {
    const influx = new Influx(port ?? await freePort(), await freePort(), hasUsers)
    await influx.restart()
    return influx
  }

  get url(): string { return `http://127.0.0.1:${this.port}` }

  async restart(): Promise<void> {
    const child = this.#child = spawn(BINARY!, ['-config', this.#configuration], { stdio: 'ignore' })
    for (;;) {
      if (child.exitCode !== null) throw new Error(`influxd ended with ${child.exitCode}`)
      if (await fetch(`${this.url}/ping`).then(({ status }) => status === 204, () => false)) return
      await delay(50)
    }
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Stands still, as a machine that swaps: connections stay open, and nobody answers. */
  freeze(isFrozen: boolean): void { this.#child!.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT') }

  /** Rows of a query, each as an object; times in milliseconds. */
  async rows(query: string, { database = 'sluice', credentials = '' } = {}): Promise<Record<string, any>[]> {
    const response = await fetch(`${this.url}/query`, { method: 'POST', headers: { ...(credentials && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }) }, body: new URLSearchParams({ q: query, db: database, epoch: 'ms' }) })
    const { results, error } = await response.json() as any
    const fault = error ?? results[0].error
    if (/^database not found|^retention policy not found/.test(fault)) return []
    if (fault) throw new Error(fault)
    return (results[0].series ?? []).flatMap(({ columns, values, tags }: any) => values.map((row: any[]) => ({ ...tags, ...Object.fromEntries(columns.map((name: string, index: number) => [name, row[index]])) })))
  }
}
