// transparency: what a gateway's transparency log says of itself, as files that `sluice verify` checks without it.
import type { Client } from '#cli/client.ts'
import { CliError, usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

interface Head { readonly size: number, readonly root: string }
interface Entries { readonly entries: readonly object[] }

/** Entries in one answer of the API. */
const PAGE = 256

const headOf = (client: Client): Promise<Head> => client.get<Head>('/v1/transparency/head')

export async function transparencyHead(_input: Input, io: Io): Promise<void> { io.print(JSON.stringify(await headOf(await io.client()))) }

/** An entry, opened where it is about the caller, and its way up to the newest head. */
export async function transparencyProof(input: Input, io: Io): Promise<void> {
  const index = indexIn(input.needed('INDEX')), client = await io.client(), head = await headOf(client)
  const { path } = await client.get<{ path: string }>(`/v1/transparency/inclusion?index=${index}&size=${head.size}`)
  const { entries: [entry] } = await client.get<Entries>(`/v1/transparency/entries?from=${index}&count=1`)
  io.print(JSON.stringify({ head, entry, path }))
}

function indexIn(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw usageError(`${text} is no index of an entry: it counts from 0.`)
}

/** The head that was kept, the newest one, and what leads from one to the other. */
export async function transparencyGrowth(input: Input, io: Io): Promise<void> {
  const first = await readHead(input.needed('FILE')), client = await io.client(), second = await headOf(client)
  if (second.size < first.size) throw new CliError('NOT_PROVEN', `The head that you keep is over ${first.size} entries, and the log has ${second.size}: it was cut, or it is another's.`)
  const { path } = await client.get<{ path: string }>(`/v1/transparency/consistency?first=${first.size}&second=${second.size}`)
  io.print(JSON.stringify({ first, second, path }))
}

async function readHead(file: string): Promise<Head> {
  const { readFile } = await import('node:fs/promises')
  try {
    const head = JSON.parse(await readFile(file, 'utf8')) as Head
    if (Number.isSafeInteger(head.size)) return head
  } catch (error) {
    throw usageError(`The head cannot be read: ${(error as Error).message}.`)
  }
  throw usageError(`${file} holds no head: keep what \`sluice transparency head\` prints.`)
}

/** All entries up to the newest head: the head first, then a line each. */
export async function transparencyExport(_input: Input, io: Io): Promise<void> {
  const client = await io.client(), head = await headOf(client)
  io.print(JSON.stringify({ entries: head.size, head }))
  for (let from = 0; from < head.size; from += PAGE) {
    const { entries } = await client.get<Entries>(`/v1/transparency/entries?from=${from}&count=${Math.min(PAGE, head.size - from)}`)
    for (const entry of entries) io.print(JSON.stringify(entry))
  }
}
