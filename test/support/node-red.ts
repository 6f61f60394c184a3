// A real Node-RED without a window, with the nodes installed as users install them: runs flows, sees what they do, dies and comes back.
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Collector, EXPECTED_MS_MAX } from '#test/support/collector.ts'
import { freePort } from '#test/support/mosquitto.ts'
import { hostOf, paletteFolder, type Host, type Major } from '#benchmarks/peers/node-red-hosts.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

export const PALETTE_NAME = '@sluice/node-red-flows'

/** A node as a flow file has it. */
export interface FlowNode { readonly id: string, readonly type: string, readonly [name: string]: any }
export interface NodeSet { readonly module: string, readonly types: readonly string[], readonly enabled: boolean, readonly err?: unknown }
export interface Status { readonly fill?: string, readonly shape?: string, readonly text?: string }

/** One frame of the editor's channel holds many; a status is kept for whoever comes later. */
interface Comm { readonly topic: string, readonly data: any }

export class NodeRed {
  readonly host: Host
  readonly userDir: string
  readonly #port: number
  readonly #env: Readonly<Record<string, string>>
  #child: ChildProcess | undefined
  readonly #events = new EventEmitter()
  #log = ''

  private constructor(host: Host, userDir: string, port: number, env: Readonly<Record<string, string>>) {
    this.host = host
    this.userDir = userDir
    this.#port = port
    this.#env = env
  }

  /** `env`: what its flows find in the environment. Undefined where the registry cannot be reached. */
  static async start(major: Major, env: Readonly<Record<string, string>> = {}): Promise<NodeRed | undefined> {
    const host = await hostOf(major), palette = host && await paletteFolder()
    if (palette === undefined) return undefined
    const userDir = temporaryFolder(), port = await freePort()
    cpSync(palette, userDir, { recursive: true })
    writeFileSync(join(userDir, 'settings.js'), settingsOf(port))
    const nodeRed = new NodeRed(host!, userDir, port, env)
    await nodeRed.restart()
    return nodeRed
  }

  get url(): string { return `http://127.0.0.1:${this.#port}` }

  /** Starts it on its port; resolves when its flows run. */
  async restart(): Promise<void> {
    const { node, folder } = this.host, { PATH } = process.env
    const main = join(folder, 'node_modules', 'node-red', 'red.js'), settings = join(this.userDir, 'settings.js')
    const env = { PATH, HOME: this.userDir, LANG: 'C', ...this.#env }
    const child = spawn(node, [main, '--userDir', this.userDir, '--settings', settings], { stdio: ['ignore', 'pipe', 'pipe'], env })
    this.#child = child
    const isUp = new Promise<void>((done, fail) => {
      for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', line => {
        this.#log = `${this.#log}${line}\n`.slice(-20_000)
        if (!line.endsWith('Started flows')) return
        this.#events.emit('started')
        done()
      })
      child.once('exit', code => fail(new Error(`Node-RED ended with ${code}:\n${this.#log}`)))
    })
    await isUp
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** What is registered of a package. */
  async nodeSets(module = PALETTE_NAME): Promise<readonly NodeSet[]> {
    return (await this.#call<NodeSet[]>('GET', '/nodes')).filter(set => set.module === module)
  }

  /** The names of the examples that the editor offers under Import, and one of them as it is imported. */
  async exampleNames(): Promise<readonly string[]> {
    return (await this.#call<{ fn: string }[]>('GET', `/library/examples/flows/${PALETTE_NAME}`)).map(({ fn }) => fn)
  }
  example(name: string): Promise<readonly FlowNode[]> { return this.#call('GET', `/library/examples/flows/${PALETTE_NAME}/${name}`) }

  /**
   * Replaces what runs; resolves when it runs, which is after Node-RED has answered.
   * `env`: global environment variables, as the editor sets them in the global configuration.
   */
  async deploy(nodes: readonly FlowNode[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const variables = Object.entries(env).map(([name, value]) => ({ name, value, type: 'str' }))
    const global = { id: 'global-environment', type: 'global-config', env: variables }
    const started = once(this.#events, 'started', { signal: AbortSignal.timeout(EXPECTED_MS_MAX) })
    await this.#call('POST', '/flows', { flows: [...nodes, global] }, { 'node-red-api-version': 'v2', 'node-red-deployment-type': 'full' })
    await started
  }

  /** Presses the button of an inject node. */
  async press(id: string): Promise<void> {
    const { ok, status } = await fetch(`${this.url}/inject/${id}`, { method: 'POST' })
    if (!ok) throw new Error(`inject ${id}: ${status}`)
  }

  /** What the editor is told: statuses and the debug sidebar. */
  async watch(): Promise<Watch> {
    const comms = await Collector.open<Comm>(`${this.url.replace('http', 'ws')}/comms`, text => [JSON.parse(text) as Comm | Comm[]].flat())
    for (const topic of ['status/#', 'debug']) comms.send({ subscribe: topic })
    return new Watch(comms)
  }

  /** What a websocket-out node sends. */
  output<T = any>(path: string): Promise<Collector<T>> { return Collector.open<T>(`${this.url.replace('http', 'ws')}${path}`) }

  async #call<T = unknown>(method: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const types = { accept: 'application/json', ...body && { 'content-type': 'application/json' } }
    const response = await fetch(`${this.url}${path}`, { method, body: body && JSON.stringify(body), headers: { ...types, ...headers } })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text) as T
  }
}

export class Watch {
  readonly #comms: Collector<Comm>
  constructor(comms: Collector<Comm>) { this.#comms = comms }

  close(): void { this.#comms.close() }

  /** Waits until the node's latest status is so. */
  async status(id: string, isWanted: (status: Status) => boolean): Promise<Status> {
    const latest = (): Status => this.#comms.got.findLast(({ topic }) => topic === `status/${id}`)?.data ?? {}
    await this.#comms.until(() => isWanted(latest()), `a status of ${id}`)
    return latest()
  }

  /** What a debug node has shown, as the sidebar parses it. */
  async debug(id: string, isWanted: (payload: any) => boolean = () => true): Promise<any> {
    const isOf = ({ topic, data }: Comm): boolean => topic === 'debug' && data.id === id && isWanted(shown(data))
    return shown((await this.#comms.find(isOf, `a message at the debug node ${id}`)).data)
  }
}

function shown({ msg, format }: { msg: string, format: string }): any {
  return /^(Object|array|error)/.test(format) ? JSON.parse(msg) : msg
}

/** As a careful user has them: on this machine only, nothing reported to anybody, nothing installed from the editor. */
function settingsOf(port: number): string {
  const settings = {
    uiHost: '127.0.0.1', uiPort: port, credentialSecret: 'only for tests', flowFile: 'flows.json', functionExternalModules: true,
    telemetry: { enabled: false, updateNotification: false }, editorTheme: { tours: false, codeEditor: { lib: 'ace' } },
    externalModules: { palette: { allowInstall: false, allowUpload: false }, modules: { allowInstall: false } },
    diagnostics: { enabled: true }, runtimeState: { enabled: true },
  }
  return `module.exports = ${JSON.stringify(settings)}\n`
}
