// The little of tar that a backup needs: regular files with short names, each header written in one way only.

export const BLOCK_BYTES = 512
/** What eleven octal digits can say: 8 GiB. */
export const FILE_BYTES_MAX = 8 ** 11 - 1
/** Two blocks of zeros end an archive. */
export const END = Buffer.alloc(2 * BLOCK_BYTES)

const NAME_BYTES = 100
/** Where the fields begin; the name is at 0. */
const MODE = 100, USER = 108, GROUP = 116, SIZE = 124, MODIFIED = 136, CHECKSUM = 148, TYPE = 156, MAGIC = 257
const OWNER_ONLY = 0o600
const REGULAR = '0'

export interface TarFile {
  /** ASCII. */
  readonly name: string
  readonly bytes: number
  /** Seconds since 1970. */
  readonly modifiedAt: number
}

/** A header of the ustar format (POSIX.1-2017, pax), mode 0600. Throws a RangeError for what it has no room for. */
export function headerOf({ name, bytes, modifiedAt }: TarFile): Buffer {
  if (name.length > NAME_BYTES || bytes > FILE_BYTES_MAX) throw new RangeError(`${name} with ${bytes} bytes is too large for an archive`)
  const block = Buffer.alloc(BLOCK_BYTES), put = (at: number, text: string) => block.write(text, at, 'latin1')
  put(0, name)
  for (const [at, number] of [[MODE, OWNER_ONLY], [USER, 0], [GROUP, 0]] as const) put(at, octal(number, 7))
  for (const [at, number] of [[SIZE, bytes], [MODIFIED, modifiedAt]] as const) put(at, octal(number, 11))
  put(TYPE, REGULAR)
  put(MAGIC, 'ustar\x0000')
  put(CHECKSUM, ' '.repeat(8)) // as which it counts itself
  put(CHECKSUM, octal(block.reduce((sum, byte) => sum + byte, 0), 6))
  return block
}

/** The file that a header announces; undefined where it is none that `headerOf` wrote. */
export function parseHeader(block: Buffer): TarFile | undefined {
  const name = block.toString('latin1', 0, NAME_BYTES).replace(/\0.*$/s, '')
  const file = { name, bytes: numberAt(block, SIZE), modifiedAt: numberAt(block, MODIFIED) }
  return headerOf(file).equals(block) ? file : undefined
}

/** Zeros that fill the last block of a content. */
export function paddingOf(bytes: number): Buffer { return Buffer.alloc((BLOCK_BYTES - bytes % BLOCK_BYTES) % BLOCK_BYTES) }

function octal(value: number, digits: number): string { return `${value.toString(8).padStart(digits, '0')}\0` }

function numberAt(block: Buffer, at: number): number {
  const digits = block.toString('latin1', at, at + 11)
  return /^[0-7]{11}$/.test(digits) ? parseInt(digits, 8) : 0
}
