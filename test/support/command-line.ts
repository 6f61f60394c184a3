// Runs commands in this process, as the shell would: words in, exit code and what was printed out.
import { main } from '#cli/main.ts'

type Environment = Readonly<Record<`SLUICE_${string}`, string>>

export interface Ended { readonly code: number, readonly out: string, readonly err: string }

/** `environment` is all that the command sees of what begins with SLUICE_. One at a time: stdout and stderr are the process's own. */
export async function sluice(argv: readonly string[], environment: Environment = {}): Promise<Ended> {
  const before = { ...process.env }, { stdout, stderr } = process, written = { out: '', err: '' }
  const write = { out: stdout.write.bind(stdout), err: stderr.write.bind(stderr) }
  replaceOurs(environment)
  stdout.write = (chunk: unknown) => { written.out += String(chunk); return true }
  stderr.write = (chunk: unknown) => { written.err += String(chunk); return true }
  try {
    return { code: await main(argv), ...written }
  } finally {
    stdout.write = write.out
    stderr.write = write.err
    replaceOurs(before)
  }
}

function replaceOurs(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('SLUICE_')) delete process.env[name]
  for (const [name, value] of Object.entries(environment)) if (name.startsWith('SLUICE_')) process.env[name] = value
}

/** The one JSON document that a command with --json prints. Throws where it fails. */
export async function sluiceJson<T = any>(argv: readonly string[], environment?: Environment): Promise<T> {
  const { code, out, err } = await sluice([...argv, '--json'], environment)
  if (code !== 0) throw new Error(`sluice ${argv.join(' ')} ended ${code}: ${err}`)
  return JSON.parse(out) as T
}
