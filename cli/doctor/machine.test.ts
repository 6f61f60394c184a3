import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync, chownSync, readdirSync, readFileSync, rmSync, statfsSync, truncateSync, utimesSync, writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MADE_AT, SKEW_MS_MAX } from '#cli/doctor/clock.ts'
import { FREE_BYTES_MIN, SYNC_MS_MAX, SYNC_MS_SLOW } from '#cli/doctor/disk.ts'
import { HEADER_BYTES } from '#gateway/journal/segment-header.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { SigningKey } from '#gateway/proof/signing-key.ts'
import { openState, STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { RUN_FILE } from '#gateway/state/run-file.ts'
import { TransparencyLog } from '#gateway/transparency/transparency-log.ts'
import {
  doctor, doctorWith, journalled, nothing, onlyFault, onlyWarning, smallDisk, told, used, type Diagnosis,
} from '#test/support/doctor.ts'
import { openConsents } from '#test/support/consents.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

const MIB = 1 << 20
/** A journal that fits a small disk. */
const LITTLE = { SLUICE_RETENTION_BYTES: `${16 * MIB}` }
const SLUICE = join(import.meta.dirname, '..', '..', 'bin', 'sluice.js')
/** Root may write anywhere: what others may not, others are asked. */
const NOBODY = 65_534
const isRoot = process.geteuid?.() === 0
function asNobody(data: string): Diagnosis | undefined {
  const env = { ...process.env, SLUICE_MQTT_PORT: '0', SLUICE_HTTP_PORT: '0' }
  const words = [SLUICE, 'doctor', '--json', '--data', data]
  const { status, stdout } = spawnSync(process.execPath, words, { uid: NOBODY, gid: NOBODY, env, encoding: 'utf8' })
  return status === 0 || status === 1 && stdout !== '' ? { ...JSON.parse(stdout) as Omit<Diagnosis, 'code'>, code: status } : undefined
}
const skip = (test: Mocha.Context, why: string): never => { console.log(`      skipped: ${why}`); return test.skip() }

describe('The doctor, of this machine,', () => {
  const children: ChildProcess[] = [], disks: string[] = []
  after(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const disk of disks) spawnSync('umount', [disk])
  })
  function disk(test: Mocha.Context, bytes: number): string {
    const folder = smallDisk(bytes) ?? skip(test, 'no disk of its own can be mounted here (needs root)')
    disks.push(folder)
    return folder
  }

  describe('names a data directory that', () => {
    it('this account may not write to', async function () {
      const data = used(), expected = [/takes no file \(EACCES\)/, /chown -R ACCOUNT .* --data/] as const
      chmodSync(data, 0o500)
      if (!isRoot) onlyFault(await doctor(data), 'data directory', ...expected)
      else {
        for (const name of ['', ...readdirSync(data)]) chownSync(join(data, name), NOBODY, NOBODY)
        onlyFault(asNobody(data) ?? skip(this, 'another account cannot run it here'), 'data directory', ...expected)
      }
      chmodSync(data, 0o700)
    })

    it('is on a disk that is mounted read-only', async function () {
      const folder = disk(this, 100 * MIB), data = used(join(folder, 'data'))
      spawnSync('mount', ['-o', 'remount,ro', folder])
      onlyFault(await doctor(data, LITTLE), 'data directory', /takes no file \(EROFS\): its disk is mounted read-only/, /remount,rw/)
    })

    it('is a file', async () => {
      const file = join(temporaryFolder(), 'data')
      writeFileSync(file, '')
      onlyFault(await doctor(file), 'data directory', /is no directory/, /Move it away.*--data/)
    })

    it('is another account\'s, as a whole or in part', async function () {
      if (!isRoot) skip(this, 'only root can give files away')
      const data = used(), stranger = 4711
      chownSync(join(data, 'master.key'), stranger, stranger)
      onlyFault(await doctor(data), 'data directory', /not all of one account: master\.key is not of account 0/, /chown -R ACCOUNT/)
      for (const name of ['', ...readdirSync(data)]) chownSync(join(data, name), stranger, stranger)
      const remedy = /chown -R ACCOUNT.*as account 4711/
      onlyWarning(await doctor(data), 'data directory', /not owned by this account \(0\), but by 4711/, remedy)
    })

    it('a newer Sluice wrote', async () => {
      const data = used(), database = new DatabaseSync(join(data, STATE_FILE)), newer = SCHEMA_VERSION + 1
      database.exec(`PRAGMA user_version = ${newer}`)
      database.close()
      const found = new RegExp(`version ${newer}, and this Sluice knows ${SCHEMA_VERSION}`)
      onlyFault(await doctor(data), 'state', found, /Start the newer Sluice/)
    })

    it('holds a state that is damaged', async () => {
      const data = used(), file = join(data, STATE_FILE), bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0xff, 8192, 16384))
      onlyFault(await doctor(data), 'state', /state\.db is damaged/, /restore a backup/)
      writeFileSync(file, 'no database'.repeat(1000))
      onlyFault(await doctor(data), 'state', /state\.db is damaged \(file is not a database\)/, /restore a backup/)
    })

    it('holds consent events of which somebody has changed a signature', async () => {
      const data = used(), database = openState(data), log = new TransparencyLog({ database, clock: systemClock, key: SigningKey.open(data) }), consents = openConsents(database, systemClock, () => {}, { appendToLog: log.append })
      for (let n = 0; n < 2; n++) consents.grant({ ownerId: 'own_a', streamId: 's', recipient: 'any', purposes: ['dpv:PublicBenefit'], attributes: ['a'] })
      database.close()
      assert.match(told(await doctor(data), 'consents').found, /^2 events, an unbroken chain; each signature is right$/)
      const changed = new DatabaseSync(join(data, STATE_FILE))
      changed.exec("UPDATE consent_events SET signature = zeroblob(64) WHERE seq = 1")
      changed.close()
      onlyFault(await doctor(data), 'consents', /broken at event 1: its signature/, /Restore the state database/)
    })

    it('holds a journal that is damaged, and not one that a kill has torn', async () => {
      const data = used(), segment = await journalled(data, [1, 2, 3]), bytes = readFileSync(segment), third = HEADER_BYTES + (bytes.length - HEADER_BYTES) / 3 * 2
      const diagnosis = await doctor(data)
      nothing(diagnosis)
      assert.match(told(diagnosis, 'journal').found, /^3 records in the newest segment, all sound$/)
      truncateSync(segment, bytes.length - 1)
      nothing(await doctor(data))
      bytes[third + 20]! ^= 1
      writeFileSync(segment, bytes)
      const found = new RegExp(`damaged: .*0000000001\\.seg at offset ${third}, ${bytes.length - third} bytes`)
      onlyFault(await doctor(data), 'journal', found, /What lay there is lost, and the rest is used/)
    })
  })

  describe('names the wrong mode of', () => {
    for (const [name, mode] of [['master.key', 0o644], ['operator.key', 0o640], ['signing.key', 0o644], [STATE_FILE, 0o604]] as const) {
      it(`${name} (${mode.toString(8)})`, async () => {
        const data = used()
        for (const key of ['operator.key', 'signing.key']) writeFileSync(join(data, key), 'key\n', { mode: 0o600 })
        chmodSync(join(data, name), mode)
        const found = new RegExp(`${name} may be used by others \\(mode ${mode.toString(8)}\\)`)
        onlyFault(await doctor(data), 'file modes', found, new RegExp(`chmod 600 .*${name}.*who has read it`))
      })
    }

    it('the directory', async () => {
      const data = used()
      chmodSync(data, 0o777)
      onlyFault(await doctor(data), 'file modes', /may be changed by others \(mode 777\)/, /chmod 700/)
      chmodSync(data, 0o755)
      onlyWarning(await doctor(data), 'file modes', /may be listed by others \(mode 755\)/, /chmod 700/)
    })
  })

  it('names a full disk', async function () {
    const folder = disk(this, FREE_BYTES_MIN + 16 * MIB), data = used(join(folder, 'data')), filler = join(folder, 'filler')
    const { bavail, bsize } = statfsSync(folder)
    nothing(await doctor(data, LITTLE))
    onlyWarning(await doctor(data), 'disk space', /79 MiB left, and the journal may grow by 1,024 MiB/, /retentionBytes/)
    writeFileSync(filler, Buffer.alloc(bavail * bsize - FREE_BYTES_MIN))
    nothing(await doctor(data, LITTLE))
    writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' })
    onlyFault(await doctor(data, LITTLE), 'disk space', /The disk is full: 63 MiB left/, /make room/)
  })

  it('names a slow disk (by other times: a slow one cannot be had here)', async () => {
    const data = used(), timed = (median: number) => doctorWith({ syncTimes: () => [0, 10_000, median] }, data)
    onlyFault(await timed(SYNC_MS_MAX + 1), 'disk speed', /The disk is slow: .* 501\.0 ms/, /iostat.*a disk of its own/)
    onlyWarning(await timed(SYNC_MS_MAX), 'disk speed', /The disk is slow/, /iostat/)
    nothing(await timed(SYNC_MS_SLOW))
  })

  describe('names a clock that is wrong, for it is', () => {
    const ahead = () => Date.now() + SKEW_MS_MAX + 60_000

    it('before the newest file', async () => {
      const data = used()
      utimesSync(join(data, 'master.key'), ahead() / 1000, ahead() / 1000)
      onlyFault(await doctor(data), 'clock', /The clock is wrong: it says .*, and the newest record in the data/, /timedatectl set-ntp true/)
    })

    it('before the newest message', async () => {
      const data = used()
      await journalled(data, [ahead()])
      onlyFault(await doctor(data), 'clock', /the newest record in the data directory is of/, /timedatectl/)
    })

    it('before this Sluice was made (another clock: this one is the machine\'s)', async () => {
      const none = join(temporaryFolder(), 'none')
      onlyFault(await doctorWith({ now: () => MADE_AT - 1 }, none), 'clock', /before this Sluice was made/, /timedatectl/)
    })
  })

  it('names a lock that is no gateway\'s', async () => {
    const data = used(), lock = `const database = new (require('node:sqlite').DatabaseSync)(process.argv[1])
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE')
      console.log('held')
      setInterval(() => {}, 1000)`
    const words = ['--disable-warning=ExperimentalWarning', '-e', lock, join(data, STATE_FILE)]
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    await once(child.stdout, 'data')
    onlyFault(await doctor(data), 'gateway', /locked by a process that is no gateway that has started/, /fuser .*state\.db/)
  })

  it('names a gateway that hangs, and one that was killed, and not one that runs', async () => {
    const data = temporaryFolder(), gateway = await GatewayProcess.start(data), { child, ready: { mqtt, http } } = gateway
    children.push(child)
    const settings = { SLUICE_MQTT_PORT: new URL(mqtt).port, SLUICE_HTTP_PORT: new URL(http).port }
    const diagnosis = await doctor(data, settings)
    nothing(diagnosis)
    for (const name of ['MQTT port', 'HTTP port']) assert.match(told(diagnosis, name).found, /by the gateway that runs on this data/)
    child.kill('SIGSTOP')
    const hangs = new RegExp(`process ${child.pid} .* does not answer \\(no answer within 3 s\\)`)
    onlyFault(await doctor(data, settings), 'gateway', hangs, new RegExp(`kill ${child.pid}`))
    await gateway.kill('SIGKILL')
    onlyWarning(await doctor(data, settings), 'gateway', new RegExp(`\\(process ${child.pid}, since .*\\) was killed`), /Start one/)
    rmSync(join(data, RUN_FILE))
    nothing(await doctor(data, settings))
  })
})
