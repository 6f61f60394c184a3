// The lines of a file or of stdin, however large it is. A line that is longer than it may be is never held as a whole.

export interface LineListener {
  /** Without its end; undefined: it is too long. */
  readonly line: (text: string | undefined) => void
  /** So many bytes more have been read. */
  readonly read: (bytes: number) => void
}

const LINE_FEED = 0x0a

/** Resolves when all has been read. A last line without an end is one as well, unless it is empty. */
export async function readLines(source: AsyncIterable<Buffer>, bytesMax: number, { line, read }: LineListener): Promise<void> {
  let parts: Buffer[] = [], length = 0
  const take = (part: Buffer): void => {
    length += part.length
    if (length <= bytesMax) parts.push(part)
    else parts = []
  }
  const end = (): void => {
    line(length > bytesMax ? undefined : Buffer.concat(parts).toString())
    parts = []
    length = 0
  }
  for await (const chunk of source) {
    let from = 0
    for (let to = chunk.indexOf(LINE_FEED); to >= 0; to = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, to))
      end()
      from = to + 1
    }
    if (from < chunk.length) take(chunk.subarray(from))
    read(chunk.length)
  }
  if (length > 0) end()
}
