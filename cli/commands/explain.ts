// explain: why messages were refused.
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function explain(input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const query = new URLSearchParams({ source: input.needed('source'), last: String(input.number('last')) })
  io.show(await client.get(`/v1/explain?${query.toString()}`), ['at', 'code', 'topic', 'field', 'detail'])
}
