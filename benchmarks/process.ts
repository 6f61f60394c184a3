// Starts what is measured: each process on the server's core, ended by the pid that was started.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'

const hasTaskset = spawnSync('taskset', ['--version']).status === 0
/** The server's core, and the generator's. */
export const SERVER_CORE = '0'
const GENERATOR_CORE = '1'

/** Keeps this process, the load generator, off the server's core. */
export function pinGenerator(): void {
  if (hasTaskset) spawnSync('taskset', ['-acp', GENERATOR_CORE, String(process.pid)])
}

export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  const [program, ...rest] = hasTaskset ? ['taskset', '-c', SERVER_CORE, command, ...args] : [command, ...args]
  return spawn(program ?? command, rest, { env, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** The first line that a process prints. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end >= 0) done(text.slice(0, end))
    })
    child.once('exit', code => fail(new Error(`a server ended with ${code} before it was ready`)))
  })
}

export function stop(child: ChildProcess): Promise<void> {
  return new Promise(done => {
    if (child.exitCode !== null || child.signalCode !== null) return done()
    child.once('exit', () => done())
    child.kill('SIGTERM')
  })
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
}
