// Messages as WebSocket frames, one behind the other in one piece of memory: a write for all of them.
import { headBytes, OPCODE, writeHead } from '#gateway/lib/web-socket-head.ts'
import { envelopeOf } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

/** Bytes of frames that are written together: they stay in the processor's cache on their way, and what a socket keeps of them is small. */
export const PIECE_BYTES = 65_536

/** Memory for frames that a socket takes at once, as nearly all do: they need none of their own. */
export class FrameMemory {
  #bytes: Buffer | undefined

  /** Good until more is asked for, or until `leave`. */
  room(bytes: number): Buffer {
    if (bytes > PIECE_BYTES) return Buffer.allocUnsafe(bytes)
    return (this.#bytes ??= Buffer.allocUnsafeSlow(PIECE_BYTES)).subarray(0, bytes)
  }

  /** To be called when somebody still reads what was given last. */
  leave(): void { this.#bytes = undefined }
}

type Framed = Pick<View, 'length' | 'write'>

/** Where the piece ends that begins with a message: behind as many as fit, and one at least. */
export function endOfPiece(messages: readonly Framed[], from: number): number {
  let size = 0, to = from
  while (to < messages.length && (to === from || size + framed(messages[to]!) <= PIECE_BYTES)) size += framed(messages[to++]!)
  return to
}

/** Each as it is: of a view the bare NGSI-LD, of a proven message its envelope. In memory of their own, or in what is lent. */
export function frames(messages: readonly Framed[], memory?: FrameMemory, from = 0, to = messages.length): Buffer {
  let size = 0, at = 0
  for (let n = from; n < to; n++) size += framed(messages[n]!)
  const bytes = memory?.room(size) ?? Buffer.allocUnsafe(size)
  for (let n = from; n < to; n++) at = messages[n]!.write(bytes, writeHead(bytes, at, OPCODE.TEXT, messages[n]!.length))
  return bytes
}

function framed({ length }: Framed): number { return headBytes(length) + length }

/** Each view in its envelope. */
export function envelopeFrames(views: readonly View[]): Buffer {
  return Buffer.concat(views.flatMap(view => {
    const text = Buffer.from(envelopeOf(view.message, view.text)), head = Buffer.allocUnsafe(headBytes(text.length))
    writeHead(head, 0, OPCODE.TEXT, text.length)
    return [head, text]
  }))
}
