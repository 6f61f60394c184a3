// notice: what owners are told before they consent.
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'
import type { Io } from '#cli/io.ts'

interface Notice { readonly text: string, readonly hash: string }

export async function noticeShow(input: Input, io: Io): Promise<void> {
  const client = await io.client(), hash = input.text('hash'), language = input.text('language')
  const query = language === undefined ? '' : `?language=${encodeURIComponent(language)}`
  const notice = await client.get<Notice>(hash === undefined ? `/v1/notice${query}` : `/v1/notices/${encodeURIComponent(hash)}`)
  if (io.isJson) return io.show(notice)
  io.print(notice.text)
  io.note(`(hash ${notice.hash})`)
}

export async function noticeSet(input: Input, io: Io): Promise<void> {
  const text = await textOf(input.needed('file')), client = await io.client()
  const { text: _text, ...notice } = await client.put<Notice>('/v1/notice', { text, language: input.text('language'), material: !input.flag('editorial') })
  io.show(notice)
}

async function textOf(file: string): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  try { return await readFile(file, 'utf8') } catch (error) { throw usageError(`The notice cannot be read: ${(error as Error).message}.`) }
}
