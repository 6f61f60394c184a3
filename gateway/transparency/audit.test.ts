import assert from 'node:assert/strict'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { audit } from '#gateway/transparency/audit.ts'
import { withChangedBytes } from '#test/support/changed-bytes.ts'
import { LoggedState, newKey, publicKeys } from '#test/support/transparency.ts'

const TABLES = ['transparency_entries', 'transparency_nodes', 'transparency_payloads', 'transparency_erased', 'transparency_head'] as const
const found = { code: 'UNAVAILABLE', message: /The transparency log is broken.*Restore/ }

interface Cell { readonly table: string, readonly column: string, readonly where: string, readonly keys: readonly SQLInputValue[], readonly value: SQLInputValue }

/** Every value of every row. */
function cellsOf(database: DatabaseSync): readonly Cell[] {
  return TABLES.flatMap(table => {
    const columns = database.prepare(`PRAGMA table_info(${table})`).all() as unknown as { name: string, pk: number }[], primary = columns.filter(({ pk }) => pk > 0).map(({ name }) => name)
    const where = primary.map(name => `${name} = ?`).join(' AND ')
    return database.prepare(`SELECT * FROM ${table}`).all().flatMap(row => columns.map(({ name: column }) => ({ table, column, where, keys: primary.map(name => row[name]!), value: row[column]! })))
  })
}

describe('An audit of the transparency log', function () {
  this.timeout(60_000)
  let state: LoggedState
  beforeEach(() => {
    state = new LoggedState()
    state.add(18)
    state.log.erase('own_1')
    state.log.head()
    state.add(2)
    state.database.exec('PRAGMA foreign_keys = OFF')
  })
  afterEach(() => state.close())

  it('finds a byte that was changed in any value of any row', () => {
    const keys = publicKeys(state.key)
    let tried = 0
    assert.deepEqual(audit(state.database, { keys }), { entries: 20, erased: 6 })
    for (const { table, column, where, keys: at, value } of cellsOf(state.database)) {
      const update = state.database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`)
      for (const other of withChangedBytes(value)) {
        state.database.exec('BEGIN')
        try { assert.equal(update.run(other, ...at).changes, 1) } catch { state.database.exec('ROLLBACK'); continue } // such a row cannot be: two of a key, a head that is not the first
        assert.throws(() => audit(state.database, { keys }), found, `${table}.${column} of ${JSON.stringify(at)}: ${JSON.stringify(other)}`)
        state.database.exec('ROLLBACK')
        tried++
      }
    }
    assert.ok(tried > 2_000, `${tried}`)
    assert.deepEqual(audit(state.database, { keys }), { entries: 20, erased: 6 })
  })

  it('finds a row that is gone, and one too many', () => {
    for (const table of TABLES.slice(0, 4)) {
      const { count } = state.database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }
      for (let n = 0; n < count; n++) {
        state.database.exec(`BEGIN; DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} LIMIT 1 OFFSET ${n})`.replaceAll('rowid', table === 'transparency_nodes' ? '(level, number)' : 'rowid').replace('SELECT (level, number)', 'SELECT level, number'))
        assert.throws(() => audit(state.database), found, `${table} ${n}`)
        state.database.exec('ROLLBACK')
      }
    }
    for (const row of ["transparency_nodes VALUES (4, 9, x'00')", "transparency_nodes VALUES (8, 0, x'00')", "transparency_erased VALUES (99, x'00')", "transparency_payloads VALUES (99, 'o', NULL, 's', 'p')"]) {
      state.database.exec(`BEGIN; INSERT INTO ${row}`)
      assert.throws(() => audit(state.database), found, row)
      state.database.exec('ROLLBACK')
    }
  })

  it('finds newest entries that were cut off, where a head was signed over them', () => {
    state.log.head()
    state.database.exec('DELETE FROM transparency_payloads WHERE number >= 18; DELETE FROM transparency_entries WHERE number >= 18')
    assert.throws(() => audit(state.database), found)
    assert.throws(() => state.reopen(), { code: 'UNAVAILABLE' })
  })

  it('does not believe a head by another key', () => {
    assert.throws(() => audit(state.database, { keys: publicKeys(newKey()) }), { code: 'UNAVAILABLE', message: /another key/ })
    assert.equal(audit(state.database).entries, 20, 'without a key the head is held against the tree')
  })

  it('has at a start that the tree is the one of the newest head, without reading all of it', () => {
    state.database.exec("UPDATE transparency_nodes SET hash = zeroblob(32) WHERE level = 4 AND number = 0")
    assert.throws(() => state.reopen(), { code: 'UNAVAILABLE', message: /not that of the newest head/ })
  })
})
