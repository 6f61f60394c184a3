// Access (GDPR Art. 15): everything that is kept about an owner, by the same list of tables by which an erasure deletes.
import type { DatabaseSync } from 'node:sqlite'
import type { Streams } from '#gateway/devices/streams.ts'
import type { Journal } from '#gateway/journal/journal.ts'
import { CHANGED, DELETED, type Holding } from '#gateway/rights/holdings.ts'

/** Rows of one table in one answer, the newest of them; how many there are is told. */
export const ROWS_MAX = 10_000

export interface HeldRows { readonly count: number, readonly rows: readonly Readonly<Record<string, unknown>>[] }

export interface Access {
  readonly partyId: string
  readonly at: string
  /** By table of the state. Secrets are left out: what is a hash or sealed would serve nobody but a thief. */
  readonly state: Readonly<Record<string, HeldRows>>
  /** Readings are in the journal: their number here, they themselves in the export. */
  readonly readings: readonly { readonly streamId: string, readonly messages: number }[]
  /** What is nowhere on the disk, and in memory as long as the gateway runs. */
  readonly inMemory: readonly string[]
}

export interface AccessOptions { readonly database: DatabaseSync, readonly streams: Streams, readonly journal: Journal }

export function accessOf({ database, streams, journal }: AccessOptions, ownerId: string, now: number): Access {
  const held = [...DELETED, ...CHANGED].map(holding => [holding.table, rowsOf(database, holding, ownerId)] as const)
  return {
    partyId: ownerId, at: new Date(now).toISOString(), state: Object.fromEntries(held),
    readings: streams.ofOwner(ownerId).map(({ id, number }) => ({ streamId: id, messages: journal.indexOf(number)?.length ?? 0 })),
    inMemory: ['the last value and the status of each device', 'why messages were refused lately (`sluice explain`)', 'retained MQTT messages of your sources',
      'what your readings add up to in the open windows of aggregates'],
  }
}

function rowsOf(database: DatabaseSync, { table, where, hidden = [] }: Holding, owner: string): HeldRows {
  const from = `FROM ${table} WHERE ${where}`, count = Number(database.prepare(`SELECT count(*) AS count ${from}`).get({ owner })!['count'])
  const select = database.prepare(`SELECT * ${from} LIMIT ${ROWS_MAX} OFFSET ${Math.max(0, count - ROWS_MAX)}`)
  select.setReadBigInts(true)
  return { count, rows: select.all({ owner }).map(row => Object.fromEntries(Object.entries(row).filter(([column]) => !hidden.includes(column)).map(([column, value]) => [column, shown(value)]))) }
}

/** As JSON can say it: whole numbers beyond 2^53 as texts, bytes in base64, JSON as what it says. */
function shown(value: unknown): unknown {
  if (typeof value === 'bigint') return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value
  try { return JSON.parse(value) as unknown } catch { return value }
}
