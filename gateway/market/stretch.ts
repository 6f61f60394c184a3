// The digest of a stretch of deliveries, while it grows: of runs of message ids in the order of the stream.
import { createHash, type Hash } from 'node:crypto'

/** Of the messages that one consent let out. A receiver who has them can make it again: see README.md. */
export interface Digest {
  readonly consentId: string
  /** The names of the first and the last: `<timestamp>-<sequenceNumber>-<msgChainId>`. */
  readonly from: string
  readonly to: string
  readonly count: number
  /** SHA-256 over a line for each run of their ids, in base64. */
  readonly digest: string
}

/** Ids that differ in their sequence numbers alone, from `first` to `last`. */
export interface Run {
  /** Of the first message. */
  readonly position: number
  readonly timestamp: number
  readonly first: number
  readonly last: number
  readonly msgChainId: string
  readonly consentId: string
}

/** Characters that are hashed at once. */
const TEXT_LENGTH = 1 << 14

export class Stretch {
  readonly #start: Run
  readonly #hash: Hash = createHash('sha256')
  #text = ''
  #count = 0
  /** The run that the next one may go on with, however they came: it has no line yet. */
  #timestamp: number
  #first: number
  #last: number
  #msgChainId: string
  /** Of its last message. */
  position: number

  constructor(start: Run) {
    this.#start = start
    this.#timestamp = start.timestamp
    this.#first = start.first
    this.#last = start.last
    this.#msgChainId = start.msgChainId
    this.position = start.position + start.last - start.first
  }

  get consentId(): string { return this.#start.consentId }

  /** Adds one that stands behind all that it has. */
  add({ position, timestamp, first, last, msgChainId }: Run): void {
    if (timestamp !== this.#timestamp || first !== this.#last + 1 || msgChainId !== this.#msgChainId) {
      this.#closeRun()
      this.#timestamp = timestamp
      this.#first = first
      this.#msgChainId = msgChainId
    }
    this.#last = last
    this.position = position + last - first
  }

  /** Keeps no text: it may take a while until more comes. */
  rest(): void {
    this.#hash.update(this.#text)
    this.#text = ''
  }

  /** To be asked for once, and nothing is added any more. */
  digest(): Digest {
    this.#closeRun()
    this.rest()
    const { consentId, timestamp, first, msgChainId } = this.#start
    return { consentId, from: `${timestamp}-${first}-${msgChainId}`, to: `${this.#timestamp}-${this.#last}-${this.#msgChainId}`, count: this.#count, digest: this.#hash.digest('base64') }
  }

  #closeRun(): void {
    this.#text += `${this.#timestamp}-${this.#first}-${this.#last}-${this.#msgChainId}\n`
    this.#count += this.#last - this.#first + 1
    if (this.#text.length >= TEXT_LENGTH) this.rest()
  }
}
