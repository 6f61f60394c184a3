// Messages as WebSocket frames, one behind the other in one piece of memory: a write for all of them.
import { headBytes, OPCODE, writeHead } from '#gateway/lib/web-socket-head.ts'
import { envelopeOf } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

/** Each as it is: of a view the bare NGSI-LD, of a proven message its envelope. */
export function frames(messages: readonly Pick<View, 'length' | 'write'>[]): Buffer {
  let size = 0
  for (const { length } of messages) size += headBytes(length) + length
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const message of messages) at = message.write(bytes, writeHead(bytes, at, OPCODE.TEXT, message.length))
  return bytes
}

/** Each view in its envelope. */
export function envelopeFrames(views: readonly View[]): Buffer {
  return Buffer.concat(views.flatMap(view => {
    const text = Buffer.from(envelopeOf(view.message, view.text)), head = Buffer.allocUnsafe(headBytes(text.length))
    writeHead(head, 0, OPCODE.TEXT, text.length)
    return [head, text]
  }))
}
