// A set of purposes, with all that are narrower: one bit for each purpose of DPV, and the IRIs of all others. The closure is compiled once.
import { DPV_PURPOSES } from '#gateway/consent/purposes/dpv-purposes.ts'

/** 128 bits, of which bit n is the n-th purpose of the vocabulary. */
type Bits = readonly [number, number, number, number]

const NOTHING: Bits = [0, 0, 0, 0]
const DPV = 'dpv:'
/** The broadest of all: whoever forbids it forbids everything. */
export const ANY_PURPOSE = 'dpv:Purpose'

const NARROWER = closure()

/** Whether the vocabulary has this purpose; one outside of it is known by being written. */
export const isKnownPurpose = (purpose: string): boolean => !isOfDpv(purpose) || bitsOf(purpose) !== undefined

export class PurposeSet {
  /** A purpose of DPV that we do not know is in it: what it means nobody can say. */
  readonly isKnown: boolean
  readonly #bits: Bits
  readonly #others: ReadonlySet<string>
  readonly #isEverything: boolean

  /** Of purposes as `normalPurpose` makes them. */
  constructor(purposes: readonly string[]) {
    this.isKnown = purposes.every(isKnownPurpose)
    this.#bits = purposes.map(purpose => bitsOf(purpose) ?? NOTHING).reduce(union, NOTHING)
    this.#others = new Set(purposes.filter(purpose => !isOfDpv(purpose)))
    this.#isEverything = purposes.includes(ANY_PURPOSE)
  }

  /** Whether each purpose of the other is one of these or narrower. Never where either holds one that is not known. */
  covers(other: PurposeSet): boolean {
    const [a, b, c, d] = this.#bits, [e, f, g, h] = other.#bits
    return this.isKnown && other.isKnown && ((e & ~a) | (f & ~b) | (g & ~c) | (h & ~d)) === 0 && other.#others.isSubsetOf(this.#others)
  }

  /**
   * Whether something is a purpose of both: one is broader than the other, or a third is narrower than either. So it is for certain where one
   * holds everything, and taken to be where one is not known.
   */
  meets(other: PurposeSet): boolean {
    if (!this.isKnown || !other.isKnown || this.#isEverything || other.#isEverything) return true
    const [a, b, c, d] = this.#bits, [e, f, g, h] = other.#bits
    return ((a & e) | (b & f) | (c & g) | (d & h)) !== 0 || !this.#others.isDisjointFrom(other.#others)
  }
}

const isOfDpv = (purpose: string): boolean => purpose.startsWith(DPV)
const bitsOf = (purpose: string): Bits | undefined => isOfDpv(purpose) ? NARROWER.get(purpose.slice(DPV.length)) : undefined
function union(one: Bits, other: Bits): Bits { return [one[0] | other[0], one[1] | other[1], one[2] | other[2], one[3] | other[3]] }

/** Of each purpose of the vocabulary the bits of itself and of all that are narrower. */
function closure(): ReadonlyMap<string, Bits> {
  const terms = Object.keys(DPV_PURPOSES), narrower = new Map<string, Bits>(terms.map(term => [term, NOTHING]))
  terms.forEach((term, n) => {
    const bit: Bits = [0, 1, 2, 3].map(word => word === n >>> 5 ? 1 << (n & 31) : 0) as unknown as Bits
    for (const broader of withBroader(term)) narrower.set(broader, union(narrower.get(broader)!, bit))
  })
  return narrower
}

/** A purpose and all that are broader, near and far. */
function withBroader(term: string, found = new Set<string>()): ReadonlySet<string> {
  found.add(term)
  for (const broader of DPV_PURPOSES[term]!.split(' ')) if (broader !== '' && !found.has(broader)) withBroader(broader, found)
  return found
}
