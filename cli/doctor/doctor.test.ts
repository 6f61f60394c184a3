import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { delimiter, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FREE_BYTES_MIN, SYNC_MS_MAX, SYNC_MS_SLOW } from '#cli/doctor/disk.ts'
import { examine, type Told } from '#cli/doctor/checks.ts'
import { MADE_AT, SKEW_MS_MAX } from '#cli/doctor/clock.ts'
import { factsOf, realProbes, type Probes } from '#cli/doctor/facts.ts'
import { NODE_MAJOR_MIN } from '#cli/doctor/node.ts'
import { settle, type GivenOptions } from '#gateway/config/config.ts'
import { Journal } from '#gateway/journal/journal.ts'
import { systemClock } from '#gateway/lib/clock.ts'
import { Vault } from '#gateway/parties/vault.ts'
import { openState, STATE_FILE } from '#gateway/state/database.ts'
import { SCHEMA_VERSION } from '#gateway/state/migrations.ts'
import { RUN_FILE } from '#gateway/state/run-file.ts'
import { sluice } from '#test/support/command-line.ts'
import { hasInflux, Influx } from '#test/support/influx.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { silentLog, temporaryFolder } from '#test/support/temporary.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const isRoot = process.geteuid?.() === 0

/** What `sluice doctor --json` says; the ports of the configuration are free ones unless said otherwise. */
async function doctor(data: string, environment: Readonly<Record<`SLUICE_${string}`, string>> = {}, ...argv: string[]): Promise<{ ok: boolean, code: number, checks: Told[] }> {
  const { code, out } = await sluice(['doctor', '--data', data, '--json', ...argv], { SLUICE_MQTT_PORT: '0', SLUICE_HTTP_PORT: '0', ...environment })
  return { ...JSON.parse(out), code }
}
/** The one thing that is wrong: its name, what was found, and what to do. */
function only({ ok, code, checks }: { ok: boolean, code: number, checks: readonly Told[] }, name: string, found: RegExp, remedy: RegExp, state: 'fault' | 'warning' = 'fault'): void {
  const bad = checks.filter(check => check.state !== 'ok')
  assert.deepEqual(bad.map(check => [check.name, check.state]), [[name, state]], JSON.stringify(bad))
  assert.match(bad[0]!.found, found)
  assert.match(bad[0]!.remedy!, remedy)
  assert.deepEqual([ok, code], state === 'fault' ? [false, 1] : [true, 0])
}
const nothing = ({ ok, code, checks }: { ok: boolean, code: number, checks: readonly Told[] }) => assert.deepEqual([ok, code, checks.filter(({ state }) => state !== 'ok')], [true, 0, []])
async function probed(given: GivenOptions, probes: Partial<Probes>): Promise<{ ok: boolean, code: number, checks: readonly Told[] }> {
  const checks = await examine(factsOf(await settle({ given: { mqttPort: 0, httpPort: 0, ...given } }), { ...realProbes, ...probes })), ok = !checks.some(({ state }) => state === 'fault')
  return { ok, code: ok ? 0 : 1, checks }
}
/** A data directory as a gateway leaves it behind. */
function used(directory = temporaryFolder()): string {
  openState(directory).close()
  new Vault(directory)
  return directory
}

describe('The doctor', () => {
  const servers: Server[] = [], mounts: string[] = [], children: ChildProcess[] = [], gateways: GatewayProcess[] = []
  let influx: Influx | undefined
  after(async () => {
    for (const server of servers) server.close()
    for (const child of children) child.kill('SIGKILL')
    await influx?.kill()
    await Promise.all(gateways.map(gateway => gateway.kill()))
    for (const mount of mounts) spawnSync('umount', [mount])
  })
  async function listening(server: Server): Promise<number> {
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return (server.address() as AddressInfo).port
  }
  const answering = async (answer: RequestListener) => `http://127.0.0.1:${await listening(createHttpServer(answer))}`
  async function closedPort(): Promise<number> {
    const server = createServer(), port = await listening(server)
    server.close()
    await once(server, 'close')
    return port
  }
  async function running(data: string): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start(data)
    gateways.push(gateway)
    return gateway
  }
  /** A small disk of its own, or nothing where none can be mounted. */
  function disk(options: string): string | undefined {
    const folder = temporaryFolder()
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status !== 0) return undefined
    mounts.push(folder)
    return folder
  }

  it('finds nothing wrong where nothing is, and leaves no trace', async () => {
    const data = used(), traces = (folder: string) => readdirSync(folder).map(name => [name, statSync(join(folder, name)).mtimeMs])
    const before = traces(data)
    const result = await doctor(data)
    nothing(result)
    assert.deepEqual(result.checks.map(({ name }) => name), ['Node', 'configuration', 'data directory', 'file modes', 'gateway', 'MQTT port', 'HTTP port', 'state', 'disk space', 'disk speed', 'clock'])
    assert.deepEqual(traces(data), before)
    const none = join(data, 'not', 'there')
    nothing(await doctor(none))
    assert.equal(existsSync(join(data, 'not')), false)
  })

  it('speaks to people in lines, each fault with what to do below it', async () => {
    const { code, out, err } = await sluice(['doctor', '--data', join(temporaryFolder(), 'data')], { SLUICE_MQTT_PORT: '0', SLUICE_HTTP_PORT: '0', SLUICE_LOG_LEVEL: 'loud' })
    assert.equal(code, 1)
    assert.match(out, /^✓ Node {2,}v\d+.*\n✗ configuration +SLUICE_LOG_LEVEL: logLevel is "loud".*\n +→ Choose one of them\.$/m)
    assert.equal(err, 'sluice: There is a fault. (UNAVAILABLE)\n')
  })

  describe('names a planted fault, and the remedy:', () => {
    it('a Node that is too old', async () => {
      const data = used()
      only(await probed({ data }, { nodeVersion: 'v22.19.0' }), 'Node', /v22\.19\.0 is too old/, /Install Node 24 or newer/)
      nothing(await probed({ data }, { nodeVersion: `v${NODE_MAJOR_MIN}.0.0` }))
    })

    it('an old Node that starts it for real, before anything is loaded that it could not run', function () {
      const old = (process.env['PATH'] ?? '').split(delimiter).map(folder => join(folder, 'node')).find(node => existsSync(node) && majorOf(node) < NODE_MAJOR_MIN)
      if (!old) { console.log('      skipped: there is no older Node on this machine'); this.skip() }
      const elsewhere = join(temporaryFolder(), 'bin') // without a Node that npm brought
      cpSync(join(ROOT, 'bin'), elsewhere, { recursive: true })
      writeFileSync(join(elsewhere, '..', 'package.json'), '{"type":"module"}')
      const { status, stderr } = spawnSync(old, [join(elsewhere, 'sluice.js'), 'doctor'], { encoding: 'utf8' })
      assert.equal(status, 1)
      assert.match(stderr, /Node 24 or newer.* this is v\d+\..*[Ii]nstall/)
    })
    const majorOf = (node: string) => Number(/^v(\d+)/.exec(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? Infinity)

    it('a bad configuration', async () => {
      const file = join(temporaryFolder(), 'sluice.yml')
      writeFileSync(file, 'retentionDays: 7\nretenionBytes: 1\n')
      only(await doctor(used(), {}, '--config', file), 'configuration', /sluice\.yml:2:1: There is no setting retenionBytes/, /Did you mean retentionBytes\?/)
    })

    it('a taken MQTT port', async () => {
      const port = await listening(createServer())
      only(await doctor(used(), { SLUICE_MQTT_PORT: `${port}` }), 'MQTT port', new RegExp(`Port ${port} is taken by another program`), /ss -ltnp.*mqttPort \(SLUICE_MQTT_PORT, --mqtt-port\)/)
    })

    it('a taken HTTP port, and whether it is a Sluice that has it', async () => {
      const other = await running(temporaryFolder()), [mqtt, http] = [other.ready.mqtt, other.ready.http].map(url => url.split(':').at(-1)!) as [string, string]
      only(await doctor(used(), { SLUICE_HTTP_PORT: http }), 'HTTP port', /taken by a Sluice gateway that runs on another data directory/, /httpPort/)
      only(await doctor(used(), { SLUICE_HTTP_PORT: mqtt }), 'HTTP port', /taken by another program/, /ss -ltnp/)
    })

    it('an address that is none of this machine', async () => {
      const { checks } = await doctor(used(), { SLUICE_HOST: '192.0.2.1', SLUICE_MQTT_PORT: '1883' })
      const { state, found, remedy } = checks.find(({ name }) => name === 'MQTT port')!
      assert.deepEqual([state, /192\.0\.2\.1 \(EADDRNOTAVAIL\)/.test(found), /SLUICE_HOST/.test(remedy!)], ['fault', true, true])
    })

    it('a data directory that takes no file', async function () {
      if (!isRoot) {
        const data = used()
        chmodSync(data, 0o500)
        only(await doctor(data), 'data directory', /takes no file \(EACCES\)/, /chown -R ACCOUNT .* --data/)
        return chmodSync(data, 0o700)
      }
      const folder = disk('size=100m')
      if (!folder) { console.log('      skipped: no disk of its own can be mounted here'); this.skip() }
      used(join(folder, 'data'))
      spawnSync('mount', ['-o', 'remount,ro', folder])
      const { code, checks } = await doctor(join(folder, 'data')), { state, found, remedy } = checks.find(({ name }) => name === 'data directory')!
      assert.deepEqual([code, state], [1, 'fault'])
      assert.match(found, /takes no file \(EROFS\): its disk is mounted read-only/)
      assert.match(remedy!, /remount,rw/)
    })

    it('a data directory that is a file', async () => {
      const file = join(temporaryFolder(), 'data')
      writeFileSync(file, '')
      const { code, checks } = await doctor(file), { state, found, remedy } = checks.find(({ name }) => name === 'data directory')!
      assert.deepEqual([code, state], [1, 'fault'])
      assert.match(found, /is no directory/)
      assert.match(remedy!, /Move it away.*--data/)
    })

    it('a data directory of another account, as a whole or in part', async function () {
      if (!isRoot) { console.log('      skipped: only root can give files away'); this.skip() }
      const data = used(), stranger = 4711
      chownSync(join(data, 'master.key'), stranger, stranger)
      only(await doctor(data), 'data directory', /not all of one account: master\.key is not of account 0/, /chown -R ACCOUNT/)
      for (const name of ['', ...readdirSync(data)]) chownSync(join(data, name), stranger, stranger)
      only(await doctor(data), 'data directory', /not owned by this account \(0\), but by 4711/, /chown -R ACCOUNT.*run as account 4711/, 'warning')
    })

    for (const [name, mode, found, state] of [
      ['master.key', 0o644, /master\.key may be used by others \(mode 644\)/, 'fault'], ['operator.key', 0o640, /operator\.key may be used by others \(mode 640\)/, 'fault'],
      [STATE_FILE, 0o604, /state\.db may be used by others \(mode 604\)/, 'fault'], ['', 0o777, /may be changed by others \(mode 777\)/, 'fault'], ['', 0o755, /may be listed by others \(mode 755\)/, 'warning'],
    ] as const) {
      it(`a wrong mode (${name || 'the data directory'}, ${mode.toString(8)})`, async () => {
        const data = used()
        writeFileSync(join(data, 'operator.key'), 'key\n', { mode: 0o600 })
        chmodSync(join(data, name), mode)
        only(await doctor(data), 'file modes', found, name === '' ? /chmod 700/ : /chmod 600 .*who has read it/, state)
      })
    }

    it('a data directory that a newer Sluice wrote', async () => {
      const data = used(), database = new DatabaseSync(join(data, STATE_FILE))
      database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
      database.close()
      only(await doctor(data), 'state', new RegExp(`schema version ${SCHEMA_VERSION + 1}, and this Sluice knows ${SCHEMA_VERSION}`), /Start the newer Sluice/)
    })

    it('a state that is damaged', async () => {
      const data = used(), file = join(data, STATE_FILE), bytes = readFileSync(file)
      writeFileSync(file, bytes.fill(0xff, 8192, 16384))
      only(await doctor(data), 'state', /state\.db is damaged/, /restore a backup/)
      writeFileSync(file, 'no database'.repeat(1000))
      only(await doctor(data), 'state', /state\.db is damaged \(file is not a database\)/, /restore a backup/)
    })

    it('a full disk', async function () {
      const folder = disk(`size=${FREE_BYTES_MIN + (16 << 20)}`), data = folder && join(folder, 'data')
      if (!folder || !data) { console.log('      skipped: no disk of its own can be mounted here (needs root)'); this.skip() }
      used(data)
      const settings = { SLUICE_RETENTION_BYTES: `${16 << 20}` }, filler = join(folder, 'filler'), free = () => { const { bavail, bsize } = statfsSync(folder); return bavail * bsize }
      nothing(await doctor(data, settings))
      only(await doctor(data), 'disk space', /79 MiB left, and the journal may grow by 1,024 MiB/, /retentionBytes/, 'warning')
      writeFileSync(filler, Buffer.alloc(free() - FREE_BYTES_MIN))
      nothing(await doctor(data, settings))
      writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' })
      only(await doctor(data, settings), 'disk space', /The disk is full: 63 MiB left/, /make room/)
    })

    it('a slow disk (timed by another clock: a slow one cannot be had here)', async () => {
      const data = used(), timed = (median: number) => probed({ data }, { syncTimes: () => [0, 10_000, median] })
      only(await timed(SYNC_MS_MAX + 1), 'disk speed', /The disk is slow: .* 501\.0 ms/, /iostat.*a disk of its own/)
      only(await timed(SYNC_MS_MAX), 'disk speed', /The disk is slow/, /iostat/, 'warning')
      nothing(await timed(SYNC_MS_SLOW))
    })

    it('a clock before what was written', async () => {
      const data = used(), ahead = (Date.now() + SKEW_MS_MAX + 60_000) / 1000
      utimesSync(join(data, 'master.key'), ahead, ahead)
      only(await doctor(data), 'clock', /The clock is wrong: it says .*, and the newest record in the data directory is of/, /timedatectl set-ntp true/)
    })

    it('a clock before the newest message (that of a message from the future)', async () => {
      const data = used()
      await journalOf(data, [Date.now() + SKEW_MS_MAX + 60_000])
      only(await doctor(data), 'clock', /newest record in the data directory is of/, /timedatectl/)
    })

    it('a clock before this Sluice was made (another clock: this one is the machine\'s)', async () => {
      only(await probed({ data: join(temporaryFolder(), 'none') }, { now: () => MADE_AT - 1 }), 'clock', /before this Sluice was made/, /timedatectl/)
    })

    it('a clock that is not that of the database', async () => {
      const late = new Date(Date.now() - SKEW_MS_MAX - 30_000).toUTCString()
      const url = await answering((request, response) => response.writeHead(request.url === '/ping' ? 204 : 200, { 'date': late, 'x-influxdb-version': '1.8.10' }).end())
      only(await doctor(used(), { SLUICE_HISTORY_URL: url }), 'clock', /The clock is wrong: it is (89|9\d) s ahead of that of 127\.0\.0\.1/, /Or theirs is wrong/)
    })

    it('a broker that is unreachable, named by the configuration', async () => {
      const [open, closed] = [await listening(createServer()), await closedPort()]
      const result = await doctor(used(), { SLUICE_BRIDGE_HOSTS: `127.0.0.1:${open}, 127.0.0.1:${closed}, any-port.example` })
      only(result, `bridge 127.0.0.1:${closed}`, /unreachable \(ECONNREFUSED\)/, /Nothing listens there/)
      assert.ok(result.checks.some(({ name, state }) => name === `bridge 127.0.0.1:${open}` && state === 'ok'))
    })

    it('a broker that is unreachable, or not allowed any more, of a bridge that an owner made', async () => {
      const data = used(), closed = await closedPort(), database = openState(data)
      database.exec("INSERT INTO parties VALUES ('own_1', 'owner', 'x', 0)")
      for (const [id, host, state] of [['src_1', '127.0.0.1', 'active'], ['src_2', 'localhost', 'active'], ['src_3', '127.0.0.2', 'suspended']] as const) {
        database.prepare("INSERT INTO sources VALUES (?, 'own_1', 'x', NULL, ?, x'00', 'indoor', NULL, NULL, NULL, ?, 0)").run(id, id, state)
        database.prepare("INSERT INTO bridges (source_id, broker, protocol, topics, created_at) VALUES (?, ?, '5', '[]', 0)").run(id, `mqtt://${host}:${closed}`)
      }
      database.close()
      const { ok, checks } = await doctor(data, { SLUICE_BRIDGE_HOSTS: '127.0.0.1' })
      assert.deepEqual([ok, checks.filter(({ name }) => name.startsWith('bridge')).map(({ name, state }) => [name, state])], [false, [[`bridge 127.0.0.1:${closed}`, 'fault'], [`bridge localhost:${closed}`, 'warning']]])
    })

    describe('a database that', () => {
      const asked = async (answer: RequestListener, more = {}) => doctor(used(), { SLUICE_HISTORY_URL: await answering(answer), ...more })

      it('is unreachable', async () => {
        only(await doctor(used(), { SLUICE_HISTORY_URL: `http://127.0.0.1:${await closedPort()}` }), 'history', /is unreachable \(ECONNREFUSED\)/, /Nothing listens there.*SLUICE_HISTORY_URL/)
      })

      it('says nothing', async () => {
        const port = await listening(createServer())
        const { checks } = await doctor(used(), { SLUICE_HISTORY_URL: `http://127.0.0.1:${port}` })
        assert.match(checks.find(({ name }) => name === 'history')!.found, /is unreachable \(ETIMEDOUT\)/)
      })

      it('has the wrong version, or is something else', async () => {
        only(await asked((_, response) => response.writeHead(204, { 'x-influxdb-version': 'v2.7.1' }).end()), 'history', /an InfluxDB v2\.7\.1, of the wrong version/, /InfluxDB 1\.8/)
        only(await asked((_, response) => response.end('<html>')), 'history', /is no InfluxDB \(status 200\)/, /InfluxDB 1\.8/)
      })

      it('does not know us', async () => {
        const passwordFile = join(temporaryFolder(), 'password'), seen: (string | undefined)[] = []
        writeFileSync(passwordFile, 'pass\n', { mode: 0o600 })
        const result = await asked((request, response) => {
          seen.push(request.headers.authorization)
          response.writeHead(request.url === '/ping' ? 204 : 401, { 'x-influxdb-version': '1.8.10' }).end()
        }, { SLUICE_HISTORY_USERNAME: 'me', SLUICE_HISTORY_PASSWORD_FILE: passwordFile })
        only(result, 'history', /unauthorised \(status 401\)/, /history\.username.*CREATE USER/)
        assert.ok(seen.includes(`Basic ${Buffer.from('me:pass').toString('base64')}`))
      })

      it('has a password that is not there', async () => {
        only(await asked((_, response) => response.writeHead(204, { 'x-influxdb-version': '1.8.10' }).end(), { SLUICE_HISTORY_PASSWORD_FILE: '/nowhere/password' }), 'history', /password of the history cannot be read \(ENOENT/, /SLUICE_HISTORY_PASSWORD_FILE/)
      })

      it('is a real one, which lets in whom it knows', async function () {
        this.timeout(60_000)
        if (!hasInflux) { console.log('      skipped: influxd is not installed (Debian: influxdb)'); this.skip() }
        influx = await Influx.start({ hasUsers: true })
        const passwordFile = join(temporaryFolder(), 'password'), settings = { SLUICE_HISTORY_URL: influx.url, SLUICE_HISTORY_USERNAME: 'sluice', SLUICE_HISTORY_PASSWORD_FILE: passwordFile }
        await influx.rows("CREATE USER sluice WITH PASSWORD 'right' WITH ALL PRIVILEGES")
        writeFileSync(passwordFile, 'wrong\n', { mode: 0o600 })
        only(await doctor(used(), settings), 'history', /unauthorised \(status 401\)/, /CREATE USER/)
        writeFileSync(passwordFile, 'right\n')
        nothing(await doctor(used(), settings))
        influx.freeze(true)
        only(await doctor(used(), settings), 'history', /is unreachable \(ETIMEDOUT\)/, /whether it runs/)
      })
    })

    it('a journal that is damaged, and not one that a kill has torn', async () => {
      const data = used(), segment = await journalOf(data, [1, 2, 3]), bytes = readFileSync(segment), third = bytes.length / 3 * 2
      const result = await doctor(data)
      nothing(result)
      assert.match(result.checks.find(({ name }) => name === 'journal')!.found, /^3 records in the newest segment, all sound$/)
      truncateSync(segment, bytes.length - 1)
      nothing(await doctor(data))
      bytes[third + 20]! ^= 1
      writeFileSync(segment, bytes)
      only(await doctor(data), 'journal', new RegExp(`damaged: .*0000000001\\.seg at offset ${third}, with ${third / 2} bytes behind it`), /Copy that file before you start/)
    })

    it('a lock that is no gateway\'s', async () => {
      const data = used(), lock = "const d = new (require('node:sqlite').DatabaseSync)(process.argv[1]); d.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000)"
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', lock, join(data, STATE_FILE)], { stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(child)
      await once(child.stdout, 'data')
      only(await doctor(data), 'gateway', /locked by a process that is no gateway that has started/, /fuser .*state\.db/)
    })

    it('a gateway that was killed, one that hangs, and none in one that runs', async () => {
      const data = temporaryFolder(), gateway = await running(data), [mqtt, http] = [gateway.ready.mqtt, gateway.ready.http].map(url => url.split(':').at(-1)!) as [string, string]
      const settings = { SLUICE_MQTT_PORT: mqtt, SLUICE_HTTP_PORT: http }
      const result = await doctor(data, settings)
      nothing(result)
      assert.match(result.checks.find(({ name }) => name === 'MQTT port')!.found, /taken by the gateway that runs on this data directory/)
      gateway.child.kill('SIGSTOP')
      only(await doctor(data, settings), 'gateway', new RegExp(`process ${gateway.child.pid} .* does not answer \\(no answer within 3 s\\)`), new RegExp(`kill ${gateway.child.pid}`))
      await gateway.kill('SIGKILL')
      only(await doctor(data, settings), 'gateway', new RegExp(`the last one \\(process ${gateway.child.pid}, since .*\\) was killed`), /Start one/, 'warning')
      rmSync(join(data, RUN_FILE))
      nothing(await doctor(data, settings))
    })

    it('several at once', async () => {
      const data = used()
      chmodSync(join(data, 'master.key'), 0o666)
      const { code, checks } = await doctor(data, { SLUICE_MQTT_PORT: `${await listening(createServer())}`, SLUICE_HISTORY_URL: `http://127.0.0.1:${await closedPort()}` })
      assert.deepEqual([code, checks.filter(({ state }) => state === 'fault').map(({ name }) => name)], [1, ['file modes', 'MQTT port', 'history']])
    })
  })

  /** A journal with a record of each time. Returns its segment. */
  async function journalOf(data: string, times: readonly number[]): Promise<string> {
    const directory = join(data, 'journal'), journal = new Journal({ directory, clock: systemClock, log: silentLog, retentionMs: 1, retentionBytes: 1 })
    mkdirSync(directory, { mode: 0o700 })
    await journal.open()
    const content = Buffer.from('content')
    await journal.append(times.map((timestamp, k) => ({ streamNumber: 1, position: k + 1, timestamp, sequenceNumber: 0, msgChainId: 'x'.repeat(20), content })), true)
    await journal.close()
    return join(directory, '0000000001.seg')
  }
})
