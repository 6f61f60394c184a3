// Who has what open: the sessions of each party, from their beginning until their transport has gone.

export class PartySessions<Session> {
  readonly #byParty = new Map<string, Set<Session>>()

  get count(): number { return this.#byParty.values().reduce((sum, { size }) => sum + size, 0) }

  of(partyId: string): ReadonlySet<Session> { return this.#byParty.get(partyId) ?? new Set() }

  * [Symbol.iterator](): Iterator<Session> { for (const sessions of this.#byParty.values()) yield* sessions }

  add(partyId: string, session: Session): void {
    const sessions = this.#byParty.get(partyId)
    if (sessions) sessions.add(session)
    else this.#byParty.set(partyId, new Set([session]))
  }

  /** Again changes nothing. */
  delete(partyId: string, session: Session): void {
    const sessions = this.#byParty.get(partyId)
    if (sessions?.delete(session) && sessions.size === 0) this.#byParty.delete(partyId)
  }
}
