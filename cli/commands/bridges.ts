// bridge: sources that the gateway fetches from somebody else's broker.
import { CliError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function bridgeAdd(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.post('/v1/bridges', {
    ...await access(input), protocol: input.text('protocol'), topics: input.list('topics'), share: input.text('share'), strip: input.text('strip'),
    dialect: input.text('dialect'), name: input.text('name'), location: input.location('location'), placement: input.text('placement'), timezone: input.text('timezone'),
  }))
}

export async function bridgeSet(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.patch(`/v1/bridges/${encodeURIComponent(input.needed('SOURCE'))}`, await access(input)))
}

export async function bridgeList(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  io.show(await client.get('/v1/bridges'), ['sourceId', 'name', 'broker', 'topics', 'state', 'since', 'received', 'detail'])
}

async function access(input: Input) {
  const password = await content(input.text('password-file')), ca = await content(input.text('ca-file'))
  return { broker: input.text('broker'), username: input.text('username'), password: password?.replace(/\r?\n$/, ''), ca }
}

async function content(file: string | undefined): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises')
  try {
    return file === undefined ? undefined : await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError('BAD_REQUEST', `${file} cannot be read: ${(error as Error).message}.`)
  }
}
