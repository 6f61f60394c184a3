import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { SKEW_MS_MAX } from '#cli/doctor/clock.ts'
import { openState } from '#gateway/state/database.ts'
import { doctor, nothing, onlyFault, Others, told, used, type Diagnosis } from '#test/support/doctor.ts'
import { hasInflux, Influx } from '#test/support/influx.ts'
import { GatewayProcess } from '#test/support/process.ts'
import { temporaryFolder } from '#test/support/temporary.ts'

describe('The doctor, of others,', () => {
  const others = new Others()
  after(() => others.close())

  describe('names a port that', () => {
    it('is taken', async () => {
      const port = await others.silent(), found = new RegExp(`Port ${port} is taken by another program`)
      const remedy = /ss -ltnp.*mqttPort \(SLUICE_MQTT_PORT, --mqtt-port\)/
      onlyFault(await doctor(used(), { SLUICE_MQTT_PORT: `${port}` }), 'MQTT port', found, remedy)
    })

    it('is taken by a Sluice on another data directory', async () => {
      const gateway = await GatewayProcess.start(temporaryFolder())
      const [mqtt, http] = [gateway.ready.mqtt, gateway.ready.http].map(url => new URL(url).port)
      try {
        const found = /taken by a Sluice gateway that runs on another data directory/
        onlyFault(await doctor(used(), { SLUICE_HTTP_PORT: http! }), 'HTTP port', found, /httpPort/)
        onlyFault(await doctor(used(), { SLUICE_HTTP_PORT: mqtt! }), 'HTTP port', /taken by another program/, /ss -ltnp/)
      } finally {
        await gateway.kill()
      }
    })

    it('is at an address that is none of this machine', async () => {
      const { state, found, remedy } = told(await doctor(used(), { SLUICE_HOST: '192.0.2.1', SLUICE_MQTT_PORT: '1883' }), 'MQTT port')
      assert.equal(state, 'fault')
      assert.match(found, /192\.0\.2\.1 \(EADDRNOTAVAIL\)/)
      assert.match(remedy!, /SLUICE_HOST/)
    })
  })

  describe('names a broker that is unreachable,', () => {
    it('of the configuration', async () => {
      const [there, away] = [await others.silent(), await others.nobody()]
      const diagnosis = await doctor(used(), { SLUICE_BRIDGE_HOSTS: `127.0.0.1:${there}, 127.0.0.1:${away}, any-port.example` })
      onlyFault(diagnosis, `bridge 127.0.0.1:${away}`, /unreachable \(ECONNREFUSED\)/, /Nothing listens there/)
      assert.equal(told(diagnosis, `bridge 127.0.0.1:${there}`).state, 'ok')
    })

    it('of a bridge that an owner made, and one that is not allowed any more', async () => {
      const data = used(), port = await others.nobody(), database = openState(data)
      database.exec("INSERT INTO parties VALUES ('own_1', 'owner', 'x', 0)")
      const source = database.prepare("INSERT INTO sources VALUES (?, 'own_1', 'x', NULL, ?, x'00', 'indoor', NULL, NULL, NULL, ?, 0)")
      const bridge = database.prepare("INSERT INTO bridges (source_id, broker, protocol, topics, created_at) VALUES (?, ?, '5', '[]', 0)")
      for (const [id, host, state] of [['1', '127.0.0.1', 'active'], ['2', 'localhost', 'active'], ['3', '127.0.0.2', 'suspended']] as const) {
        source.run(id, id, state)
        bridge.run(id, `mqtt://${host}:${port}`)
      }
      database.close()
      const { code, checks } = await doctor(data, { SLUICE_BRIDGE_HOSTS: '127.0.0.1' })
      const bridges = checks.filter(({ name }) => name.startsWith('bridge')).map(({ name, state }) => [name, state])
      assert.deepEqual([code, bridges], [1, [[`bridge 127.0.0.1:${port}`, 'fault'], [`bridge localhost:${port}`, 'warning']]])
    })
  })

  describe('names a database that', () => {
    const influx18 = { 'x-influxdb-version': '1.8.10' }
    const asked = async (answer: RequestListener, more = {}): Promise<Diagnosis> => (
      doctor(used(), { SLUICE_HISTORY_URL: await others.http(answer), ...more }))

    it('is unreachable', async () => {
      const diagnosis = await doctor(used(), { SLUICE_HISTORY_URL: `http://127.0.0.1:${await others.nobody()}` })
      onlyFault(diagnosis, 'history', /is unreachable \(ECONNREFUSED\)/, /Nothing listens there.*SLUICE_HISTORY_URL/)
    })

    it('says nothing', async () => {
      const diagnosis = await doctor(used(), { SLUICE_HISTORY_URL: `http://127.0.0.1:${await others.silent()}` })
      onlyFault(diagnosis, 'history', /is unreachable \(ETIMEDOUT\)/, /whether it runs/)
    })

    it('has the wrong version, or is none', async () => {
      const influx2: RequestListener = (_, response) => response.writeHead(204, { 'x-influxdb-version': 'v2.7.1' }).end()
      onlyFault(await asked(influx2), 'history', /an InfluxDB v2\.7\.1, of the wrong version/, /InfluxDB 1\.x/)
      onlyFault(await asked((_, response) => response.end('<html>')), 'history', /is no InfluxDB \(status 200\)/, /InfluxDB 1\.x/)
    })

    it('has a password that cannot be read', async () => {
      const settings = { SLUICE_HISTORY_PASSWORD_FILE: '/nowhere/password' }
      const diagnosis = await asked((_, response) => response.writeHead(204, influx18).end(), settings)
      onlyFault(diagnosis, 'history', /password of the history cannot be read \(ENOENT/, /SLUICE_HISTORY_PASSWORD_FILE/)
    })

    it('has another time', async () => {
      const date = new Date(Date.now() - SKEW_MS_MAX - 30_000).toUTCString()
      const diagnosis = await asked(({ url }, response) => response.writeHead(url === '/ping' ? 204 : 200, { date, ...influx18 }).end())
      onlyFault(diagnosis, 'clock', /The clock is wrong: it is (89|9\d) s ahead of that of 127\.0\.0\.1/, /Or theirs is wrong/)
    })

    describe('is a real InfluxDB and', () => {
      let influx: Influx, settings: Readonly<Record<`SLUICE_${string}`, string>>
      const passwordFile = join(temporaryFolder(), 'password')
      before(async function () {
        this.timeout(60_000)
        if (!hasInflux) { console.log('      skipped: influxd is not installed (Debian: influxdb)'); this.skip() }
        influx = await Influx.start({ hasUsers: true })
        await influx.rows("CREATE USER sluice WITH PASSWORD 'right' WITH ALL PRIVILEGES")
        settings = { SLUICE_HISTORY_URL: influx.url, SLUICE_HISTORY_USERNAME: 'sluice', SLUICE_HISTORY_PASSWORD_FILE: passwordFile }
      })
      after(() => influx?.kill())

      it('does not know us, until the password is right', async () => {
        writeFileSync(passwordFile, 'wrong\n', { mode: 0o600 })
        onlyFault(await doctor(used(), settings), 'history', /unauthorised \(status 401\)/, /history\.username.*CREATE USER/)
        writeFileSync(passwordFile, 'right\n')
        nothing(await doctor(used(), settings))
      })

      it('stands still', async () => {
        influx.freeze(true)
        onlyFault(await doctor(used(), settings), 'history', /is unreachable \(ETIMEDOUT\)/, /whether it runs/)
      })
    })
  })
})
