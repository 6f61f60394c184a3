// Messages as WebSocket frames, one behind the other in one piece of memory: a write for all of them.
import { headBytes, OPCODE, writeHead } from '#gateway/lib/web-socket-head.ts'
import { envelopeOf } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

/** The bare NGSI-LD of each. */
export function frames(views: readonly View[]): Buffer {
  let size = 0
  for (const { length } of views) size += headBytes(length) + length
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const view of views) at = view.write(bytes, writeHead(bytes, at, OPCODE.TEXT, view.length))
  return bytes
}

/** Each in its envelope. */
export function envelopeFrames(views: readonly View[]): Buffer {
  return Buffer.concat(views.flatMap(view => {
    const text = Buffer.from(envelopeOf(view.message, view.text)), head = Buffer.allocUnsafe(headBytes(text.length))
    writeHead(head, 0, OPCODE.TEXT, text.length)
    return [head, text]
  }))
}
