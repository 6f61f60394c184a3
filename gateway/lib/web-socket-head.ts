// What stands before the payload of a WebSocket frame that a server sends (RFC 6455 §5.2): whole, unmasked, its length in as few bytes as it needs.

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const
export const FIN = 0x80
/** Lengths below the first stand in the second byte; there, they say that the length has two or eight bytes more. */
export const LENGTH_16 = 126, LENGTH_64 = 127

/** Bytes of the head of a payload of so many bytes. */
export function headBytes(length: number): number { return length < LENGTH_16 ? 2 : length < 0x1_0000 ? 4 : 10 }

/** Writes it, from `at` on; gives where it ends. */
export function writeHead(into: Buffer, at: number, opcode: number, length: number): number {
  into[at] = FIN | opcode
  if (length < LENGTH_16) {
    into[at + 1] = length
    return at + 2
  }
  const isLong = length >= 0x1_0000
  into[at + 1] = isLong ? LENGTH_64 : LENGTH_16
  return isLong ? into.writeBigUInt64BE(BigInt(length), at + 2) : into.writeUInt16BE(length, at + 2)
}
