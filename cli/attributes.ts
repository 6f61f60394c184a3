// Attributes as they are written on a command line: names, or the word `all`.
import { usageError } from '#cli/errors.ts'
import type { Input } from '#cli/input.ts'

export function attributesOf(input: Input): 'all' | readonly string[] | undefined {
  const names = input.list('attributes')
  if (!names?.includes('all')) return names
  if (names.length > 1) throw usageError('--attributes takes names, or `all` by itself.')
  return 'all'
}
