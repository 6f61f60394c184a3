// log level: what a running gateway writes to stderr.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function logLevel(input: Input, io: Io): Promise<void> {
  const client = await io.client(), level = input.text('LEVEL')
  io.show(level === undefined ? await client.get('/v1/log-level') : await client.put('/v1/log-level', { level }))
}
