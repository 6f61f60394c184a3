// Runs commands in this process, as the shell would: words in, exit code and what was printed out.
import { main } from '#cli/main.ts'

export interface Ended { readonly code: number, readonly out: string, readonly err: string }

/** `environment` is all that the command sees of SLUICE_URL and SLUICE_KEY. One at a time: stdout and stderr are the process's own. */
export async function sluice(argv: readonly string[], environment: { readonly SLUICE_URL?: string, readonly SLUICE_KEY?: string } = {}): Promise<Ended> {
  const before = { ...process.env }, { stdout, stderr } = process, written = { out: '', err: '' }
  const write = { out: stdout.write.bind(stdout), err: stderr.write.bind(stderr) }
  delete process.env['SLUICE_URL']
  delete process.env['SLUICE_KEY']
  Object.assign(process.env, environment)
  stdout.write = (chunk: unknown) => { written.out += String(chunk); return true }
  stderr.write = (chunk: unknown) => { written.err += String(chunk); return true }
  try {
    return { code: await main(argv), ...written }
  } finally {
    stdout.write = write.out
    stderr.write = write.err
    for (const name of ['SLUICE_URL', 'SLUICE_KEY'] as const) if (before[name] === undefined) delete process.env[name]; else process.env[name] = before[name]
  }
}

/** The one JSON document that a command with --json prints. Throws where it fails. */
export async function sluiceJson<T = any>(argv: readonly string[], environment?: { readonly SLUICE_URL?: string, readonly SLUICE_KEY?: string }): Promise<T> {
  const { code, out, err } = await sluice([...argv, '--json'], environment)
  if (code !== 0) throw new Error(`sluice ${argv.join(' ')} ended ${code}: ${err}`)
  return JSON.parse(out) as T
}
