// strace on a process that runs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const CALLS = 'fdatasync,pwrite64,write,writev,sendto,sendmsg'

export interface Tracer { stop(): Promise<void> }

/** Follows all threads of a process into a file, strings in full; undefined where that is not allowed. */
export async function traced(pid: number, file: string): Promise<Tracer | undefined> {
  const child = spawn('strace', ['-f', '-s', '10000000', '-e', `trace=${CALLS}`, '-o', file, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  const isAttached = await Promise.race([
    (async () => { for await (const text of child.stderr) if (String(text).includes('attached')) return true; return false })(),
    ended.then(() => false),
  ])
  if (!isAttached) return undefined
  child.stderr.resume()
  return { stop: async () => { child.kill('SIGINT'); await ended } }
}
