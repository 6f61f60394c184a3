// The schema of the state database, as the steps that lead to it. A step that was released is never changed: add one.

/** Step n takes a database of version n to version n + 1. */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE parties (id TEXT PRIMARY KEY, role TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE party_keys (hash BLOB PRIMARY KEY, party_id TEXT NOT NULL REFERENCES parties, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE publisher_keys (party_id TEXT PRIMARY KEY REFERENCES parties, address TEXT NOT NULL UNIQUE, sealed BLOB NOT NULL) STRICT;

CREATE TABLE sources (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES parties, name TEXT NOT NULL, dialect TEXT, username TEXT NOT NULL UNIQUE, password_hash BLOB NOT NULL,
  placement TEXT NOT NULL, timezone TEXT, lon REAL, lat REAL, state TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE devices (id TEXT PRIMARY KEY, source_id TEXT NOT NULL REFERENCES sources, dialect TEXT NOT NULL, key TEXT NOT NULL, settings TEXT NOT NULL, reported TEXT NOT NULL,
  created_at INTEGER NOT NULL, UNIQUE (source_id, dialect, key)) STRICT;
CREATE TABLE streams (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner_id TEXT NOT NULL REFERENCES parties, source_id TEXT NOT NULL REFERENCES sources,
  device_id TEXT NOT NULL REFERENCES devices, type TEXT NOT NULL, quantity TEXT, attributes TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;

CREATE TABLE consent_events (seq INTEGER PRIMARY KEY, consent_id TEXT NOT NULL, payload_hash BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE consent_payloads (seq INTEGER PRIMARY KEY REFERENCES consent_events, owner_id TEXT NOT NULL, salt BLOB NOT NULL, payload TEXT NOT NULL) STRICT;

CREATE TABLE offers (id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES parties, stream_id TEXT NOT NULL, price INTEGER NOT NULL, unit TEXT NOT NULL, period TEXT, currency TEXT NOT NULL,
  purposes TEXT NOT NULL, attributes TEXT NOT NULL, created_at INTEGER NOT NULL, withdrawn_at INTEGER) STRICT;
CREATE TABLE agreements (id TEXT PRIMARY KEY, offer_id TEXT NOT NULL REFERENCES offers, subscriber_id TEXT NOT NULL REFERENCES parties, purpose TEXT NOT NULL, budget INTEGER NOT NULL,
  started_at INTEGER NOT NULL, ended_at INTEGER, exhausted_at INTEGER) STRICT;
CREATE TABLE meters (agreement_id TEXT PRIMARY KEY REFERENCES agreements, messages INTEGER NOT NULL, bytes INTEGER NOT NULL, seconds INTEGER NOT NULL, periods INTEGER NOT NULL, amount INTEGER NOT NULL,
  last_second INTEGER NOT NULL, period_anchor INTEGER NOT NULL, period_count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE delivered_ranges (agreement_id TEXT NOT NULL REFERENCES agreements, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (agreement_id, first)) STRICT, WITHOUT ROWID;
CREATE TABLE usage_records (id INTEGER PRIMARY KEY AUTOINCREMENT, agreement_id TEXT NOT NULL REFERENCES agreements, sealed_at INTEGER NOT NULL, messages INTEGER NOT NULL, bytes INTEGER NOT NULL,
  seconds INTEGER NOT NULL, periods INTEGER NOT NULL, amount INTEGER NOT NULL, platform_share INTEGER NOT NULL) STRICT;
CREATE TABLE transfers (id TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE postings (seq INTEGER PRIMARY KEY, transfer_id TEXT NOT NULL REFERENCES transfers, account TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL) STRICT;
CREATE TABLE balances (account TEXT NOT NULL, currency TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (account, currency)) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`,
  `
CREATE TABLE bridges (source_id TEXT PRIMARY KEY REFERENCES sources, broker TEXT NOT NULL, protocol TEXT NOT NULL, topics TEXT NOT NULL, share TEXT, strip TEXT,
  username TEXT, sealed_password BLOB, ca TEXT, created_at INTEGER NOT NULL) STRICT;
`,
  `
CREATE TABLE history_cursors (stream_number INTEGER PRIMARY KEY REFERENCES streams, message_id TEXT NOT NULL) STRICT;
CREATE TABLE history_erasures (consent_id TEXT PRIMARY KEY, erased_at INTEGER NOT NULL) STRICT;
`,
  `
CREATE TABLE mqtt_sessions (source_id TEXT NOT NULL, client_id TEXT NOT NULL, expiry_ms INTEGER NOT NULL, ended_at INTEGER, subscriptions TEXT NOT NULL, incoming TEXT NOT NULL,
  PRIMARY KEY (source_id, client_id)) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE source_certificates (fingerprint TEXT PRIMARY KEY, source_id TEXT NOT NULL REFERENCES sources, subject TEXT NOT NULL, valid_from INTEGER NOT NULL, valid_until INTEGER NOT NULL,
  added_at INTEGER NOT NULL) STRICT;
`,
  `
ALTER TABLE mqtt_sessions ADD COLUMN is_reader INTEGER NOT NULL DEFAULT 0;
CREATE TABLE mqtt_positions (source_id TEXT NOT NULL, client_id TEXT NOT NULL, topic TEXT NOT NULL, message_id TEXT NOT NULL, PRIMARY KEY (source_id, client_id, topic)) STRICT, WITHOUT ROWID;
`,
  // No table: the journal's segments begin with a header from here on, and a Sluice that does not know it would take them for damaged.
  '-- segments of format 2',
  // Whom a consent can name, and who has to consent: groups, countries, subjects. Who came when decides from which message on.
  `
CREATE TABLE party_countries (party_id TEXT PRIMARY KEY REFERENCES parties, country TEXT NOT NULL, since INTEGER NOT NULL) STRICT;
CREATE TABLE party_groups (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE group_members (group_id TEXT NOT NULL REFERENCES party_groups, party_id TEXT NOT NULL REFERENCES parties, since INTEGER NOT NULL, PRIMARY KEY (group_id, party_id)) STRICT, WITHOUT ROWID;
CREATE TABLE source_subjects (source_id TEXT NOT NULL REFERENCES sources, party_id TEXT NOT NULL REFERENCES parties, added_at INTEGER NOT NULL, removed_at INTEGER,
  PRIMARY KEY (source_id, party_id)) STRICT, WITHOUT ROWID;
ALTER TABLE agreements ADD COLUMN is_onward INTEGER NOT NULL DEFAULT 0;
`,
  // Events of before have no signature, and are told from such as lost theirs by their number.
  `
ALTER TABLE consent_events ADD COLUMN kid TEXT;
ALTER TABLE consent_events ADD COLUMN signature BLOB;
CREATE INDEX consent_events_by_consent ON consent_events (consent_id);
INSERT INTO meta SELECT 'unsigned_consent_events', count(*) FROM consent_events;
CREATE TABLE signing_keys (kid TEXT PRIMARY KEY, x TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE notices (owner_id TEXT NOT NULL, language TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL, text TEXT NOT NULL, own_text TEXT NOT NULL, facts TEXT NOT NULL,
  is_material INTEGER NOT NULL, created_at INTEGER NOT NULL, PRIMARY KEY (owner_id, language, version)) STRICT, WITHOUT ROWID;
CREATE TABLE party_facts (party_id TEXT PRIMARY KEY REFERENCES parties, facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
`,
  `
CREATE TABLE transparency_entries (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, minute INTEGER NOT NULL, leaf BLOB NOT NULL) STRICT;
CREATE INDEX transparency_leaves ON transparency_entries (substr(leaf, 1, 6));
CREATE TABLE transparency_nodes (level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, number)) STRICT, WITHOUT ROWID;
CREATE TABLE transparency_payloads (number INTEGER PRIMARY KEY REFERENCES transparency_entries, owner_id TEXT NOT NULL, reader_id TEXT, salt TEXT NOT NULL, payload TEXT NOT NULL) STRICT;
CREATE TABLE transparency_erased (number INTEGER PRIMARY KEY REFERENCES transparency_entries, payload_hash BLOB NOT NULL) STRICT;
CREATE TABLE transparency_head (id INTEGER PRIMARY KEY CHECK (id = 1), time INTEGER NOT NULL, kid TEXT NOT NULL, size INTEGER NOT NULL, root TEXT NOT NULL, signature TEXT NOT NULL) STRICT;
`,
  // Who was erased, what operators did, which streams are restricted and by whom, and what recipients are to know.
  `
CREATE TABLE erasures (id TEXT PRIMARY KEY, salt BLOB NOT NULL, subject BLOB NOT NULL, alias TEXT NOT NULL, requested_by TEXT NOT NULL, begun_at INTEGER NOT NULL, owner_id TEXT,
  history TEXT NOT NULL, erased TEXT NOT NULL, finished_at INTEGER, receipt TEXT) STRICT;
CREATE TABLE operator_actions (seq INTEGER PRIMARY KEY, payload_hash BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE operator_action_payloads (seq INTEGER PRIMARY KEY REFERENCES operator_actions, owner_id TEXT, salt BLOB NOT NULL, payload TEXT NOT NULL) STRICT;
CREATE TABLE restrictions (stream_id TEXT NOT NULL, owner_id TEXT NOT NULL, restricted_at INTEGER NOT NULL, restricted_by TEXT NOT NULL, PRIMARY KEY (stream_id, owner_id)) STRICT, WITHOUT ROWID;
CREATE TABLE recipient_notices (id INTEGER PRIMARY KEY AUTOINCREMENT, agreement_id TEXT NOT NULL REFERENCES agreements, kind TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
`,
  // How exact what is offered is.
  `
ALTER TABLE offers ADD COLUMN transforms TEXT;
`,
  // What recipients have made of many, of whom that was in the last day, and how much was told of whom.
  `
CREATE TABLE aggregates (id TEXT PRIMARY KEY, recipient_id TEXT NOT NULL, wish TEXT NOT NULL, created_at INTEGER NOT NULL, released_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE aggregate_crowds (recipient_id TEXT NOT NULL, type TEXT NOT NULL, attribute TEXT NOT NULL, members TEXT NOT NULL, contributors INTEGER NOT NULL, released_at INTEGER NOT NULL,
  PRIMARY KEY (recipient_id, type, attribute, members)) STRICT, WITHOUT ROWID;
CREATE TABLE privacy_spending (party_id TEXT NOT NULL, day INTEGER NOT NULL, spent INTEGER NOT NULL, PRIMARY KEY (party_id, day)) STRICT, WITHOUT ROWID;
`,
  // What the books had before the transparency log did, by its kinds: the first so many rows of each, agreements made before a time, those of which
  // it does not say that they are onward, and consent events that were erased here alone. Actions of operators are taken into the log at the next start.
  // The index finds the entry of a usage record.
  `
INSERT INTO meta SELECT 'unlogged_operator_actions', count(*) FROM operator_actions;
INSERT INTO meta SELECT 'unlogged_consent_events', (SELECT count(*) FROM consent_events) - (SELECT count(*) FROM transparency_entries WHERE kind = 'consent');
INSERT INTO meta SELECT 'unlogged_usage_records', (SELECT count(*) FROM usage_records) - (SELECT count(*) FROM transparency_entries WHERE kind = 'usage');
INSERT INTO meta SELECT 'unlogged_transfers', (SELECT count(*) FROM transfers) - (SELECT count(*) FROM transparency_entries WHERE kind = 'posting');
INSERT INTO meta SELECT 'agreements_logged_since', coalesce((SELECT min(minute) + 60000 FROM transparency_entries), (SELECT max(started_at) + 1 FROM agreements), 0) WHERE EXISTS (SELECT 1 FROM agreements);
INSERT INTO meta SELECT 'onward_unlogged', json_group_array(id) FROM agreements WHERE is_onward = 1;
INSERT INTO meta SELECT 'consent_events_erased_alone', json_group_array(seq) FROM consent_events WHERE seq NOT IN (SELECT seq FROM consent_payloads);
CREATE INDEX transparency_usage ON transparency_payloads (json_extract(payload, '$.record')) WHERE json_extract(payload, '$.record') IS NOT NULL;
`,
  // What the usage log tells of an agreement up to this entry is in the books.
  `
ALTER TABLE meters ADD COLUMN log_number INTEGER NOT NULL DEFAULT 0;
`,
]

export const SCHEMA_VERSION = MIGRATIONS.length