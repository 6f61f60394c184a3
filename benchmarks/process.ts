// Starts what is measured and what measures it, each process on its core, ended by the pid that was started.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export const hasTaskset = !spawnSync('taskset', ['--version']).error
export const SERVER_CORE = '0'
export const GENERATOR_CORE = '1'

/** How long a process may take to end by itself. */
const GRACE_MS = 5_000
/** How long a server may take until it answers. */
const START_MS_MAX = 30_000

export interface StartOptions { readonly core?: string, readonly env?: NodeJS.ProcessEnv, readonly stdin?: 'ignore' | 'pipe' }

const children = new Set<ChildProcess>()
process.on('SIGINT', () => process.exit(130)).on('SIGTERM', () => process.exit(143))
process.on('exit', () => { for (const child of children) child.kill('SIGKILL') })

export function start(
  command: string, args: readonly string[], { core = SERVER_CORE, env = process.env, stdin = 'ignore' }: StartOptions = {}
): ChildProcess {
  const [program, ...rest] = hasTaskset ? ['taskset', '-c', core, command, ...args] : [command, ...args]
  const child = spawn(program, rest, { env, stdio: [stdin, 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** The first line that a process prints. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end >= 0) done(text.slice(0, end))
    })
    child.once('exit', code => fail(new Error(`a process ended with ${code} before it was ready`)))
  })
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await new Promise<void>(done => {
    child.once('exit', () => done())
    child.kill('SIGTERM')
  })
  clearTimeout(timer)
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
}

/** Resolves when somebody listens. */
export async function listening(port: number): Promise<void> {
  for (const until = Date.now() + START_MS_MAX; Date.now() < until; await delay(20)) if (await answers(port)) return
  throw new Error(`Nothing listens on port ${port} after ${START_MS_MAX} ms.`)
}

function answers(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1', () => { socket.destroy(); done(true) }).once('error', () => done(false))
  })
}
