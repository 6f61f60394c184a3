// Messages as WebSocket frames (RFC 6455 §5.2): text, whole, unmasked as a server's are, one behind the other in one piece of memory.
import { envelopeOf } from '#gateway/publish/message.ts'
import type { View } from '#gateway/publish/view.ts'

const FINAL_TEXT = 0x81
/** Lengths up to here stand in the second byte, up to the next in two more, and else in eight more. */
const SHORT_BYTES_MAX = 125, MEDIUM_BYTES_MAX = 0xffff
const MEDIUM = 126, LONG = 127

/** The bare NGSI-LD of each. */
export function frames(views: readonly View[]): Buffer {
  let size = 0
  for (const { length } of views) size += headerBytes(length) + length
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const view of views) at = view.write(bytes, writeHeader(bytes, at, view.length))
  return bytes
}

/** Each in its envelope. */
export function envelopeFrames(views: readonly View[]): Buffer {
  return Buffer.concat(views.flatMap(view => {
    const text = Buffer.from(envelopeOf(view.message, view.text)), header = Buffer.allocUnsafe(headerBytes(text.length))
    writeHeader(header, 0, text.length)
    return [header, text]
  }))
}

function headerBytes(length: number): number { return length <= SHORT_BYTES_MAX ? 2 : length <= MEDIUM_BYTES_MAX ? 4 : 10 }

/** Gives where it ends. */
function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = FINAL_TEXT
  if (length <= SHORT_BYTES_MAX) {
    bytes[at + 1] = length
    return at + 2
  }
  const isLong = length > MEDIUM_BYTES_MAX
  bytes[at + 1] = isLong ? LONG : MEDIUM
  return isLong ? bytes.writeBigUInt64BE(BigInt(length), at + 2) : bytes.writeUInt16BE(length, at + 2)
}
