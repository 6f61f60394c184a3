// `sluice serve` as a process of its own, which can be killed as the power would.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const SLUICE = join(import.meta.dirname, '..', '..', 'bin', 'sluice.js')

function wordsFor(data: string, ports: { mqtt?: number, http?: number }): string[] {
  return ['--disable-warning=ExperimentalWarning', SLUICE, 'serve', '--data', data, '--mqtt-port', String(ports.mqtt ?? 0), '--http-port', String(ports.http ?? 0), '--json']
}

export interface Ready { readonly mqtt: string, readonly http: string, readonly operatorKey?: string }

export class GatewayProcess {
  readonly child: ChildProcess
  readonly ready: Ready
  stderr = ''

  private constructor(child: ChildProcess, ready: Ready) {
    this.child = child
    this.ready = ready
    child.stderr!.on('data', (chunk: Buffer) => { this.stderr = (this.stderr + chunk.toString()).slice(-20_000) })
  }

  static async start(data: string, ports: { mqtt?: number, http?: number } = {}, environment: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    const child = spawn(process.execPath, wordsFor(data, ports), { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), once(child, 'exit').then(([code]) => { throw new Error(`serve ended with ${code}`) })]) as [string]
    return new GatewayProcess(child, JSON.parse(line) as Ready)
  }

  /** Kills one while it starts, after so many milliseconds. */
  static async startAndKill(data: string, ports: { mqtt?: number, http?: number }, milliseconds: number): Promise<void> {
    const child = spawn(process.execPath, wordsFor(data, ports), { stdio: 'ignore' }), ended = once(child, 'exit'), timer = setTimeout(() => child.kill('SIGKILL'), milliseconds)
    await ended
    clearTimeout(timer)
  }

  get port(): number { return Number(new URL(this.ready.mqtt).port) }
  get isAlive(): boolean { return this.child.exitCode === null && this.child.signalCode === null }

  /** The addresses of all TCP connections of this process that lead to a port that is not its own: what it opened itself. */
  outgoing(): string[] {
    const own = [this.ready.mqtt, this.ready.http].map(url => Number(new URL(url).port))
    const inodes = new Set(readdirSync(`/proc/${this.child.pid}/fd`).map(fd => { try { return /socket:\[(\d+)\]/.exec(readlinkSync(`/proc/${this.child.pid}/fd/${fd}`))?.[1] } catch { return undefined } }))
    return ['tcp', 'tcp6'].flatMap(table => readFileSync(`/proc/${this.child.pid}/net/${table}`, 'utf8').trim().split('\n').slice(1).map(row => row.trim().split(/\s+/)))
      .filter(columns => inodes.has(columns[9]) && !own.includes(parseInt(columns[1]!.split(':')[1]!, 16)))
      .map(columns => columns[2]!)
  }

  /** Resident memory, in MiB. */
  residentMiB(): number { return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1]) / 1024 }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (!this.isAlive) return this.child.exitCode
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    await ended
    return this.child.exitCode
  }
}
