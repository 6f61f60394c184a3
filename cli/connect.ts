// Where the gateway is and who is asking: options first, then the environment.
import { Client } from '#cli/client.ts'
import { DEFAULT_URL } from '#cli/command.ts'
import { CliError, usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'

/** Throws where the URL is none, or there is no key. */
export async function connect(input: Input, environment: NodeJS.ProcessEnv): Promise<Client> {
  const url = input.text('url') ?? (environment['SLUICE_URL'] || DEFAULT_URL)
  return new Client({ url: checked(url), key: await keyOf(input.text('key-file'), environment['SLUICE_KEY']) })
}

/** The public keys of a gateway, which it tells everybody: a JWK Set. Throws as calls do. */
export function publicKeysAt(url: string): Promise<object> { return new Client({ url: checked(url), key: '' }).get('/.well-known/jwks.json') }

function checked(url: string): string {
  if (URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol)) return url
  throw usageError(`The gateway's URL is wrong: give --url or SLUICE_URL as ${DEFAULT_URL}.`)
}

async function keyOf(file: string | undefined, fromEnvironment: string | undefined): Promise<string> {
  const key = file === undefined ? fromEnvironment?.trim() : await readKey(file)
  if (!key) throw new CliError('UNAUTHENTICATED', 'No key: set SLUICE_KEY, or name a file that holds it with --key-file.')
  if (/[^\x21-\x7e]/.test(key)) throw new CliError('UNAUTHENTICATED', 'This is no key: it has characters that keys do not have.')
  return key
}

async function readKey(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw usageError(`The key file cannot be read: ${(error as Error).message}.`)
  }
}
