// Where the messages of one stream lie, in order: columns of numbers, found by position or by message id.

/** A segment's number and an offset in it, as one number: 2^32 × segment + offset. */
export type Place = number

const OFFSETS = 2 ** 32
export const placeOf = (segment: number, offset: number): Place => segment * OFFSETS + offset
export const segmentOf = (place: Place): number => Math.floor(place / OFFSETS)
export const offsetOf = (place: Place): number => place % OFFSETS

export class StreamIndex {
  readonly positions: number[] = []
  readonly timestamps: number[] = []
  readonly sequenceNumbers: number[] = []
  readonly places: Place[] = []

  get length(): number { return this.positions.length }
  get lastPosition(): number { return this.positions.at(-1) ?? 0 }

  add(position: number, timestamp: number, sequenceNumber: number, place: Place): void {
    this.positions.push(position)
    this.timestamps.push(timestamp)
    this.sequenceNumbers.push(sequenceNumber)
    this.places.push(place)
  }

  /** Where the messages behind a position lie, as far as they do so in one segment and within so many bytes of the first. */
  placesBehind(position: number, reach: number): readonly Place[] {
    const row = this.#firstRow(at => this.positions[at]! > position), first = this.places[row]
    return first === undefined ? [] : this.places.slice(row, this.#firstRow(at => this.places[at]! >= first + reach))
  }

  /** The last position at or before a message id's time and number; 0 when there is none. */
  positionAt(timestamp: number, sequenceNumber: number): number {
    const { timestamps, sequenceNumbers } = this
    const row = this.#firstRow(at => timestamps[at]! > timestamp || (timestamps[at] === timestamp && sequenceNumbers[at]! > sequenceNumber))
    return row === 0 ? 0 : this.positions[row - 1]!
  }

  /** The last position before an instant; 0 when there is none. */
  positionBefore(timestamp: number): number { return this.positionAt(timestamp, -1) }

  /** Forgets what lies in segments below this one. */
  dropBefore(segment: number): void { this.#splice(0, this.#firstRow(row => segmentOf(this.places[row]!) >= segment)) }

  /** Forgets the one message that lies there. */
  drop(place: Place): void {
    const row = this.#firstRow(at => this.places[at]! >= place)
    if (this.places[row] === place) this.#splice(row, 1)
  }

  #splice(row: number, count: number): void {
    for (const column of [this.positions, this.timestamps, this.sequenceNumbers, this.places]) column.splice(row, count)
  }

  #firstRow(isBehind: (row: number) => boolean): number {
    let low = 0, high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBehind(middle)) high = middle
      else low = middle + 1
    }
    return low
  }
}
