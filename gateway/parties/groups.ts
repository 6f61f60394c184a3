// Groups of parties, kept by an operator: a consent may name one, and means whoever is in it at that instant.
import type { DatabaseSync } from 'node:sqlite'
import { GatewayError, notFound } from '#gateway/errors.ts'
import type { Clock } from '#gateway/lib/clock.ts'
import { prefixedId } from '#gateway/lib/ids.ts'
import { checkedName, type Parties } from '#gateway/parties/parties.ts'
import { transaction } from '#gateway/state/database.ts'

export const GROUPS_MAX = 1_000
export const MEMBERS_PER_GROUP_MAX = 10_000
const PREFIX = 'grp'

/** By which a recipient is known to be a group, also when there is no such group any more. */
export const isGroupId = (recipient: string): boolean => recipient.startsWith(`${PREFIX}_`)

export interface Group {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  /** Party → since when. */
  readonly members: ReadonlyMap<string, number>
}

interface Entry extends Group { readonly members: Map<string, number> }

/** All groups in memory, each change on disk before it is told, and told before it is answered. */
export class Groups {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #parties: Parties
  readonly #byId = new Map<string, Entry>()
  /** Told of a party that has come or gone … */
  onMember: (partyId: string) => void = () => {}
  /** … and of a group that is no more. */
  onRemoved: (groupId: string) => void = () => {}

  constructor(database: DatabaseSync, clock: Clock, parties: Parties) {
    this.#database = database
    this.#clock = clock
    this.#parties = parties
    for (const { id, name, created_at } of database.prepare('SELECT * FROM party_groups ORDER BY rowid').all() as unknown as GroupRow[]) {
      this.#byId.set(id, { id, name, createdAt: created_at, members: new Map() })
    }
    const members = database.prepare('SELECT * FROM group_members ORDER BY since').all() as unknown as MemberRow[]
    for (const { group_id, party_id, since } of members) this.#byId.get(group_id)!.members.set(party_id, since)
  }

  /** Makes a group without members. Throws BAD_REQUEST, LIMIT_REACHED. */
  add(name: string): Group {
    if (this.#byId.size >= GROUPS_MAX) throw new GatewayError('LIMIT_REACHED', `There are ${GROUPS_MAX} groups, and no more fit.`)
    const group = { id: prefixedId(PREFIX), name: checkedName(name), createdAt: this.#clock.now(), members: new Map<string, number>() }
    this.#database.prepare('INSERT INTO party_groups VALUES (?, ?, ?)').run(group.id, group.name, group.createdAt)
    this.#byId.set(group.id, group)
    return group
  }

  /** In the order in which they were made. */
  list(): readonly Group[] { return [...this.#byId.values()] }

  get(id: string): Group | undefined { return this.#byId.get(id) }

  /** Since when a party has been in a group; undefined where it is not, or there is no such group. */
  memberSince(groupId: string, partyId: string): number | undefined { return this.#byId.get(groupId)?.members.get(partyId) }

  /** Takes a party in. Again changes nothing. Throws NOT_FOUND, LIMIT_REACHED. */
  join(groupId: string, partyId: string): Group {
    const group = this.#known(groupId), since = this.#clock.now()
    if (!this.#parties.get(partyId)) throw notFound('party')
    if (group.members.has(partyId)) return group
    if (group.members.size >= MEMBERS_PER_GROUP_MAX) throw new GatewayError('LIMIT_REACHED', `A group has ${MEMBERS_PER_GROUP_MAX} members at most.`)
    this.#database.prepare('INSERT INTO group_members VALUES (?, ?, ?)').run(groupId, partyId, since)
    group.members.set(partyId, since)
    this.onMember(partyId)
    return group
  }

  /** Puts a party out: what it received through the group has stopped when this returns. Again only tells again. Throws NOT_FOUND. */
  leave(groupId: string, partyId: string): Group {
    const group = this.#known(groupId)
    this.#database.prepare('DELETE FROM group_members WHERE group_id = ? AND party_id = ?').run(groupId, partyId)
    group.members.delete(partyId)
    this.onMember(partyId)
    return group
  }

  /** A party whose rows are gone: it was erased. */
  forget(partyId: string): void {
    for (const { members } of this.#byId.values()) members.delete(partyId)
  }

  /** There is no such group from then on: no consent lets anything out to it. Throws NOT_FOUND. */
  remove(groupId: string): void {
    const group = this.#known(groupId)
    transaction(this.#database, () => {
      this.#database.prepare('DELETE FROM group_members WHERE group_id = ?').run(groupId)
      this.#database.prepare('DELETE FROM party_groups WHERE id = ?').run(groupId)
    })
    this.#byId.delete(group.id)
    this.onRemoved(group.id)
  }

  #known(groupId: string): Entry {
    const group = this.#byId.get(groupId)
    if (!group) throw notFound('group')
    return group
  }
}

interface GroupRow { readonly id: string, readonly name: string, readonly created_at: number }
interface MemberRow { readonly group_id: string, readonly party_id: string, readonly since: number }
