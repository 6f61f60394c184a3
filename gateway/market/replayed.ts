// What was charged before a crash, by the usage log: positions, and the consent that let them out, but no names. They are found in the journal
// as far as it has them; what it has not is counted for its consent.

interface Run { readonly first: number, last: number, readonly consentId: string, named: number }

export class Replayed {
  /** Of the runs that follow; empty where the log does not tell. */
  consentId = ''
  #runs: Run[] = []

  add(position: number): void {
    const last = this.#runs.at(-1)
    if (last?.last === position - 1 && last.consentId === this.consentId) last.last = position
    else this.#runs.push({ first: position, last: position, consentId: this.consentId, named: 0 })
  }

  /** Those of which it is known by which consent they went, in the order of the stream. */
  runs(): readonly (readonly [first: number, last: number])[] {
    this.#runs.sort((one, other) => one.first - other.first)
    return this.#runs.filter(({ consentId }) => consentId !== '').map(({ first, last }) => [first, last])
  }

  /** Notes that the message at a position of `runs` has a name, and tells its consent. */
  named(position: number): string {
    const run = this.#runs[this.#indexOf(position)]!
    run.named++
    return run.consentId
  }

  /** How many have no name, by consent. */
  nameless(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { first, last, consentId, named } of this.#runs) {
      const count = last - first + 1 - named
      if (count > 0 && consentId !== '') counts.set(consentId, (counts.get(consentId) ?? 0) + count)
    }
    return counts
  }

  clear(): void {
    this.consentId = ''
    this.#runs = []
  }

  /** The last run that begins at a position or before. */
  #indexOf(position: number): number {
    let low = 0, high = this.#runs.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#runs[middle]!.first <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}
