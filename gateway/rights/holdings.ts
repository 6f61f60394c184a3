// Where an owner's data lie in the state, table by table: what is told to whoever asks for access, and what an erasure deletes. A table that is
// neither here nor among those that keep nothing of anybody fails a test.

export interface Holding {
  readonly table: string
  /** Which rows are an owner's (`:owner` is their id). */
  readonly where: string
  /** Columns that are nobody's to see: hashes of secrets, and what is sealed. */
  readonly hidden?: readonly string[]
}

const SOURCES = 'SELECT id FROM sources WHERE owner_id = :owner'
const STREAMS = 'SELECT number FROM streams WHERE owner_id = :owner'
const FEEDS = "SELECT 'streams/' || id FROM streams WHERE owner_id = :owner UNION SELECT 'proofs/' || id FROM streams WHERE owner_id = :owner"
const OFFERS = 'SELECT id FROM offers WHERE owner_id = :owner'
const AGREEMENTS = `SELECT id FROM agreements WHERE offer_id IN (${OFFERS})`
const EVENTS = 'SELECT seq FROM consent_payloads WHERE owner_id = :owner'

const STREAM_IDS = 'SELECT id FROM streams WHERE owner_id = :owner'

/**
 * Ahead of what is deleted. Whoever was one of those whom a source of somebody else tells about stays one of them, as nobody: they have taken
 * nothing back by going, and nothing leaves that source any more.
 */
export const CHANGES_BEFORE: readonly string[] = [
  "INSERT OR IGNORE INTO parties VALUES (:alias, 'erased', '', 0)",
  `INSERT OR REPLACE INTO source_subjects SELECT source_id, :alias, added_at, removed_at FROM source_subjects WHERE party_id = :owner AND source_id NOT IN (${SOURCES})`,
]

/** In an order in which they can be deleted: what refers to others comes before them. */
export const DELETED: readonly Holding[] = [
  { table: 'mqtt_positions', where: `source_id = :owner OR source_id IN (${SOURCES}) OR topic IN (${FEEDS})` },
  { table: 'mqtt_sessions', where: `source_id = :owner OR source_id IN (${SOURCES})` },
  { table: 'history_cursors', where: `stream_number IN (${STREAMS})` },
  { table: 'history_erasures', where: `consent_id IN (SELECT consent_id FROM consent_events WHERE seq IN (${EVENTS}))` },
  { table: 'restrictions', where: `owner_id = :owner OR stream_id IN (${STREAM_IDS})` },
  // Also those about somebody else that name them.
  { table: 'operator_action_payloads', where: 'owner_id = :owner OR instr(payload, :owner) > 0', hidden: ['salt'] },
  { table: 'bridges', where: `source_id IN (${SOURCES})`, hidden: ['sealed_password'] },
  { table: 'source_certificates', where: `source_id IN (${SOURCES})` },
  { table: 'source_subjects', where: `party_id = :owner OR source_id IN (${SOURCES})` },
  { table: 'streams', where: 'owner_id = :owner' },
  { table: 'devices', where: `source_id IN (${SOURCES})` },
  { table: 'sources', where: 'owner_id = :owner', hidden: ['password_hash'] },
  { table: 'delivered_ranges', where: `agreement_id IN (${AGREEMENTS})` },
  { table: 'privacy_spending', where: 'party_id = :owner' },
  { table: 'aggregates', where: 'recipient_id = :owner' },
  { table: 'notices', where: 'owner_id = :owner' },
  { table: 'group_members', where: 'party_id = :owner' },
  { table: 'party_countries', where: 'party_id = :owner' },
  { table: 'party_facts', where: 'party_id = :owner' },
  { table: 'party_keys', where: 'party_id = :owner', hidden: ['hash'] },
  { table: 'publisher_keys', where: 'party_id = :owner', hidden: ['sealed'] },
]

/** An owner's as well; others' books, or a chain, stand on their rows: an erasure takes out of them what is the owner's. */
export const CHANGED: readonly Holding[] = [
  { table: 'parties', where: 'id = :owner' },
  { table: 'consent_events', where: `seq IN (${EVENTS})`, hidden: ['payload_hash', 'hash', 'signature'] },
  { table: 'consent_payloads', where: 'owner_id = :owner', hidden: ['salt'] },
  { table: 'offers', where: 'owner_id = :owner' },
  // What they hide goes through the log, which keeps their hashes.
  { table: 'transparency_payloads', where: 'owner_id = :owner OR reader_id = :owner', hidden: ['salt'] },
  // Who else was in them is theirs.
  { table: 'aggregate_crowds', where: 'instr(members, :owner) > 0', hidden: ['members'] },
  { table: 'agreements', where: `offer_id IN (${OFFERS})` },
  { table: 'meters', where: `agreement_id IN (${AGREEMENTS})` },
  { table: 'usage_records', where: `agreement_id IN (${AGREEMENTS})` },
  { table: 'recipient_notices', where: `agreement_id IN (${AGREEMENTS})` },
  { table: 'postings', where: "account = 'owner:' || :owner" },
  { table: 'balances', where: "account = 'owner:' || :owner" },
]

/**
 * Nothing in them is of an owner: hashes over salts that lie elsewhere, names of transfers, counters, the gateway's own keys, names of groups, and who was
 * erased, as salted hashes.
 */
export const OF_NOBODY: readonly string[] = ['transfers', 'meta', 'operator_actions', 'erasures', 'party_groups', 'signing_keys', 'secrets',
  'transparency_entries', 'transparency_nodes', 'transparency_erased', 'transparency_head']

/**
 * Behind what is deleted: what an erasure makes of rows that stay. `:alias` is a new name at random, which nothing else has: amounts, and ids
 * that are random themselves, stay under it.
 */
export const CHANGES: readonly string[] = [
  // The signature of an event is over its number and the hash of the chain up to it: both stay, and it still verifies.
  `UPDATE consent_events SET consent_id = '' WHERE seq IN (${EVENTS})`,
  'DELETE FROM consent_payloads WHERE owner_id = :owner',
  // Whoever was one of many has gone, as nobody: without that the difference of two windows would tell what they brought.
  'UPDATE aggregate_crowds SET members = replace(members, :owner, :alias) WHERE instr(members, :owner) > 0',
  // Whoever received something is told (Art. 19), by an id that is theirs.
  `INSERT INTO recipient_notices (agreement_id, kind, at) SELECT agreement_id, 'erased', CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM meters WHERE messages > 0 AND agreement_id IN (${AGREEMENTS})`,
  // A purpose that is no term of the vocabulary was the owner's own words, where the offer had it.
  `UPDATE agreements SET purpose = 'dpv:Purpose' WHERE purpose NOT LIKE 'dpv:%' AND offer_id IN (${OFFERS})`,
  "UPDATE postings SET account = 'owner:' || :alias WHERE account = 'owner:' || :owner",
  "UPDATE balances SET account = 'owner:' || :alias WHERE account = 'owner:' || :owner",
  // Of an offer that nobody took nothing is needed.
  'DELETE FROM offers WHERE owner_id = :owner AND id NOT IN (SELECT offer_id FROM agreements)',
  "UPDATE offers SET owner_id = :alias, stream_id = :alias, purposes = '[]' WHERE owner_id = :owner",
  'DELETE FROM parties WHERE id = :owner',
]
