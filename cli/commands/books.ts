// usage and ledger: what was metered, and the books.
import { table } from '#cli/columns.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

export async function usage(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const result = await client.get<{ agreements: object[] }>('/v1/usage')
  if (io.isJson) io.show(result)
  else io.show(result.agreements, ['agreementId', 'messages', 'amount', 'currency', 'streamId'])
}

export async function ledger(_input: Input, io: Io): Promise<void> {
  const client = await io.client()
  const result = await client.get<{ entries: number, balances: object[], sum: Readonly<Record<string, string>> }>('/v1/ledger')
  if (io.isJson) { io.show(result); return }
  io.print(table(result.balances, ['account', 'amount', 'currency']))
  for (const [currency, sum] of Object.entries(result.sum)) io.print(`sum ${sum} ${currency} over ${result.entries} entries`)
}
