// The frames of WebSocket (RFC 6455 §5), as a server reads and writes them. Nothing is gathered: what a frame carries goes on as it comes.
import { FIN, headBytes, LENGTH_16, LENGTH_64, OPCODE, writeHead } from '#gateway/lib/web-socket-head.ts'

/** Why a WebSocket ends (RFC 6455 §7.4.1). */
export const CLOSE = { NORMAL: 1000, PROTOCOL_ERROR: 1002, NOT_ACCEPTED: 1003 } as const

const RESERVED = 0x70, MASKED = 0x80, CONTROL = 0x08
/** Payload of a control frame, in bytes (§5.5). */
const CONTROL_BYTES_MAX = 125
const MASK_BYTES = 4

class Fault extends Error {
  readonly code: number
  constructor(code: number) { super(); this.code = code }
}

export class FrameReader {
  /** The code with which the connection is to end: the client said so, or broke a rule. Nothing is read any more. */
  closing: number | undefined
  readonly #onPing: (payload: Buffer) => void
  /** Of a frame whose head is not whole yet. */
  #head: number[] = []
  #opcode = 0
  #isFinal = true
  #mask = Buffer.alloc(MASK_BYTES)
  /** Of the payload, in bytes: done, and all of it. */
  #done = 0
  #length = 0
  #isInside = false
  /** A message whose last fragment has not come yet. */
  #isFragmented = false
  #control: number[] = []

  constructor(onPing: (payload: Buffer) => void) { this.#onPing = onPing }

  /** What the chunk carries of messages, unmasked: a part of the chunk itself, which is overwritten. */
  take(chunk: Buffer): Buffer {
    let from = 0, to = 0
    try {
      while (from < chunk.length && this.closing === undefined) {
        if (!this.#isInside) this.#takeHead(chunk[from++]!)
        else {
          const end = Math.min(chunk.length, from + this.#length - this.#done)
          to = this.#unmask(chunk, from, end, to)
          from = end
        }
        if (this.#isInside && this.#done === this.#length) this.#finish()
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      this.closing = error.code
    }
    return chunk.subarray(0, to)
  }

  #takeHead(byte: number): void {
    const head = this.#head
    head.push(byte)
    if (head.length === 1) this.#judgeFirst(byte)
    if (head.length === 2) this.#judgeSecond(byte)
    if (head.length < 2) return
    const size = lengthBytes(head[1]!)
    if (head.length < 2 + size + MASK_BYTES) return
    this.#length = lengthIn(head, size)
    this.#mask = Buffer.from(head.slice(-MASK_BYTES))
    this.#done = 0
    this.#isInside = true
    this.#head = []
  }

  /** §5.2, §5.4. Nothing was negotiated that would use the reserved bits. MQTT goes in binary frames [MQTT-6.0.0-1]. */
  #judgeFirst(byte: number): void {
    const opcode = byte & 0x0f, isFinal = (byte & FIN) !== 0, isBegun = opcode === OPCODE.CONTINUATION
    if ((byte & RESERVED) !== 0) throw new Fault(CLOSE.PROTOCOL_ERROR)
    if (opcode === OPCODE.TEXT) throw new Fault(CLOSE.NOT_ACCEPTED)
    if (!KNOWN.has(opcode) || ((opcode & CONTROL) !== 0 && !isFinal)) throw new Fault(CLOSE.PROTOCOL_ERROR)
    if ((opcode & CONTROL) === 0 && isBegun !== this.#isFragmented) throw new Fault(CLOSE.PROTOCOL_ERROR)
    this.#opcode = opcode
    this.#isFinal = isFinal
  }

  /** A client masks [§5.1]. */
  #judgeSecond(byte: number): void {
    const isTooLong = (this.#opcode & CONTROL) !== 0 && (byte & 0x7f) > CONTROL_BYTES_MAX
    if ((byte & MASKED) === 0 || isTooLong) throw new Fault(CLOSE.PROTOCOL_ERROR)
  }

  /** Moves a payload to the front of its chunk, behind what is there of others. Answers where it ends. */
  #unmask(chunk: Buffer, from: number, end: number, to: number): number {
    const mask = this.#mask, isControl = (this.#opcode & CONTROL) !== 0
    let done = this.#done, at = to
    for (let index = from; index < end; index++) {
      const byte = chunk[index]! ^ mask[done++ & 3]!
      if (isControl) this.#control.push(byte)
      else chunk[at++] = byte
    }
    this.#done = done
    return at
  }

  #finish(): void {
    this.#isInside = false
    if ((this.#opcode & CONTROL) === 0) { this.#isFragmented = !this.#isFinal; return }
    const payload = Buffer.from(this.#control)
    this.#control = []
    if (this.#opcode === OPCODE.PING) this.#onPing(payload)
    if (this.#opcode === OPCODE.CLOSE) this.closing = CLOSE.NORMAL
  }
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE))

function lengthBytes(second: number): number {
  const length = second & 0x7f
  return length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0
}

/** In as few bytes as it needs, and no more than a number can be exact for (§5.2). */
function lengthIn(head: readonly number[], size: number): number {
  if (size === 0) return head[1]! & 0x7f
  const length = head.slice(2, 2 + size).reduce((sum, byte) => sum * 256 + byte, 0)
  if (length < (size === 2 ? LENGTH_16 : 0x1_0000) || !Number.isSafeInteger(length)) throw new Fault(CLOSE.PROTOCOL_ERROR)
  return length
}

/** What stands before a payload in a binary frame of ours. */
export function binaryHead(length: number): Buffer { return head(OPCODE.BINARY, length) }
export function pongFrame(payload: Buffer): Buffer { return Buffer.concat([head(OPCODE.PONG, payload.length), payload]) }

export function closeFrame(code: number): Buffer {
  const frame = Buffer.concat([head(OPCODE.CLOSE, 2), Buffer.alloc(2)])
  frame.writeUInt16BE(code, frame.length - 2)
  return frame
}

function head(opcode: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(headBytes(length))
  writeHead(bytes, 0, opcode, length)
  return bytes
}
