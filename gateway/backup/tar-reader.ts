// Reads an archive as it comes, from a disk or a socket: files in order, nothing else, and its end where it is.
import { BLOCK_BYTES, paddingOf, parseHeader, type TarFile } from '#gateway/backup/tar.ts'
import { GatewayError } from '#gateway/errors.ts'

export interface TarEntry extends TarFile {
  /** To be read to its end before the next entry is asked for. */
  readonly content: AsyncIterable<Buffer>
}

/** Why something is not taken for a backup. */
export function notWhole(why: string): GatewayError {
  return new GatewayError('BAD_REQUEST', `This is no whole backup: ${why}. Take another one.`)
}

/** Gives the files of an archive that `headerOf` made the headers of. Throws BAD_REQUEST for all that is not written as that does. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry, void> {
  const input = new Input(source)
  try {
    for (let block = await input.take(BLOCK_BYTES); !isZero(block); block = await input.take(BLOCK_BYTES)) {
      const file = parseHeader(block)
      if (!file) throw notWhole('it is damaged, or no backup at all')
      yield { ...file, content: input.pieces(file.bytes) }
      if (!isZero(await input.take(paddingOf(file.bytes).length))) throw notWhole(`it is damaged behind ${file.name}`)
    }
    if (!isZero(await input.take(BLOCK_BYTES)) || !await input.isAtEnd()) throw notWhole('it does not end where it should')
  } finally {
    await input.close()
  }
}

function isZero(bytes: Buffer): boolean { return bytes.every(byte => byte === 0) }

/** Bytes that come in pieces of any length, taken in lengths that somebody needs. */
class Input {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Uint8Array>) { this.#source = source[Symbol.asyncIterator]() }

  async *pieces(bytes: number): AsyncGenerator<Buffer, void> {
    for (let left = bytes; left > 0;) {
      if (await this.isAtEnd()) throw notWhole('it was cut off')
      const piece = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async take(bytes: number): Promise<Buffer> { return Buffer.concat(await Array.fromAsync(this.pieces(bytes))) }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next()
      if (next.done === true) return true
      this.#rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    }
    return false
  }

  async close(): Promise<void> { await this.#source.return?.() }
}
