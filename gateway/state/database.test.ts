import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '#gateway/errors.ts'
import { openState, STATE_FILE } from '#gateway/state/database.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const refuses = (directory: string, message: RegExp) => assert.throws(() => openState(directory), error => error instanceof GatewayError && error.code === 'UNAVAILABLE' && message.test(error.message))

describe('The data directory', () => {
  it('is made where it is missing, for this account alone', () => {
    const directory = join(temporaryFolder(), 'deep', 'down')
    openState(directory).close()
    assert.deepEqual([directory, join(directory, STATE_FILE)].map(path => statSync(path).mode & 0o777), [0o700, 0o600])
  })

  it('is held by one process at a time', () => {
    const directory = temporaryFolder(), first = openState(directory)
    refuses(directory, /^Another gateway holds the data directory .*--data/)
    first.close()
    openState(directory).close()
  })

  it('that is a file, or holds what is no database, is refused by name and left as it is', () => {
    const folder = temporaryFolder(), file = join(folder, 'file'), foreign = join(folder, 'foreign')
    writeFileSync(file, 'a letter')
    mkdirSync(foreign)
    writeFileSync(join(foreign, STATE_FILE), 'a letter to a friend, and no database')
    refuses(file, /^The data directory .*file cannot be used \(.*--data/)
    refuses(join(file, 'below'), /^The data directory .*below cannot be used \(.*--data/)
    refuses(foreign, /^The data directory .*foreign cannot be used \(file is not a database\).*--data/)
    assert.equal(readFileSync(join(foreign, STATE_FILE), 'utf8'), 'a letter to a friend, and no database')
  })
})
