// Parties: who may call, as whom. Keys are random and are kept as SHA-256 only.
import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId, secret } from '#gateway/lib/ids.ts'
import { checkedCountry } from '#gateway/parties/countries.ts'
import { addressOf, newSecretKey } from '#gateway/parties/publisher-key.ts'
import type { Vault } from '#gateway/parties/vault.ts'
import { transaction } from '#gateway/state/database.ts'

export const NAME_CHARS_MAX = 128
/** No key is longer; what is longer is not even hashed. */
export const KEY_CHARS_MAX = 128
export const PARTIES_MAX = 100_000
export const HISTORY_ID = 'history'

export type Role = 'owner' | 'subscriber' | 'operator'

export interface Party {
  readonly id: string
  readonly role: Role
  readonly name: string
  readonly createdAt: number
  /** Of an owner: `0x…` in lower case, from their publisher key; the domain of their streams' ids. */
  readonly address?: string
  /** Where it is (ISO 3166-1 alpha-2), and since when it has been said to be there. */
  readonly country?: string
  readonly countrySince?: number
  /** Left out: nothing was said. */
  readonly facts?: PartyFacts
}

/** What a party has said of itself, for the records of those who consent to it. */
export interface PartyFacts {
  readonly address?: string
  /** A mail address, a telephone number or a URL. */
  readonly contact?: string
  /** As what it receives: the GDPR's words. */
  readonly dataRole?: 'controller' | 'processor' | 'third-party'
}

export interface NewParty extends PartyFacts { readonly role: Role, readonly name: string, readonly country?: string | undefined }

const PREFIXES: Record<Role, string> = { owner: 'own', subscriber: 'sub', operator: 'op' }

/** All parties in memory, each change on disk before it is answered. */
export class Parties {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #vault: Vault
  readonly #byId = new Map<string, Party>()
  readonly #byKeyHash = new Map<string, Party>()

  /** Told when the keys of a party have stopped: what was opened by them is to be ended. */
  onKeysEnded: (partyId: string) => void = () => {}
  /** Told when a party is said to be somewhere else, before that is answered. */
  onMoved: (partyId: string) => void = () => {}

  /** Throws UNAVAILABLE when the vault is not the one that sealed the publisher keys. */
  constructor(database: DatabaseSync, clock: Clock, vault: Vault) {
    this.#database = database
    this.#clock = clock
    this.#vault = vault
    const parties = `SELECT parties.*, address, country, since FROM parties LEFT JOIN publisher_keys ON publisher_keys.party_id = id
      LEFT JOIN party_countries ON party_countries.party_id = id WHERE role <> 'erased' ORDER BY parties.rowid`
    for (const row of database.prepare(parties).all() as unknown as Row[]) this.#byId.set(row.id, fromRow(row))
    for (const { party_id, facts } of database.prepare('SELECT * FROM party_facts').all() as unknown as FactsRow[]) this.#tell(this.#byId.get(party_id)!, JSON.parse(facts) as PartyFacts)
    for (const { hash, party_id } of database.prepare('SELECT hash, party_id FROM party_keys').all() as unknown as KeyRow[]) {
      this.#byKeyHash.set(Buffer.from(hash).toString('hex'), this.#byId.get(party_id)!)
    }
    const sealed = database.prepare('SELECT sealed FROM publisher_keys LIMIT 1').get() as { sealed: Uint8Array } | undefined
    if (sealed) vault.open(sealed.sealed)
  }

  /** Makes a party, for an owner with a publisher key. The key is told here and never again. */
  add({ role, name, country, ...facts }: NewParty): { party: Party, key: string } {
    if (this.#byId.size >= PARTIES_MAX) throw new GatewayError('LIMIT_REACHED', `There are ${PARTIES_MAX} parties, and no more fit.`)
    const publisherKey = role === 'owner' ? newSecretKey() : undefined, createdAt = this.#clock.now()
    const party: Party = {
      id: prefixedId(PREFIXES[role]), role, name: checkedName(name), createdAt,
      ...(publisherKey && { address: addressOf(publisherKey) }), ...(country !== undefined && { country: checkedCountry(country), countrySince: createdAt }),
    }
    const key = secret()
    transaction(this.#database, () => {
      this.#database.prepare('INSERT INTO parties VALUES (?, ?, ?, ?)').run(party.id, role, party.name, party.createdAt)
      if (publisherKey) this.#insertPublisherKey(party, publisherKey)
      this.#writeCountry(party)
      this.#insertKey(party, key)
    })
    this.#byId.set(party.id, party)
    this.#byKeyHash.set(sha256(key).toString('hex'), party)
    return { party: Object.keys(facts).length > 0 ? this.setFacts(party.id, facts) : party, key }
  }

  /** What a party says of itself, from now on. Throws NOT_FOUND. */
  setFacts(partyId: string, facts: PartyFacts): Party {
    const known = this.#known(partyId)
    this.#database.prepare('INSERT OR REPLACE INTO party_facts VALUES (?, ?)').run(partyId, JSON.stringify(facts))
    return this.#tell(known, facts)
  }

  /** In the order in which they were made. */
  list(): readonly Party[] { return [...this.#byId.values()] }

  get(id: string): Party | undefined { return this.#byId.get(id) }

  /** Whose key it is. It is found by its hash, so the time that this takes tells nothing about any key. */
  authenticate(key: string): Party | undefined {
    return key.length > KEY_CHARS_MAX ? undefined : this.#byKeyHash.get(sha256(key).toString('hex'))
  }

  /** A new key; all that the party had before stop at once. Throws NOT_FOUND. */
  rotateKey(partyId: string): string {
    const party = this.#known(partyId), key = secret()
    transaction(this.#database, () => {
      this.#deleteKeys(party)
      this.#insertKey(party, key)
    })
    this.#forgetKeys(party)
    this.onKeysEnded(partyId)
    this.#byKeyHash.set(sha256(key).toString('hex'), party)
    return key
  }

  /** Throws NOT_FOUND, BAD_REQUEST. */
  rename(partyId: string, name: string): Party {
    const known = this.#known(partyId), party: Party = { ...known, name: checkedName(name) }
    this.#database.prepare('UPDATE parties SET name = ? WHERE id = ?').run(party.name, partyId)
    this.#byId.set(partyId, party)
    for (const [hash, owner] of this.#byKeyHash) if (owner === known) this.#byKeyHash.set(hash, party)
    return party
  }

  /** All keys of the party stop at once. Throws NOT_FOUND. */
  revokeKeys(partyId: string): void {
    const party = this.#known(partyId)
    transaction(this.#database, () => this.#deleteKeys(party))
    this.#forgetKeys(party)
    this.onKeysEnded(partyId)
  }

  /** Says where a party is, from now on; `null`: nobody knows. Throws NOT_FOUND, BAD_REQUEST. */
  setCountry(partyId: string, country: string | null): Party {
    const { country: before, countrySince: _, ...known } = this.#known(partyId)
    if (before === (country ?? undefined)) return this.#known(partyId)
    const party: Party = { ...known, ...(country !== null && { country: checkedCountry(country), countrySince: this.#clock.now() }) }
    this.#writeCountry(party)
    this.#byId.set(partyId, party)
    for (const [hash, { id }] of this.#byKeyHash) if (id === partyId) this.#byKeyHash.set(hash, party)
    this.onMoved(partyId)
    return party
  }

  /** Makes the first operator, on the first start; later it does nothing. */
  ensureOperator(): { key: string } | undefined {
    return this.#operator() ? undefined : { key: this.add({ role: 'operator', name: 'operator' }).key }
  }

  /** A new key for the first operator, whatever became of the old one. */
  resetOperator(): string {
    const operator = this.#operator()
    return operator ? this.rotateKey(operator.id) : this.add({ role: 'operator', name: 'operator' }).key
  }

  /** The party as which the history receives; it has no key. Its id is its name, so that owners can write it. */
  ensureHistory(): Party {
    const party: Party = this.#byId.get(HISTORY_ID) ?? { id: HISTORY_ID, role: 'subscriber', name: 'History', createdAt: this.#clock.now() }
    if (!this.#byId.has(HISTORY_ID)) this.#database.prepare('INSERT INTO parties VALUES (?, ?, ?, ?)').run(party.id, party.role, party.name, party.createdAt)
    this.#byId.set(HISTORY_ID, party)
    return party
  }

  #tell(before: Party, facts: PartyFacts): Party {
    const party = { ...before, facts }
    this.#byId.set(party.id, party)
    for (const [hash, owner] of this.#byKeyHash) if (owner === before) this.#byKeyHash.set(hash, party)
    return party
  }

  /** A party whose rows are gone: it was erased. */
  forget(partyId: string): void {
    const party = this.#byId.get(partyId)
    if (party) this.#forgetKeys(party)
    this.#byId.delete(partyId)
  }

  #operator(): Party | undefined { return this.list().find(({ role }) => role === 'operator') }

  #known(partyId: string): Party {
    const party = this.#byId.get(partyId)
    if (!party) throw notFound('party')
    return party
  }

  #insertPublisherKey({ id, address }: Party, secretKey: Uint8Array): void {
    this.#database.prepare('INSERT INTO publisher_keys VALUES (?, ?, ?)').run(id, address!, this.#vault.seal(secretKey))
  }

  #writeCountry({ id, country, countrySince }: Party): void {
    if (country === undefined) this.#database.prepare('DELETE FROM party_countries WHERE party_id = ?').run(id)
    else this.#database.prepare('INSERT OR REPLACE INTO party_countries VALUES (?, ?, ?)').run(id, country, countrySince!)
  }

  #insertKey(party: Party, key: string): void {
    this.#database.prepare('INSERT INTO party_keys VALUES (?, ?, ?)').run(sha256(key), party.id, this.#clock.now())
  }

  #deleteKeys(party: Party): void {
    this.#database.prepare('DELETE FROM party_keys WHERE party_id = ?').run(party.id)
  }

  #forgetKeys(party: Party): void {
    for (const [hash, { id }] of this.#byKeyHash) if (id === party.id) this.#byKeyHash.delete(hash)
  }
}

interface Row { id: string, role: Role, name: string, created_at: number, address: string | null, country: string | null, since: number | null }
interface FactsRow { party_id: string, facts: string }
interface KeyRow { hash: Uint8Array, party_id: string }

function fromRow({ id, role, name, created_at, address, country, since }: Row): Party {
  return { id, role, name, createdAt: created_at, ...(address !== null && { address }), ...(country !== null && { country, countrySince: since! }) }
}

export function checkedName(name: string): string {
  const trimmed = name.trim()
  if (trimmed === '' || trimmed.length > NAME_CHARS_MAX || /\p{Cc}/u.test(trimmed)) {
    throw new GatewayError('BAD_REQUEST', `A name has 1 to ${NAME_CHARS_MAX} characters and no control characters.`)
  }
  return trimmed
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
