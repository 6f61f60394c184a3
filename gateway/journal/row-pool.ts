// Memory for rows of many streams: pieces of a few large arrays. An array of its own for each piece would cost more than what is in it.

const SLAB_WORDS = 1 << 18
/** Above this a piece is an array of its own. */
const PIECE_WORDS_MAX = SLAB_WORDS >> 2
const PIECE_WORDS_MIN = 16

export class RowPool {
  #slab = new Uint32Array(0)
  #used = 0
  /** By the logarithm of their size. */
  readonly #free: Uint32Array[][] = []

  /** A piece of at least so many words, with whatever is in it. */
  take(words: number): Uint32Array {
    if (words > PIECE_WORDS_MAX) return new Uint32Array(Math.ceil(words * 1.25))
    const power = powerAbove(Math.max(words, PIECE_WORDS_MIN))
    return this.#free[power]?.pop() ?? this.#cut(1 << power)
  }

  /** Nobody uses it any more. */
  give(piece: Uint32Array): void {
    if (piece.length <= PIECE_WORDS_MAX && piece.length > 0) (this.#free[powerAbove(piece.length)] ??= []).push(piece)
  }

  #cut(words: number): Uint32Array {
    if (this.#used + words > this.#slab.length) {
      this.#slab = new Uint32Array(SLAB_WORDS)
      this.#used = 0
    }
    this.#used += words
    return this.#slab.subarray(this.#used - words, this.#used)
  }
}

/** The power of two that is at least this. */
function powerAbove(words: number): number { return 32 - Math.clz32(words - 1) }
