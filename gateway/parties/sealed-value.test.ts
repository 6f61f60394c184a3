import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET_BYTES, secretOf } from '#gateway/parties/sealed-value.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { openState } from '#gateway/state/database.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('A secret', () => {
  it('is made once for each name, is there after a restart, and lies sealed', () => {
    const directory = temporaryFolder(), vault = new Vault(directory)
    let database = openState(directory)
    const secret = secretOf('pseudonyms', database, vault), other = secretOf('other', database, vault)
    assert.deepEqual([secret.length, secret.equals(other)], [SECRET_BYTES, false])
    database.close()
    for (const name of readdirSync(directory)) assert.ok(!readFileSync(join(directory, name)).includes(secret), name)
    database = openState(directory)
    assert.deepEqual(secretOf('pseudonyms', database, vault), secret)
    assert.throws(() => secretOf('pseudonyms', database, new Vault(temporaryFolder())), { code: 'UNAVAILABLE' })
    database.close()
  })
})
