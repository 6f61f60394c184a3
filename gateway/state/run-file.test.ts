import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openState, STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { readRunFile, RUN_FILE, writeRunFile } from '#gateway/state/run-file.ts'
import { isStateHeld, readSnapshot } from '#gateway/state/snapshot.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

/** All that there is in a directory, to the byte. */
function contents(directory: string): readonly (readonly [string, string])[] {
  const files = readdirSync(directory).filter(name => statSync(join(directory, name)).isFile())
  return files.map(name => [name, readFileSync(join(directory, name), 'latin1')])
}

describe('A data directory', () => {
  const data = temporaryFolder()
  let gateway: GatewayProcess
  before(async () => { gateway = await GatewayProcess.start(data) })
  after(() => gateway.kill())

  it('says who runs on it, and is held, until that process is killed', async () => {
    const { pid, mqtt, http, startedAt } = readRunFile(data)!
    assert.deepEqual([pid, mqtt, http], [gateway.child.pid, gateway.ready.mqtt, gateway.ready.http])
    assert.ok(Math.abs(Date.parse(startedAt) - Date.now()) < 60_000)
    assert.equal(statSync(join(data, RUN_FILE)).mode & 0o777, 0o600)
    assert.equal(isStateHeld(data), true)
    await gateway.kill()
    assert.equal(isStateHeld(data), false)
    assert.ok(readRunFile(data), 'what is left behind tells of the kill')
  })

  it('is looked at without a byte of it being changed, and what a killed gateway wrote is seen', () => {
    const before = contents(data)
    assert.ok(before.some(([name]) => name === `${STATE_FILE}-wal`))
    assert.equal(isStateHeld(data), false)
    assert.equal(readSnapshot(data, database => database.prepare('PRAGMA user_version').get()!['user_version']), SCHEMA_VERSION)
    const operators = "SELECT count(*) AS n FROM parties WHERE role = 'operator'"
    assert.equal(readSnapshot(data, database => database.prepare(operators).get()!['n']), 1)
    assert.deepEqual(contents(data), before)
  })

  it('says nothing of anybody after a stop in order', async () => {
    gateway = await GatewayProcess.start(data)
    await gateway.kill('SIGTERM')
    assert.equal(existsSync(join(data, RUN_FILE)), false)
    const before = contents(data)
    assert.equal(isStateHeld(data), false)
    assert.deepEqual(contents(data), before)
  })

  it('that was never used is held by nobody, and is not made', () => {
    const none = join(data, 'none')
    assert.equal(isStateHeld(none), false)
    assert.throws(() => readSnapshot(none, database => database.prepare('SELECT * FROM parties').all()), /no such table/)
    assert.equal(existsSync(none), false)
  })

  it('with something else in the place of the run file has none', () => {
    const whole = { pid: 1, mqtt: 'mqtt://h:1', http: 'http://h:1', startedAt: 'z' }
    const others = [{}, { ...whole, pid: '1' }, { ...whole, http: 'x' }, { ...whole, startedAt: 1 }, { ...whole, mqtt: undefined }, { ...whole, mqtts: 'x' }]
    for (const text of ['', '{', 'null', ...others.map(other => JSON.stringify(other))]) {
      const folder = temporaryFolder()
      writeFileSync(join(folder, RUN_FILE), text)
      assert.equal(readRunFile(folder), undefined, text)
    }
    const folder = temporaryFolder(), secure = { ...whole, mqtts: 'mqtts://h:2' }
    writeRunFile(folder, secure)
    assert.deepEqual(readRunFile(folder), secure)
    rmSync(join(folder, RUN_FILE))
    openState(folder).close()
    assert.equal(readRunFile(folder), undefined)
  })
})
